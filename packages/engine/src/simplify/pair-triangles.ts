import { halfEdges } from "../mesh/half-edges.ts";
import { faceNormals } from "../raster/normals.ts";
import type { Mesh } from "../types.ts";

/** Polygons of three or four corners as runs of corner numbers (3 * triangle + k) of the triangle mesh they came from. */
export interface PairedTriangles {
  sizes: Uint8Array;
  corners: Uint32Array;
}

/**
 * Two triangles make a quad only when their planes differ by less than this, degrees. At 40° and a skew of 75°, four of 26
 * assets had less than 95 % quads, the least 86 %; now one has, 91 %, which is ragged.
 */
const MAX_FOLD = 55;

/** Largest deviation of a quad's corner from a right angle, degrees. */
const MAX_SKEW = 80;

/**
 * What leaving two triangles single is worth avoiding, in units in which the worst accepted quad costs 1: the longest
 * detour of the pairs in between that is taken to join them.
 */
const DETOUR = 6;

/** Pairs that a detour may change. Twice as many join less than one triangle in a thousand more. */
const MAX_HOPS = 24;

/**
 * Joins pairs of triangles into quads: nearly coplanar, convex, corners near right angles. The surface stays exactly
 * what it was. Triangles of different `groups` (charts, materials) are never joined.
 *
 * Best pairs first, then single triangles are joined along alternating paths: every pair on the way is opened and each
 * of its triangles takes the next partner (augmenting paths as in Edmonds 1965, by least cost, without shrinking odd
 * cycles). A closed mesh always has a perfect pairing (Petersen 1891), so few singles remain but for the limits above.
 */
export function pairTriangles(
  mesh: Mesh,
  groups: ArrayLike<number> = new Uint8Array(mesh.triangles.length / 3),
): PairedTriangles {
  const { triangles } = mesh;
  const sizes = new Uint8Array(triangles.length / 3).fill(3);
  const { twin } = halfEdges({ positions: mesh.positions, sizes, corners: triangles });
  const costs = pairCosts(mesh, groups, twin);
  const mates = pairGreedily(costs, twin);
  const search = new DetourSearch(costs, twin, mates);
  for (let t = 0; t < mates.length; t++) if (mates[t] < 0) search.join(t);
  return collect(mates, twin);
}

/** For each triangle the one with which it makes a quad, or -1. */
export function matesOf({ sizes, corners }: PairedTriangles): Int32Array {
  const mates = new Int32Array(sizes.reduce((sum, size) => sum + size - 2, 0)).fill(-1);
  let at = 0;
  for (const size of sizes) {
    if (size === 4) {
      // A quad's corners come two from each triangle.
      const [t, u] = [(corners[at] / 3) | 0, (corners[at + 2] / 3) | 0];
      mates[t] = u;
      mates[u] = t;
    }
    at += size;
  }
  return mates;
}

/** Cost of joining the triangles on either side of each half-edge; Infinity where they must not be. */
function pairCosts(mesh: Mesh, groups: ArrayLike<number>, twin: Int32Array): Float32Array {
  const normals = faceNormals(mesh);
  const costs = new Float32Array(twin.length).fill(Number.POSITIVE_INFINITY);
  for (let c = 0; c < twin.length; c++) {
    const d = twin[c];
    if (d < c || groups[(c / 3) | 0] !== groups[(d / 3) | 0]) continue;
    costs[c] = pairCost(mesh, normals, c, d);
    costs[d] = costs[c];
  }
  return costs;
}

/** For each triangle the half-edge over which it is joined, or -1. */
function pairGreedily(costs: Float32Array, twin: Int32Array): Int32Array {
  const candidates = Array.from(costs.keys()).filter((c) => c < twin[c] && costs[c] < Number.POSITIVE_INFINITY);
  candidates.sort((a, b) => costs[a] - costs[b] || a - b);
  const mates = new Int32Array(costs.length / 3).fill(-1);
  for (const c of candidates) {
    const s = (c / 3) | 0;
    const t = (twin[c] / 3) | 0;
    if (mates[s] >= 0 || mates[t] >= 0) continue;
    mates[s] = c;
    mates[t] = twin[c];
  }
  return mates;
}

/** Dijkstra's search over alternating paths from a single triangle to the nearest other one. */
class DetourSearch {
  private readonly costs: Float32Array;
  private readonly twin: Int32Array;
  private readonly mates: Int32Array;
  /** By triangle: best known cost of having to find it a partner, and how many pairs were opened for that. */
  private readonly best: Float64Array;
  private readonly hops: Int32Array;
  /** The half-edge over which the path came into the pair that was opened, seen from the triangle before. */
  private readonly via: Int32Array;
  private touched: number[] = [];

  constructor(costs: Float32Array, twin: Int32Array, mates: Int32Array) {
    this.costs = costs;
    this.twin = twin;
    this.mates = mates;
    this.best = new Float64Array(mates.length).fill(Number.POSITIVE_INFINITY);
    this.hops = new Int32Array(mates.length);
    this.via = new Int32Array(mates.length).fill(-1);
  }

  join(start: number): void {
    const { costs, twin, mates, best, hops, via } = this;
    best[start] = 0;
    hops[start] = 0;
    via[start] = -1;
    this.touched = [start];
    const open = [start];
    while (open.length) {
      let least = 0;
      for (let i = 1; i < open.length; i++) if (best[open[i]] < best[open[least]]) least = i;
      const s = open[least];
      open[least] = open[open.length - 1];
      open.pop();
      for (let c = 3 * s; c < 3 * s + 3; c++) {
        const cost = best[s] + costs[c];
        if (cost >= DETOUR) continue;
        const t = (twin[c] / 3) | 0;
        if (t === start || this.onPath(s, t)) continue;
        if (mates[t] < 0) {
          this.apply(c);
          this.reset();
          return;
        }
        const freed = (twin[mates[t]] / 3) | 0;
        // Opening a pair gives its cost back, but never makes a longer way cheaper than a shorter one.
        const onward = Math.max(best[s] + 0.02, cost - costs[mates[t]]);
        if (freed === s || onward >= best[freed] || hops[s] + 1 > MAX_HOPS || this.onPath(s, freed)) continue;
        if (best[freed] === Number.POSITIVE_INFINITY) {
          this.touched.push(freed);
          open.push(freed);
        } else if (!open.includes(freed)) {
          continue;
        }
        best[freed] = onward;
        hops[freed] = hops[s] + 1;
        via[freed] = c;
      }
    }
    this.reset();
  }

  /** Whether triangle t takes part in the path that ends in s. */
  private onPath(s: number, t: number): boolean {
    for (let at = s; ; ) {
      if (at === t) return true;
      const c = this.via[at];
      if (c < 0) return false;
      if (((this.twin[c] / 3) | 0) === t) return true;
      at = (c / 3) | 0;
    }
  }

  /** Joins over the last half-edge and, back along the path, over every one that led into an opened pair. */
  private apply(last: number): void {
    const { twin, mates, via } = this;
    for (let c = last; c >= 0; ) {
      const s = (c / 3) | 0;
      mates[s] = c;
      mates[(twin[c] / 3) | 0] = twin[c];
      c = via[s];
    }
  }

  private reset(): void {
    for (const t of this.touched) {
      this.best[t] = Number.POSITIVE_INFINITY;
      this.via[t] = -1;
    }
  }
}

function collect(mates: Int32Array, twin: Int32Array): PairedTriangles {
  const sizes: number[] = [];
  const corners: number[] = [];
  for (let t = 0; t < mates.length; t++) {
    const c = mates[t];
    if (c < 0) {
      sizes.push(3);
      corners.push(3 * t, 3 * t + 1, 3 * t + 2);
    } else if (c < twin[c]) {
      // Half-edge c runs from its corner to the next; the quad goes round both triangles, leaving the edge out.
      sizes.push(4);
      corners.push(after(c, 1), after(c, 2), after(twin[c], 1), after(twin[c], 2));
    }
  }
  return { sizes: Uint8Array.from(sizes), corners: Uint32Array.from(corners) };
}

/** The corner k further round the same triangle. */
function after(corner: number, k: number): number {
  const base = corner - (corner % 3);
  return base + ((corner - base + k) % 3);
}

/** 0 for a flat rectangle, up to 1; Infinity for a pair that must not be joined. */
function pairCost(mesh: Mesh, normals: Float32Array, corner: number, twin: number): number {
  const { positions: p, triangles } = mesh;
  const s = 3 * ((corner / 3) | 0);
  const t = 3 * ((twin / 3) | 0);
  const cosine = normals[s] * normals[t] + normals[s + 1] * normals[t + 1] + normals[s + 2] * normals[t + 2];
  const fold = (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  if (fold > MAX_FOLD) return Number.POSITIVE_INFINITY;
  const quad = [after(corner, 1), after(corner, 2), after(twin, 1), after(twin, 2)].map((c) => 3 * triangles[c]);
  let skew = 0;
  for (let k = 0; k < 4; k++) {
    const [a, b, c] = [quad[(k + 3) % 4], quad[k], quad[(k + 1) % 4]];
    const ux = p[a] - p[b];
    const uy = p[a + 1] - p[b + 1];
    const uz = p[a + 2] - p[b + 2];
    const vx = p[c] - p[b];
    const vy = p[c + 1] - p[b + 1];
    const vz = p[c + 2] - p[b + 2];
    // A reflex corner shows as a turn against the normal.
    const turn =
      (uz * vy - uy * vz) * normals[s] + (ux * vz - uz * vx) * normals[s + 1] + (uy * vx - ux * vy) * normals[s + 2];
    if (turn <= 0) return Number.POSITIVE_INFINITY;
    const cos =
      (ux * vx + uy * vy + uz * vz) / Math.sqrt((ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz));
    skew = Math.max(skew, Math.abs((Math.acos(Math.min(1, Math.max(-1, cos))) * 180) / Math.PI - 90));
  }
  if (!(skew <= MAX_SKEW)) return Number.POSITIVE_INFINITY;
  return 0.5 * (skew / MAX_SKEW) + 0.5 * (fold / MAX_FOLD);
}
