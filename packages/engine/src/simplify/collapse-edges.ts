import { ascendingOrder } from "../mesh/ascending-order.ts";
import { CollapsibleMesh } from "../mesh/collapsible-mesh.ts";
import { minimizeQuadrics, QUADRIC, vertexQuadrics } from "../mesh/quadrics.ts";
import type { Mesh } from "../types.ts";

export interface CollapseOptions {
  /** Stop when at most this many triangles are left. */
  maxTriangles: number;
  /** Stop when the next collapse would move the surface by more than this (root mean square over its planes), cube units. */
  tolerance: number;
  /** Whether the triangle limit may be reached beyond the tolerance. */
  force: boolean;
}

export interface CollapseResult {
  mesh: Mesh;
  /** Largest error among the collapses done, cube units. */
  error: number;
}

/** The last passes find only a handful of edges each: a smaller gain than this is not worth sweeping all edges again. */
const MIN_GAIN = 0.01;

/** Per pass, edges beyond this share (by error) wait: later passes will know better positions for them. */
const PASS_SHARE = 0.35;

/** Pull towards the middle of an edge, relative to its planes: places vertices on flat ground, where planes leave them free. */
const ANCHOR = 1e-3;

/** A collapse may turn no triangle by more than about 78° and make none thinner than this (height² over longest side²). */
const MIN_COSINE = 0.2;
const MIN_ASPECT = 1e-4;

/**
 * Simplification of a closed two-manifold mesh by collapsing edges to the point of least quadric error, in passes over
 * all edges sorted by error, as meshoptimizer does, instead of one heap.
 *
 * Why not meshoptimizer itself: it is three times faster and as accurate, but it neither checks the link condition nor
 * pretends to; 9 of 16 runs over silhouette hulls ended with non-manifold edges. Here a closed manifold stays one by
 * construction.
 */
export function collapseEdges(mesh: Mesh, options: CollapseOptions): CollapseResult {
  const { maxTriangles, tolerance, force } = options;
  const state = new State(mesh);
  let error = 0;
  while (state.alive > maxTriangles || tolerance > 0) {
    const limit = force && state.alive > maxTriangles ? Number.POSITIVE_INFINITY : tolerance;
    const before = state.alive;
    error = Math.max(error, state.pass(maxTriangles, limit * limit));
    const gain = before - state.alive;
    const withinCap = state.alive <= maxTriangles;
    if (gain === 0 || (withinCap && (tolerance <= 0 || gain < Math.max(4, before * MIN_GAIN)))) break;
  }
  return { mesh: state.compact(), error: Math.sqrt(error) };
}

class State {
  private readonly topology: CollapsibleMesh;
  private readonly positions: Float64Array;
  private readonly quadrics: Float64Array;
  /** Number of the pass in which a vertex last took part in a collapse. */
  private readonly touched: Uint32Array;
  private passNumber = 0;
  private readonly spot = new Float64Array(3);

  constructor(mesh: Mesh) {
    this.positions = Float64Array.from(mesh.positions);
    this.topology = new CollapsibleMesh(mesh.triangles, mesh.positions.length / 3);
    this.quadrics = vertexQuadrics(mesh);
    this.touched = new Uint32Array(mesh.positions.length / 3);
  }

  get alive(): number {
    return this.topology.alive;
  }

  /** One sweep over all edges in the order of their errors. Returns the largest squared error that it caused. */
  pass(maxTriangles: number, limit: number): number {
    this.passNumber++;
    const { topology, touched } = this;
    const { triangles, dead } = topology;
    const capacity = (3 * topology.alive) >> 1;
    const edges = new Uint32Array(2 * capacity);
    const errors = new Float32Array(capacity);
    let count = 0;
    for (let t = 0; t < dead.length; t++) {
      if (dead[t]) continue;
      for (let k = 0; k < 3; k++) {
        const a = triangles[3 * t + k];
        const b = triangles[3 * t + ((k + 1) % 3)];
        if (a > b) continue;
        const e = this.place(a, b);
        if (e > limit) continue;
        edges[2 * count] = a;
        edges[2 * count + 1] = b;
        errors[count++] = e;
      }
    }
    const order = ascendingOrder(errors, count);
    const last = Math.max(1, Math.ceil(count * PASS_SHARE));
    let worst = 0;
    for (let i = 0; i < last && i < count; i++) {
      if (topology.alive <= maxTriangles && limit === Number.POSITIVE_INFINITY) break;
      const a = edges[2 * order[i]];
      const b = edges[2 * order[i] + 1];
      if (touched[a] === this.passNumber || touched[b] === this.passNumber) continue;
      if (!topology.canCollapse(a, b)) continue;
      const error = this.place(a, b);
      if (!this.keepsFaces(a, b) || !this.keepsFaces(b, a)) continue;
      topology.collapse(a, b);
      this.positions.set(this.spot, 3 * a);
      for (let k = 0; k < QUADRIC; k++) this.quadrics[QUADRIC * a + k] += this.quadrics[QUADRIC * b + k];
      touched[a] = this.passNumber;
      touched[b] = this.passNumber;
      if (error > worst) worst = error;
    }
    return worst;
  }

  /** Finds the best point for the collapsed edge (into `spot`) and returns the mean squared distance to its planes. */
  private place(a: number, b: number): number {
    const p = this.positions;
    const mx = (p[3 * a] + p[3 * b]) / 2;
    const my = (p[3 * a + 1] + p[3 * b + 1]) / 2;
    const mz = (p[3 * a + 2] + p[3 * b + 2]) / 2;
    return minimizeQuadrics(this.quadrics, QUADRIC * a, QUADRIC * b, mx, my, mz, ANCHOR, this.spot);
  }

  /** Whether a's triangles that survive the collapse keep their side and some height when a moves to `spot`. */
  private keepsFaces(a: number, b: number): boolean {
    const { positions: p, spot } = this;
    const { triangles, next, head } = this.topology;
    for (let c = head[a]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      const k = c - t;
      const i = triangles[t + ((k + 1) % 3)];
      const j = triangles[t + ((k + 2) % 3)];
      if (i === b || j === b) continue;
      const ex = p[3 * j] - p[3 * i];
      const ey = p[3 * j + 1] - p[3 * i + 1];
      const ez = p[3 * j + 2] - p[3 * i + 2];
      const ox = p[3 * a] - p[3 * i];
      const oy = p[3 * a + 1] - p[3 * i + 1];
      const oz = p[3 * a + 2] - p[3 * i + 2];
      const sx = spot[0] - p[3 * i];
      const sy = spot[1] - p[3 * i + 1];
      const sz = spot[2] - p[3 * i + 2];
      const nx = ey * oz - ez * oy;
      const ny = ez * ox - ex * oz;
      const nz = ex * oy - ey * ox;
      const mx = ey * sz - ez * sy;
      const my = ez * sx - ex * sz;
      const mz = ex * sy - ey * sx;
      const after = mx * mx + my * my + mz * mz;
      const before = nx * nx + ny * ny + nz * nz;
      const e2 = ex * ex + ey * ey + ez * ez;
      const longest = Math.max(e2, sx * sx + sy * sy + sz * sz, (sx - ex) ** 2 + (sy - ey) ** 2 + (sz - ez) ** 2);
      if (after < MIN_ASPECT * longest * longest) return false;
      if (nx * mx + ny * my + nz * mz < MIN_COSINE * Math.sqrt(before * after)) return false;
    }
    return true;
  }

  compact(): Mesh {
    const { triangles, vertices } = this.topology.compact();
    const positions = new Float32Array(3 * vertices.length);
    vertices.forEach((v, i) => {
      positions.set(this.positions.subarray(3 * v, 3 * v + 3), 3 * i);
    });
    return { positions, triangles };
  }
}
