import { ascendingOrder } from "../../mesh/ascending-order.ts";
import type { Mesh } from "../../types.ts";

/** A graph of surface points at one resolution: what the fields are smoothed on. */
export interface GraphLevel {
  count: number;
  /** 3 per point. */
  positions: Float64Array;
  /** Unit normals, 3 per point. */
  normals: Float64Array;
  /** Surface that the point stands for. */
  areas: Float64Array;
  /** Neighbours of point i: `neighbours[start[i] … start[i + 1])`, with how many finest edges each stands for. */
  start: Uint32Array;
  neighbours: Uint32Array;
  weights: Float64Array;
  /** The point of the next coarser level that each point was merged into; empty on the coarsest. */
  parents: Uint32Array;
}

/** Levels end when they are this small or hardly shrink any more. */
const SMALLEST = 16;
const LEAST_SHRINKAGE = 0.95;

/**
 * The vertices of a closed mesh and ever coarser versions of them, finest first: at each level neighbours with similar
 * normals and areas are merged in pairs (Jakob et al., "Instant Field-Aligned Meshes", 2015, section 3.4).
 */
export function buildHierarchy(mesh: Mesh): GraphLevel[] {
  const levels = [finestLevel(mesh)];
  for (;;) {
    const last = levels[levels.length - 1];
    if (last.count <= SMALLEST) return levels;
    const coarser = mergePairs(last);
    if (coarser.count > LEAST_SHRINKAGE * last.count) {
      last.parents = new Uint32Array(0);
      return levels;
    }
    levels.push(coarser);
  }
}

function finestLevel({ positions, triangles }: Mesh): GraphLevel {
  const count = positions.length / 3;
  const p = Float64Array.from(positions);
  const normals = new Float64Array(3 * count);
  const areas = new Float64Array(count);
  const start = new Uint32Array(count + 1);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    const x = uy * vz - uz * vy;
    const y = uz * vx - ux * vz;
    const z = ux * vy - uy * vx;
    const third = Math.hypot(x, y, z) / 6;
    for (let k = 0; k < 3; k++) {
      const v = triangles[t + k];
      normals[3 * v] += x;
      normals[3 * v + 1] += y;
      normals[3 * v + 2] += z;
      areas[v] += third;
      start[v + 1]++;
    }
  }
  for (let v = 0; v < count; v++) {
    normalize(normals, v);
    start[v + 1] += start[v];
  }
  // In a closed manifold each neighbour is the next corner's vertex in exactly one of a vertex's triangles.
  const fill = start.slice(0, count);
  const neighbours = new Uint32Array(triangles.length);
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) neighbours[fill[triangles[t + k]]++] = triangles[t + ((k + 1) % 3)];
  }
  const weights = new Float64Array(neighbours.length).fill(1);
  return { count, positions: p, normals, areas, start, neighbours, weights, parents: new Uint32Array(0) };
}

const NONE = 0xffffffff;

function mergePairs(level: GraphLevel): GraphLevel {
  const { count: n, normals, areas, start, neighbours, weights } = level;
  const parents = new Uint32Array(n).fill(NONE);
  level.parents = parents;
  let count = 0;
  const pairs = pairsByLikeness(level);
  for (let p = 0; p < pairs.length; p += 2) {
    const i = pairs[p];
    const j = pairs[p + 1];
    if (parents[i] !== NONE || parents[j] !== NONE) continue;
    parents[i] = count;
    parents[j] = count++;
  }
  for (let i = 0; i < n; i++) if (parents[i] === NONE) parents[i] = count++;

  const coarse: GraphLevel = {
    count,
    positions: new Float64Array(3 * count),
    normals: new Float64Array(3 * count),
    areas: new Float64Array(count),
    start: new Uint32Array(count + 1),
    neighbours: new Uint32Array(0),
    weights: new Float64Array(0),
    parents: new Uint32Array(0),
  };
  const members = new Int32Array(2 * count).fill(-1);
  for (let i = 0; i < n; i++) {
    const c = parents[i];
    members[members[2 * c] < 0 ? 2 * c : 2 * c + 1] = i;
    coarse.areas[c] += areas[i];
    for (let k = 0; k < 3; k++) {
      coarse.positions[3 * c + k] += areas[i] * level.positions[3 * i + k];
      coarse.normals[3 * c + k] += areas[i] * normals[3 * i + k];
    }
  }
  const slot = new Int32Array(count).fill(-1);
  const joined = new Uint32Array(neighbours.length);
  const joinedWeights = new Float64Array(neighbours.length);
  let edges = 0;
  for (let c = 0; c < count; c++) {
    for (let k = 0; k < 3; k++) coarse.positions[3 * c + k] /= coarse.areas[c] || 1;
    normalize(coarse.normals, c);
    const first = edges;
    for (let m = 2 * c; m < 2 * c + 2 && members[m] >= 0; m++) {
      for (let e = start[members[m]]; e < start[members[m] + 1]; e++) {
        const other = parents[neighbours[e]];
        if (other === c) continue;
        if (slot[other] < first) {
          slot[other] = edges;
          joined[edges] = other;
          joinedWeights[edges++] = 0;
        }
        joinedWeights[slot[other]] += weights[e];
      }
    }
    coarse.start[c + 1] = edges;
  }
  coarse.neighbours = joined.slice(0, edges);
  coarse.weights = joinedWeights.slice(0, edges);
  return coarse;
}

/** Edges (i, j, i, j, …) in the order in which they should be merged: like normals, and a small point into a large one. */
function pairsByLikeness({ count, normals, areas, start, neighbours }: GraphLevel): Uint32Array {
  const edges = new Uint32Array(neighbours.length);
  const keys = new Float32Array(neighbours.length / 2);
  let found = 0;
  for (let i = 0; i < count; i++) {
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = neighbours[e];
      if (j <= i) continue;
      const cosine =
        normals[3 * i] * normals[3 * j] +
        normals[3 * i + 1] * normals[3 * j + 1] +
        normals[3 * i + 2] * normals[3 * j + 2];
      const small = Math.min(areas[i], areas[j]);
      const large = Math.max(areas[i], areas[j]);
      edges[2 * found] = i;
      edges[2 * found + 1] = j;
      keys[found++] = large > 0 ? small / large / Math.max(1e-3, cosine) : 1;
    }
  }
  const order = ascendingOrder(keys, found);
  const pairs = new Uint32Array(2 * found);
  for (let k = 0; k < found; k++) {
    pairs[2 * k] = edges[2 * order[k]];
    pairs[2 * k + 1] = edges[2 * order[k] + 1];
  }
  return pairs;
}

function normalize(v: Float64Array, i: number): void {
  const length = Math.hypot(v[3 * i], v[3 * i + 1], v[3 * i + 2]) || 1;
  for (let k = 0; k < 3; k++) v[3 * i + k] /= length;
}
