import type { PartMesh } from "../types.ts";

/** Scores closer than this are a tie: both diagonals follow the shape equally well, and the shorter one is taken. */
const TIE = 1e-4;
/** A triangle thinner than this against its longest side has no usable normal. */
const THIN = 1e-6;

/**
 * Splits the quads of a part into triangles along the diagonal that follows the shape better: the one whose two
 * triangles agree more with the normals at their corners. The dihedral angle alone cannot tell a ridge from a valley
 * (on a saddle both diagonals bend alike); the normals can. Quads that tie take the shorter diagonal, and where that
 * ties too, the one at the first corner, so that the result depends on the part alone. A diagonal whose ends an edge
 * or another quad's diagonal joins already gives way to the other one, or the triangles would not be two-manifold.
 *
 * @returns corner numbers (indices into `cornerVertices` and its fellows), 3 per triangle, in the order of the polygons.
 */
export function triangulate(part: PartMesh): Uint32Array {
  const joined = new Joins(part);
  let quads = 0;
  for (const size of part.sizes) if (size === 4) quads++;
  const out = new Uint32Array((part.sizes.length + quads) * 3);
  let corner = 0;
  let at = 0;
  for (const size of part.sizes) {
    const [a, b, c, d] = [corner, corner + 1, corner + 2, corner + 3];
    if (size === 3) {
      out[at++] = a;
      out[at++] = b;
      out[at++] = c;
    } else {
      const second = joined.choose(a, b, c, d, prefersSecondDiagonal(part, a, b, c, d));
      // b-d splits into abd, bcd; a-c into abc, acd.
      out[at++] = a;
      out[at++] = b;
      out[at++] = second ? d : c;
      out[at++] = second ? b : a;
      out[at++] = c;
      out[at++] = d;
    }
    corner += size;
  }
  return out;
}

/** Which vertices are joined, by an edge or as the ends of diagonals. */
class Joins {
  private readonly part: PartMesh;
  private readonly edges = new Set<number>();
  /** Pairs of vertices that are opposite each other in some quad, and in more than one. */
  private readonly opposite = new Set<number>();
  private readonly contested = new Set<number>();
  private readonly taken = new Set<number>();

  constructor(part: PartMesh) {
    this.part = part;
    let first = 0;
    for (const size of part.sizes) {
      for (let k = 0; k < size; k++) this.edges.add(this.pair(first + k, first + ((k + 1) % size)));
      if (size === 4) {
        for (const diagonal of [this.pair(first, first + 2), this.pair(first + 1, first + 3)]) {
          if (this.opposite.has(diagonal)) this.contested.add(diagonal);
          this.opposite.add(diagonal);
        }
      }
      first += size;
    }
  }

  /** Whether the quad is split along b-d. */
  choose(a: number, b: number, c: number, d: number, preferred: boolean): boolean {
    const [ac, bd] = [this.pair(a, c), this.pair(b, d)];
    const [wanted, other] = preferred ? [bd, ac] : [ac, bd];
    const keep = this.hindrance(wanted) <= this.hindrance(other);
    this.taken.add(keep ? wanted : other);
    return keep ? preferred : !preferred;
  }

  private hindrance(pair: number): number {
    if (this.edges.has(pair) || this.taken.has(pair)) return 2;
    return this.contested.has(pair) ? 1 : 0;
  }

  private pair(a: number, b: number): number {
    const { cornerVertices, positions } = this.part;
    const [i, j] = [cornerVertices[a]!, cornerVertices[b]!];
    return Math.min(i, j) * (positions.length / 3) + Math.max(i, j);
  }
}

function prefersSecondDiagonal(part: PartMesh, a: number, b: number, c: number, d: number): boolean {
  const first = fit(part, a, b, c) + fit(part, a, c, d);
  const second = fit(part, a, b, d) + fit(part, b, c, d);
  if (Math.abs(first - second) > TIE) return second > first;
  return distance2(part, b, d) < distance2(part, a, c) * (1 - 1e-6);
}

/** Mean cosine between the triangle's normal and those at its corners; -2, worse than any, for a triangle without area. */
function fit(part: PartMesh, a: number, b: number, c: number): number {
  const p = part.positions;
  const [i, j, k] = [part.cornerVertices[a]! * 3, part.cornerVertices[b]! * 3, part.cornerVertices[c]! * 3];
  const ux = p[j]! - p[i]!;
  const uy = p[j + 1]! - p[i + 1]!;
  const uz = p[j + 2]! - p[i + 2]!;
  const vx = p[k]! - p[i]!;
  const vy = p[k + 1]! - p[i + 1]!;
  const vz = p[k + 2]! - p[i + 2]!;
  const nx = uy * vz - uz * vy;
  const ny = uz * vx - ux * vz;
  const nz = ux * vy - uy * vx;
  const area = Math.sqrt(nx * nx + ny * ny + nz * nz);
  const u2 = ux * ux + uy * uy + uz * uz;
  const v2 = vx * vx + vy * vy + vz * vz;
  const w2 = (ux - vx) ** 2 + (uy - vy) ** 2 + (uz - vz) ** 2;
  if (area <= THIN * Math.max(u2, v2, w2)) return -2;
  let sum = 0;
  for (const corner of [a, b, c]) {
    const n = part.cornerNormals[corner]! * 3;
    sum += nx * part.normals[n]! + ny * part.normals[n + 1]! + nz * part.normals[n + 2]!;
  }
  return sum / (3 * area);
}

function distance2(part: PartMesh, a: number, b: number): number {
  const p = part.positions;
  const [i, j] = [part.cornerVertices[a]! * 3, part.cornerVertices[b]! * 3];
  return (p[i]! - p[j]!) ** 2 + (p[i + 1]! - p[j + 1]!) ** 2 + (p[i + 2]! - p[j + 2]!) ** 2;
}
