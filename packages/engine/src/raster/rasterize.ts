import { type Camera, projector } from "../frames.ts";

/** What a camera sees of a triangle mesh, per pixel centre. Two-sided: the nearest triangle wins whatever way it faces. */
export interface Raster {
  width: number;
  height: number;
  /** Number of the nearest triangle, -1 where there is none. */
  triangle: Int32Array;
  /** Depth of the nearest surface along the viewing axis, cube units, larger is nearer; -Infinity where there is none. */
  depth: Float32Array;
}

/** Vertices as a camera sees them. */
export interface ProjectedVertices {
  /** Pixel position. */
  sx: Float64Array;
  sy: Float64Array;
  /** depth / w with w = 1 - perspective * depth; NaN behind the camera. */
  sq: Float64Array;
}

export function projectVertices(positions: ArrayLike<number>, camera: Camera): ProjectedVertices {
  const m = projector(camera);
  const count = positions.length / 3;
  const sx = new Float64Array(count);
  const sy = new Float64Array(count);
  const sq = new Float64Array(count);
  for (let v = 0; v < count; v++) {
    const x = positions[3 * v];
    const y = positions[3 * v + 1];
    const z = positions[3 * v + 2];
    const depth = x * m.zx + y * m.zy + z * m.zz;
    const w = 1 - m.perspective * depth;
    if (w <= 1e-6) {
      sq[v] = Number.NaN;
      continue;
    }
    sx[v] = m.cx + (x * m.xx + y * m.xy + z * m.xz) / w;
    sy[v] = m.cy - (x * m.yx + y * m.yy + z * m.yz) / w;
    sq[v] = depth / w;
  }
  return { sx, sy, sq };
}

/**
 * Z-buffer rasterisation. A pixel is covered when its centre lies inside a projected triangle; a centre exactly on a
 * shared edge may be covered by both, which the depth test resolves, so closed meshes leave no cracks.
 *
 * Inside the loop depth is kept as q = depth / w with w = 1 - perspective * depth, since q (unlike depth) is linear in
 * the picture under perspective and grows with depth.
 *
 * Triangles that reach behind the camera (w <= 0) are skipped: cameras stand outside the cube.
 */
export function rasterize(
  positions: ArrayLike<number>,
  triangles: ArrayLike<number>,
  camera: Camera,
  width: number,
  height: number,
): Raster {
  const { perspective } = camera;
  const { sx, sy, sq } = projectVertices(positions, camera);
  const triangle = new Int32Array(width * height).fill(-1);
  const depth = new Float32Array(width * height).fill(Number.NEGATIVE_INFINITY);
  const triangleCount = triangles.length / 3;
  for (let t = 0; t < triangleCount; t++) {
    const a = triangles[3 * t];
    const b = triangles[3 * t + 1];
    const c = triangles[3 * t + 2];
    const ax = sx[a];
    const ay = sy[a];
    const bx = sx[b];
    const by = sy[b];
    const cx = sx[c];
    const cy = sy[c];
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    const qa = sq[a];
    const qb = sq[b];
    const qc = sq[c];
    if (area === 0 || Number.isNaN(qa + qb + qc)) continue;
    const minX = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const maxX = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const minY = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const maxY = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    if (minX > maxX || minY > maxY) continue;
    const inverse = 1 / area;
    // Barycentric weights of b and c are linear in the pixel: step them instead of evaluating them.
    const wbx = (cy - ay) * inverse;
    const wby = -(cx - ax) * inverse;
    const wcx = -(by - ay) * inverse;
    const wcy = (bx - ax) * inverse;
    const dqx = wbx * (qb - qa) + wcx * (qc - qa);
    for (let py = minY; py <= maxY; py++) {
      const oy = py + 0.5 - ay;
      const ox = minX + 0.5 - ax;
      let wb = wbx * ox + wby * oy;
      let wc = wcx * ox + wcy * oy;
      let q = qa + wb * (qb - qa) + wc * (qc - qa);
      let at = py * width + minX;
      let entered = false;
      for (let px = minX; px <= maxX; px++, at++) {
        if (wb >= -1e-12 && wc >= -1e-12 && wb + wc <= 1 + 1e-12) {
          entered = true;
          if (q > depth[at]) {
            depth[at] = q;
            triangle[at] = t;
          }
        } else if (entered) {
          break; // A triangle covers one stretch of a row.
        }
        wb += wbx;
        wc += wcx;
        q += dqx;
      }
    }
  }
  if (perspective !== 0) {
    for (let i = 0; i < depth.length; i++) {
      if (triangle[i] >= 0) depth[i] = depth[i] / (1 + perspective * depth[i]);
    }
  }
  return { width, height, triangle, depth };
}
