import type { Mesh } from "../types.ts";

/** Numbers per quadric: xx xy xz yy yz zz x y z 1 of the summed squared plane distances, and the summed weight. */
export const QUADRIC = 11;

/**
 * Per vertex, the area-weighted squared distance to the planes of its triangles as a quadric (Garland & Heckbert,
 * "Surface Simplification Using Quadric Error Metrics", 1997).
 */
export function vertexQuadrics({ positions: p, triangles }: Pick<Mesh, "positions" | "triangles">): Float64Array {
  const quadrics = new Float64Array((QUADRIC * p.length) / 3);
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
    let nx = uy * vz - uz * vy;
    let ny = uz * vx - ux * vz;
    let nz = ux * vy - uy * vx;
    const twice = Math.hypot(nx, ny, nz);
    if (twice === 0) continue;
    nx /= twice;
    ny /= twice;
    nz /= twice;
    const d = -(nx * p[a] + ny * p[a + 1] + nz * p[a + 2]);
    const w = twice / 2;
    for (let k = 0; k < 3; k++) {
      const q = QUADRIC * triangles[t + k];
      quadrics[q] += w * nx * nx;
      quadrics[q + 1] += w * nx * ny;
      quadrics[q + 2] += w * nx * nz;
      quadrics[q + 3] += w * ny * ny;
      quadrics[q + 4] += w * ny * nz;
      quadrics[q + 5] += w * nz * nz;
      quadrics[q + 6] += w * nx * d;
      quadrics[q + 7] += w * ny * d;
      quadrics[q + 8] += w * nz * d;
      quadrics[q + 9] += w * d * d;
      quadrics[q + 10] += w;
    }
  }
  return quadrics;
}

/** Mean squared distance of a point to the planes of quadrics i and j together (offsets into `q`, not the same). */
export function quadricError(q: Float64Array, i: number, j: number, x: number, y: number, z: number): number {
  const sum = (k: number) => q[i + k] + q[j + k];
  const weight = sum(10);
  if (weight === 0) return 0;
  const e =
    x * (sum(0) * x + 2 * (sum(1) * y + sum(2) * z + sum(6))) +
    y * (sum(3) * y + 2 * (sum(4) * z + sum(7))) +
    z * (sum(5) * z + 2 * sum(8)) +
    sum(9);
  return Math.max(0, e / weight);
}

/**
 * The point of least error of the sum of quadrics i and j (offsets into `q`; the same offset counts once), pulled
 * towards an anchor with `pull` times their weight, which keeps the system regular and decides where the planes do not.
 *
 * @returns the mean squared distance from the point to the planes; the point is left in `out`.
 */
export function minimizeQuadrics(
  q: Float64Array,
  i: number,
  j: number,
  mx: number,
  my: number,
  mz: number,
  pull: number,
  out: Float64Array,
): number {
  const both = i === j ? 0 : 1;
  const weight = q[i + 10] + both * q[j + 10];
  out[0] = mx;
  out[1] = my;
  out[2] = mz;
  if (weight === 0) return 0;
  const xx = q[i] + both * q[j];
  const xy = q[i + 1] + both * q[j + 1];
  const xz = q[i + 2] + both * q[j + 2];
  const yy = q[i + 3] + both * q[j + 3];
  const yz = q[i + 4] + both * q[j + 4];
  const zz = q[i + 5] + both * q[j + 5];
  const x1 = q[i + 6] + both * q[j + 6];
  const y1 = q[i + 7] + both * q[j + 7];
  const z1 = q[i + 8] + both * q[j + 8];
  const one = q[i + 9] + both * q[j + 9];
  const anchor = pull * weight;
  const a00 = xx + anchor;
  const a11 = yy + anchor;
  const a22 = zz + anchor;
  const b0 = anchor * mx - x1;
  const b1 = anchor * my - y1;
  const b2 = anchor * mz - z1;
  // Cramer's rule.
  const c00 = a11 * a22 - yz * yz;
  const c01 = xz * yz - xy * a22;
  const c02 = xy * yz - xz * a11;
  const c11 = a00 * a22 - xz * xz;
  const c12 = xy * xz - a00 * yz;
  const c22 = a00 * a11 - xy * xy;
  const determinant = a00 * c00 + xy * c01 + xz * c02;
  const x = (c00 * b0 + c01 * b1 + c02 * b2) / determinant;
  const y = (c01 * b0 + c11 * b1 + c12 * b2) / determinant;
  const z = (c02 * b0 + c12 * b1 + c22 * b2) / determinant;
  out[0] = x;
  out[1] = y;
  out[2] = z;
  const e = x * (xx * x + 2 * (xy * y + xz * z + x1)) + y * (yy * y + 2 * (yz * z + y1)) + z * (zz * z + 2 * z1) + one;
  return Math.max(0, e / weight);
}
