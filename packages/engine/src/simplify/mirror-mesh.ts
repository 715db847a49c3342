import type { Mirror } from "../bake/find-mirror.ts";
import { checkMesh } from "../mesh/check-mesh.ts";
import type { Mesh } from "../types.ts";
import { pairTriangles } from "./pair-triangles.ts";

/** Vertices nearer to the plane than this share of the mean edge are moved into it, so that no slivers are cut off. */
const SNAP = 0.3;
/** Moving vertices back where the surface would touch the plane from one side can make its neighbours do so. */
const ROUNDS = 8;

/**
 * A mesh that is nearly its own reflection made exactly that: the half in front of the plane, and its reflection, with the
 * vertices in the plane shared. Squares that the plane crosses are cut along it.
 *
 * @returns null where the halves do not make a closed two-manifold of as many pieces: a part that only just crosses the
 *   plane, or lies in it.
 */
export function mirrorMesh(mesh: Mesh, mirror: Pick<Mirror, "nx" | "nz" | "offset">): Mesh | null {
  const polygons = polygonsOf(mesh);
  const away = distances(mesh, mirror);
  const side = snapped(polygons, away, SNAP * meanEdge(mesh));
  const p = Float64Array.from(mesh.positions);
  for (let v = 0; v < side.length; v++) {
    if (side[v] !== 0) continue;
    p[3 * v] -= away[v]! * mirror.nx;
    p[3 * v + 2] -= away[v]! * mirror.nz;
  }
  const half = new Half(p, side);
  for (const polygon of polygons) half.add(polygon);
  const whole = half.double(mirror);
  const { components: pieces } = checkMesh(mesh);
  const { components, degenerateFaces: _, ...faults } = checkMesh(whole);
  return components === pieces && Object.values(faults).every((count) => count === 0) ? whole : null;
}

/** The vertices of each square or single triangle. */
function polygonsOf(mesh: Mesh): number[][] {
  const { sizes, corners } = pairTriangles(mesh);
  const polygons: number[][] = [];
  let corner = 0;
  for (const size of sizes) {
    polygons.push(Array.from(corners.subarray(corner, corner + size), (c) => mesh.triangles[c]!));
    corner += size;
  }
  return polygons;
}

function distances({ positions: p }: Mesh, { nx, nz, offset }: Pick<Mirror, "nx" | "nz" | "offset">): Float64Array {
  return Float64Array.from({ length: p.length / 3 }, (_, v) => p[3 * v]! * nx + p[3 * v + 2]! * nz - offset);
}

/**
 * On which side of the plane each vertex counts, 0 in it: those next to it, but for where all that is around a vertex, or on
 * both sides of an edge, would then lie on one side. The surface only touches the plane there, and would touch its reflection.
 */
function snapped(polygons: readonly number[][], away: Float64Array, reach: number): Float64Array {
  const side = away.map((d) => (Math.abs(d) < reach ? 0 : d));
  const edges = new Map<string, number[][]>();
  for (const polygon of polygons) {
    polygon.forEach((v, i) => {
      const w = polygon[(i + 1) % polygon.length]!;
      const key = v < w ? `${v} ${w}` : `${w} ${v}`;
      const known = edges.get(key);
      if (known) known.push(polygon);
      else edges.set(key, [polygon]);
    });
  }
  const signs = (polygon: readonly number[]) =>
    (polygon.some((v) => side[v]! > 0) ? 1 : 0) | (polygon.some((v) => side[v]! < 0) ? 2 : 0);
  for (let round = 0; round < ROUNDS; round++) {
    const back = new Set<number>();
    const around = new Uint8Array(side.length);
    for (const polygon of polygons) for (const v of polygon) around[v]! |= signs(polygon);
    around.forEach((seen, v) => {
      if (side[v] === 0 && seen !== 3) back.add(v);
    });
    for (const [key, beside] of edges) {
      const [v, w] = key.split(" ").map(Number) as [number, number];
      if (side[v] !== 0 || side[w] !== 0) continue;
      const [a, b] = beside.map(signs) as [number, number];
      // In front, behind: an edge of the cut. Anything else is none.
      if (a === 3 || b === 3 || a === b) back.add(v).add(w);
    }
    if (back.size === 0) break;
    for (const v of back) side[v] = away[v] || Number.MIN_VALUE;
  }
  return side;
}

/** The polygons in front of the plane, as triangles over numbered points. */
class Half {
  private readonly p: Float64Array;
  private readonly side: Float64Array;
  private readonly points: number[] = [];
  private readonly inPlane: boolean[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly triangles: number[] = [];

  constructor(p: Float64Array, side: Float64Array) {
    this.p = p;
    this.side = side;
  }

  /** Adds what of a polygon lies in front. */
  add(polygon: number[]): void {
    const { side } = this;
    if (!polygon.some((v) => side[v]! > 0)) return;
    if (this.addUncut(polygon)) return;
    const kept: number[] = [];
    polygon.forEach((to, i) => {
      const from = polygon[(i + polygon.length - 1) % polygon.length]!;
      if (side[from]! * side[to]! < 0) kept.push(this.crossing(from, to));
      if (side[to]! >= 0) kept.push(this.vertex(to));
    });
    // A fan from a corner that is not in the plane keeps triangles out of it.
    const first = Math.max(
      0,
      kept.findIndex((number) => !this.inPlane[number]),
    );
    const ring = [...kept.slice(first), ...kept.slice(0, first)];
    const other = ring.length === 4 && ring.slice(1).some((number) => !this.inPlane[number]);
    const start = other && this.length2(ring[1]!, ring[3]!) < this.length2(ring[0]!, ring[2]!) ? 1 : 0;
    for (let k = 1; k + 1 < ring.length; k++) {
      const at = (i: number) => ring[(start + i) % ring.length]!;
      this.triangles.push(at(0), at(k), at(k + 1));
    }
  }

  /** Squares that are whole keep the diagonal that they have: two of them may have opposite corners in common. */
  private addUncut(polygon: number[]): boolean {
    if (polygon.some((v) => this.side[v]! < 0)) return false;
    const triangles = polygon.length === 3 ? [polygon] : halvesOf(polygon);
    if (triangles.some((triangle) => triangle.every((v) => this.side[v] === 0))) return false;
    for (const triangle of triangles) this.triangles.push(...triangle.map((v) => this.vertex(v)));
    return true;
  }

  double({ nx, nz, offset }: Pick<Mirror, "nx" | "nz" | "offset">): Mesh {
    const count = this.inPlane.length;
    const positions = [...this.points];
    const other = this.inPlane.map((inPlane, i) => {
      if (inPlane) return i;
      const [x, y, z] = this.points.slice(3 * i, 3 * i + 3) as [number, number, number];
      const away = 2 * (x * nx + z * nz - offset);
      return positions.push(x - away * nx, y, z - away * nz) / 3 - 1;
    });
    const triangles = [...this.triangles];
    for (let t = 0; t < this.triangles.length; t += 3) {
      const [a, b, c] = this.triangles.slice(t, t + 3) as [number, number, number];
      triangles.push(other[a]!, other[c]!, other[b]!);
    }
    return count === 0
      ? { positions: new Float32Array(), triangles: new Uint32Array() }
      : { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
  }

  private vertex(v: number): number {
    const p = this.p;
    return this.number(`${v}`, [p[3 * v]!, p[3 * v + 1]!, p[3 * v + 2]!], this.side[v] === 0);
  }

  /** The point in the plane on an edge. */
  private crossing(a: number, b: number): number {
    const { p, side } = this;
    const [low, high] = a < b ? [a, b] : [b, a];
    const t = side[low]! / (side[low]! - side[high]!);
    const point = [0, 1, 2].map((k) => p[3 * low + k]! + t * (p[3 * high + k]! - p[3 * low + k]!));
    return this.number(`${low} ${high}`, point, true);
  }

  private number(key: string, point: number[], inPlane: boolean): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.inPlane.push(inPlane) - 1;
    this.points.push(...point);
    this.numbers.set(key, number);
    return number;
  }

  private length2(a: number, b: number): number {
    const q = this.points;
    return (q[3 * a]! - q[3 * b]!) ** 2 + (q[3 * a + 1]! - q[3 * b + 1]!) ** 2 + (q[3 * a + 2]! - q[3 * b + 2]!) ** 2;
  }
}

/** The two triangles of a square as `pairTriangles` lists it: they meet in its first and third corner. */
function halvesOf([a, b, c, d]: readonly number[]): number[][] {
  return [
    [a!, b!, c!],
    [a!, c!, d!],
  ];
}

function meanEdge({ positions: p, triangles }: Mesh): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const [a, b] = [3 * triangles[t + k]!, 3 * triangles[t + ((k + 1) % 3)]!];
      sum += Math.hypot(p[a]! - p[b]!, p[a + 1]! - p[b + 1]!, p[a + 2]! - p[b + 2]!);
    }
  }
  return sum / triangles.length;
}
