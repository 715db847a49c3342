import { faceNormals } from "../raster/normals.ts";
import type { Mesh } from "../types.ts";

/** Polygons of three or four corners as runs of corner numbers (3 * triangle + k) of the triangle mesh they came from. */
export interface Polygons {
  sizes: Uint8Array;
  corners: Uint32Array;
}

/** Two triangles make a quad only when their planes differ by less than this, degrees. */
const MAX_FOLD = 25;

/** Largest deviation of a quad's corner from a right angle, degrees. */
const MAX_SKEW = 65;

/**
 * Joins pairs of triangles into quads, best pairs first: nearly coplanar, convex, corners near right angles. The surface
 * stays exactly what it was. Triangles of different `groups` (charts, materials) are never joined.
 */
export function pairTriangles(mesh: Mesh, groups: ArrayLike<number>): Polygons {
  const { triangles } = mesh;
  const count = triangles.length / 3;
  const normals = faceNormals(mesh);
  const twins = twinCorners(triangles, mesh.positions.length / 3);
  const pairs: { corner: number; cost: number }[] = [];
  for (let corner = 0; corner < triangles.length; corner++) {
    const twin = twins[corner];
    if (twin < corner) continue;
    const s = (corner / 3) | 0;
    const t = (twin / 3) | 0;
    if (groups[s] !== groups[t]) continue;
    const cost = pairCost(mesh, normals, corner, twin);
    if (cost < 1) pairs.push({ corner, cost });
  }
  pairs.sort((a, b) => a.cost - b.cost || a.corner - b.corner);
  const partner = new Int32Array(count).fill(-1);
  for (const { corner } of pairs) {
    const s = (corner / 3) | 0;
    const t = (twins[corner] / 3) | 0;
    if (partner[s] >= 0 || partner[t] >= 0) continue;
    partner[s] = corner;
    partner[t] = twins[corner];
  }
  const sizes: number[] = [];
  const corners: number[] = [];
  for (let t = 0; t < count; t++) {
    const shared = partner[t];
    if (shared < 0) {
      sizes.push(3);
      corners.push(3 * t, 3 * t + 1, 3 * t + 2);
      continue;
    }
    const twin = twins[shared];
    if (twin < shared) continue;
    // Edge `shared` runs from its corner to the next; the quad goes round both triangles, leaving the edge out.
    sizes.push(4);
    corners.push(after(shared, 1), after(shared, 2), after(twin, 1), after(twin, 2));
  }
  return { sizes: Uint8Array.from(sizes), corners: Uint32Array.from(corners) };
}

/** The corner k further round the same triangle. */
function after(corner: number, k: number): number {
  const base = corner - (corner % 3);
  return base + ((corner - base + k) % 3);
}

/** For the edge from each corner to the next one, the corner at which the neighbouring triangle starts the same edge. */
function twinCorners(triangles: Uint32Array, vertices: number): Int32Array {
  const start = new Uint32Array(vertices + 1);
  for (const v of triangles) start[v + 1]++;
  for (let v = 0; v < vertices; v++) start[v + 1] += start[v];
  const list = new Uint32Array(triangles.length);
  const fill = start.slice(0, vertices);
  for (let c = 0; c < triangles.length; c++) list[fill[triangles[c]]++] = c;
  const twins = new Int32Array(triangles.length).fill(-1);
  for (let c = 0; c < triangles.length; c++) {
    const from = triangles[c];
    const to = triangles[after(c, 1)];
    for (let i = start[to]; i < start[to + 1]; i++) {
      if (triangles[after(list[i], 1)] === from) {
        twins[c] = list[i];
        break;
      }
    }
  }
  return twins;
}

/** 0 for a flat rectangle, 1 and more for a pair that must not be joined. */
function pairCost(mesh: Mesh, normals: Float32Array, corner: number, twin: number): number {
  const { positions: p, triangles } = mesh;
  const s = 3 * ((corner / 3) | 0);
  const t = 3 * ((twin / 3) | 0);
  const cosine = normals[s] * normals[t] + normals[s + 1] * normals[t + 1] + normals[s + 2] * normals[t + 2];
  const fold = (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  if (fold > MAX_FOLD) return 1;
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
    const cos =
      (ux * vx + uy * vy + uz * vz) / Math.sqrt((ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz));
    const degrees = (Math.acos(Math.min(1, Math.max(-1, cos))) * 180) / Math.PI;
    // A reflex corner shows as a turn against the normal.
    const turn =
      (uz * vy - uy * vz) * normals[s] + (ux * vz - uz * vx) * normals[s + 1] + (uy * vx - ux * vy) * normals[s + 2];
    if (turn <= 0) return 1;
    skew = Math.max(skew, Math.abs(degrees - 90));
  }
  if (!(skew <= MAX_SKEW)) return 1;
  return 0.5 * (skew / MAX_SKEW) + 0.4 * (fold / MAX_FOLD);
}
