import { ascendingOrder } from "../mesh/ascending-order.ts";
import { CollapsibleMesh } from "../mesh/collapsible-mesh.ts";
import { QUADRIC, quadricError, vertexQuadrics } from "../mesh/quadrics.ts";
import type { Mesh } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";

/** A mesh with its layout. */
export interface TexturedMesh {
  mesh: Mesh;
  layout: Unwrapped;
  /** Number of the part to which each vertex belongs. */
  parts: Uint16Array;
}

export interface CoarsenOptions {
  maxTriangles: number;
  /**
   * How far a chart's border may move in the texture, 0–1 of its side: what lies beyond it is the gutter, which repeats
   * the border's colours. Doubled, up to `MAX_DRIFT`, where the triangles cannot be got rid of otherwise.
   */
  drift: number;
}

const MAX_DRIFT = 1 / 16;

/** Per pass, edges beyond this share (by error) wait. */
const PASS_SHARE = 0.35;

/** A collapse may turn no triangle by more than about 72° and make none thinner than this (height² over longest side²). */
const MIN_COSINE = 0.3;
const MIN_ASPECT = 1e-3;

/**
 * A coarser level of detail that keeps the texture: vertices are merged into neighbours, never moved, inside charts and
 * along the seams between them, so that every texture coordinate that is left means what it meant. Closed two-manifold
 * meshes stay that.
 *
 * @param source the level before; its arrays are not changed.
 * @returns at most `maxTriangles` triangles where that is possible without breaking the layout, else as few as possible.
 */
export function coarsen(source: TexturedMesh, { maxTriangles, drift }: CoarsenOptions): TexturedMesh {
  const state = new State(source);
  for (let allowed = drift; state.alive > maxTriangles; ) {
    const before = state.alive;
    state.pass(maxTriangles, allowed);
    if (state.alive < before) continue;
    if (allowed >= MAX_DRIFT) break;
    allowed *= 2;
  }
  return state.compact();
}

class State {
  private readonly source: TexturedMesh;
  private readonly topology: CollapsibleMesh;
  private readonly cornerUvs: Uint32Array;
  private readonly quadrics: Float64Array;
  /** Number of the pass in which a vertex last took part in a collapse. */
  private readonly touched: Uint32Array;
  private passNumber = 0;

  constructor(source: TexturedMesh) {
    const { mesh, layout } = source;
    this.source = source;
    this.topology = new CollapsibleMesh(mesh.triangles, mesh.positions.length / 3);
    this.cornerUvs = layout.cornerUvs.slice();
    this.quadrics = vertexQuadrics(mesh);
    this.touched = new Uint32Array(mesh.positions.length / 3);
  }

  get alive(): number {
    return this.topology.alive;
  }

  /** One sweep over all edges, the cheapest first. */
  pass(maxTriangles: number, drift: number): void {
    this.passNumber++;
    const { topology, touched } = this;
    const { triangles, dead } = topology;
    const edges: number[] = [];
    const errors: number[] = [];
    for (let t = 0; t < dead.length; t++) {
      if (dead[t]) continue;
      for (let k = 0; k < 3; k++) {
        // Both directions: one from this side of the edge, one from the other.
        const a = triangles[3 * t + k];
        const b = triangles[3 * t + ((k + 1) % 3)];
        edges.push(a, b);
        errors.push(this.error(a, b));
      }
    }
    const order = ascendingOrder(Float32Array.from(errors), errors.length);
    const last = Math.ceil(order.length * PASS_SHARE);
    for (let i = 0; i < order.length && topology.alive > maxTriangles; i++) {
      // The share is of what can go: where hardly anything can, the rest of the list has its turn.
      if (i > last && topology.alive < dead.length * 0.9) break;
      const [a, b] = [edges[2 * order[i]], edges[2 * order[i] + 1]];
      if (touched[a] === this.passNumber || touched[b] === this.passNumber) continue;
      if (!topology.canCollapse(a, b) || !this.keepsFaces(a, b)) continue;
      const moved = this.mapUvs(a, b, drift);
      if (moved === null) continue;
      for (let c = topology.head[b]; c >= 0; c = topology.next[c]) this.cornerUvs[c] = moved.get(this.cornerUvs[c])!;
      topology.collapse(a, b);
      for (let k = 0; k < QUADRIC; k++) this.quadrics[QUADRIC * a + k] += this.quadrics[QUADRIC * b + k];
      touched[a] = this.passNumber;
      touched[b] = this.passNumber;
    }
  }

  /** Mean squared distance of a's place to the planes that both vertices stand for. */
  private error(a: number, b: number): number {
    const { positions: p } = this.source.mesh;
    return quadricError(this.quadrics, QUADRIC * a, QUADRIC * b, p[3 * a], p[3 * a + 1], p[3 * a + 2]);
  }

  /** What b's texture coordinates become when it goes into a; null where that would tear the layout or fold it over. */
  private mapUvs(a: number, b: number, drift: number): Map<number, number> | null {
    const { topology, cornerUvs } = this;
    const { triangles, next, head } = topology;
    const moved = new Map<number, number>();
    const along = new Map<number, Map<number, number>>();
    for (let c = head[b]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      for (let k = 0; k < 3; k++) {
        const v = triangles[t + k];
        if (v === b) continue;
        // Which of b's coordinates the triangles beside each edge at b have, with the neighbour's.
        const sides = along.get(v) ?? new Map<number, number>();
        const known = sides.get(cornerUvs[c]);
        if (known !== undefined && known !== cornerUvs[t + k]) return null;
        sides.set(cornerUvs[c], cornerUvs[t + k]);
        along.set(v, sides);
      }
    }
    for (const [from, to] of along.get(a)!) moved.set(from, to);
    const seams = [...along].filter(([v, sides]) => v !== a && sides.size > 1);
    const uvs = new Set<number>();
    for (let c = head[b]; c >= 0; c = next[c]) uvs.add(cornerUvs[c]);
    if (uvs.size > 2 || uvs.size !== moved.size) return null;
    if (uvs.size === 2) {
      // On a seam, which goes on from b to one more vertex: a straight line, or nearly.
      if (seams.length !== 1) return null;
      for (const [from, onward] of seams[0][1]) if (this.offLine(from, moved.get(from)!, onward) > drift) return null;
    } else if (seams.length > 0) {
      return null;
    }
    return this.keepsSides(a, b, moved) ? moved : null;
  }

  /** Distance of a texture coordinate from the line between two others. */
  private offLine(at: number, from: number, to: number): number {
    const { uvs } = this.source.layout;
    const [dx, dy] = [uvs[2 * to] - uvs[2 * from], uvs[2 * to + 1] - uvs[2 * from + 1]];
    const [px, py] = [uvs[2 * at] - uvs[2 * from], uvs[2 * at + 1] - uvs[2 * from + 1]];
    const length = Math.hypot(dx, dy);
    return length === 0 ? Math.hypot(px, py) : Math.abs(px * dy - py * dx) / length;
  }

  /** Whether no triangle that survives is turned over in the texture. */
  private keepsSides(a: number, b: number, moved: Map<number, number>): boolean {
    const { triangles, next, head } = this.topology;
    for (let c = head[b]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      if (triangles[t] === a || triangles[t + 1] === a || triangles[t + 2] === a) continue;
      const corners = [t, t + 1, t + 2].map((i) => this.cornerUvs[i]);
      const before = this.uvArea(corners);
      const after = this.uvArea(corners.map((uv, i) => (t + i === c ? moved.get(uv)! : uv)));
      if (before * after <= 0) return false;
    }
    return true;
  }

  private uvArea([i, j, k]: number[]): number {
    const { uvs } = this.source.layout;
    return (
      (uvs[2 * j] - uvs[2 * i]) * (uvs[2 * k + 1] - uvs[2 * i + 1]) -
      (uvs[2 * k] - uvs[2 * i]) * (uvs[2 * j + 1] - uvs[2 * i + 1])
    );
  }

  /** Whether b's triangles that survive keep their side and some height when b goes to a. */
  private keepsFaces(a: number, b: number): boolean {
    const { positions: p } = this.source.mesh;
    const { triangles, next, head } = this.topology;
    const vector = (from: number, to: number) => [0, 1, 2].map((k) => p[3 * to + k] - p[3 * from + k]);
    for (let c = head[b]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      const i = triangles[t + ((c - t + 1) % 3)];
      const j = triangles[t + ((c - t + 2) % 3)];
      if (i === a || j === a) continue;
      const side = vector(i, j);
      const before = cross(side, vector(i, b));
      const toA = vector(i, a);
      const after = cross(side, toA);
      const [was, is] = [dot(before, before), dot(after, after)];
      const rest = vector(j, a);
      const longest = Math.max(dot(side, side), dot(toA, toA), dot(rest, rest));
      if (is < MIN_ASPECT * longest * longest) return false;
      if (dot(before, after) < MIN_COSINE * Math.sqrt(was * is)) return false;
    }
    return true;
  }

  compact(): TexturedMesh {
    const { mesh, layout, parts } = this.source;
    const { triangles, vertices } = this.topology.compact();
    const positions = new Float32Array(3 * vertices.length);
    vertices.forEach((v, i) => {
      positions.set(mesh.positions.subarray(3 * v, 3 * v + 3), 3 * i);
    });
    const living = Array.from(this.topology.dead.keys()).filter((t) => !this.topology.dead[t]);
    const number = new Map<number, number>();
    const vertexOfUv: number[] = [];
    const cornerUvs = new Uint32Array(triangles.length);
    living.forEach((t, i) => {
      for (let k = 0; k < 3; k++) {
        const uv = this.cornerUvs[3 * t + k];
        let renamed = number.get(uv);
        if (renamed === undefined) {
          renamed = vertexOfUv.push(triangles[3 * i + k]) - 1;
          number.set(uv, renamed);
        }
        cornerUvs[3 * i + k] = renamed;
      }
    });
    const uvs = new Float32Array(2 * number.size);
    for (const [old, renamed] of number) uvs.set(layout.uvs.subarray(2 * old, 2 * old + 2), 2 * renamed);
    return {
      mesh: { positions, triangles },
      layout: {
        ...layout,
        uvs,
        cornerUvs,
        vertexOfUv: Uint32Array.from(vertexOfUv),
        charts: Uint32Array.from(living, (t) => layout.charts[t]),
      },
      parts: Uint16Array.from(vertices, (v) => parts[v]),
    };
  }
}

function cross(u: number[], v: number[]): number[] {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

function dot(u: number[], v: number[]): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}
