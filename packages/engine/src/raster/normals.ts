import type { Mesh } from "../types.ts";

/** Edges sharper than this stay visible edges under `angle` shading, degrees. Low-poly packs look right from 35 to 50. */
export const CREASE_DEGREES = 40;

/**
 * Unit normals of every corner, 9 numbers a triangle. Each corner averages the faces around its vertex whose normals
 * are within `crease` degrees of its own face's, weighted by their angle at the vertex (Thürmer & Wüthrich 1998), so
 * the result does not depend on how flat regions happen to be triangulated. 0 gives flat, 180 smooth shading.
 *
 * Faces meet only at shared vertex numbers. Degenerate triangles get +Y and influence nobody.
 */
export function cornerNormals(mesh: Mesh, crease: number = CREASE_DEGREES): Float32Array {
  const { positions, triangles } = mesh;
  const corners = triangles.length;
  const faces = faceNormals(mesh);
  const out = new Float32Array(corners * 3);
  if (crease <= 0) {
    for (let c = 0; c < corners; c++) {
      const f = 3 * ((c / 3) | 0);
      out[3 * c] = faces[f];
      out[3 * c + 1] = faces[f + 1];
      out[3 * c + 2] = faces[f + 2];
    }
    return out;
  }
  const weights = new Float32Array(corners);
  for (let c = 0; c < corners; c++) {
    const base = c - (c % 3);
    weights[c] = angleAt(positions, triangles[c], triangles[base + ((c + 1) % 3)], triangles[base + ((c + 2) % 3)]);
  }
  const { start, list } = cornersOfVertices(triangles, positions.length / 3);
  const threshold = crease >= 180 ? -2 : Math.cos((crease * Math.PI) / 180);
  const vertices = start.length - 1;
  for (let v = 0; v < vertices; v++) {
    const from = start[v];
    const to = start[v + 1];
    for (let i = from; i < to; i++) {
      const own = 3 * ((list[i] / 3) | 0);
      const ox = faces[own];
      const oy = faces[own + 1];
      const oz = faces[own + 2];
      let x = 0;
      let y = 0;
      let z = 0;
      for (let j = from; j < to; j++) {
        const f = 3 * ((list[j] / 3) | 0);
        const fx = faces[f];
        const fy = faces[f + 1];
        const fz = faces[f + 2];
        if (ox * fx + oy * fy + oz * fz < threshold) continue;
        const w = weights[list[j]];
        x += w * fx;
        y += w * fy;
        z += w * fz;
      }
      const length = Math.hypot(x, y, z);
      const at = 3 * list[i];
      const keep = length > 1e-9;
      out[at] = keep ? x / length : ox;
      out[at + 1] = keep ? y / length : oy;
      out[at + 2] = keep ? z / length : oz;
      // Smooth shading gives every corner of the vertex the same sum.
      if (threshold === -2) {
        for (let j = i + 1; j < to; j++) out.copyWithin(3 * list[j], at, at + 3);
        break;
      }
    }
  }
  return out;
}

/** Unit normals of triangles, 3 numbers each; +Y for degenerate ones. */
export function faceNormals(mesh: Mesh): Float32Array {
  const { positions: p, triangles } = mesh;
  const out = new Float32Array(triangles.length);
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
    const length = Math.sqrt(x * x + y * y + z * z);
    if (length > 0) {
      out[t] = x / length;
      out[t + 1] = y / length;
      out[t + 2] = z / length;
    } else {
      out[t + 1] = 1;
    }
  }
  return out;
}

function angleAt(p: ArrayLike<number>, at: number, b: number, c: number): number {
  const ux = p[3 * b] - p[3 * at];
  const uy = p[3 * b + 1] - p[3 * at + 1];
  const uz = p[3 * b + 2] - p[3 * at + 2];
  const vx = p[3 * c] - p[3 * at];
  const vy = p[3 * c + 1] - p[3 * at + 1];
  const vz = p[3 * c + 2] - p[3 * at + 2];
  const lengths = Math.sqrt((ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz));
  if (!(lengths > 0)) return 0;
  const cos = (ux * vx + uy * vy + uz * vz) / lengths;
  // A sliver's flat corner has cos -1: its normal is noise, and so is that of its zero-angle corners.
  return cos <= -1 || cos >= 1 ? 0 : Math.acos(cos);
}

/** For each vertex the corners that use it: `list[start[v] … start[v + 1])`. */
function cornersOfVertices(triangles: Uint32Array, vertices: number): { start: Uint32Array; list: Uint32Array } {
  const start = new Uint32Array(vertices + 1);
  for (const v of triangles) start[v + 1]++;
  for (let v = 0; v < vertices; v++) start[v + 1] += start[v];
  const fill = start.slice(0, vertices);
  const list = new Uint32Array(triangles.length);
  for (let c = 0; c < triangles.length; c++) list[fill[triangles[c]]++] = c;
  return { start, list };
}
