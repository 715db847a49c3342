import { type Camera, type Projector, projector } from "../frames.ts";
import { signedDistance } from "../image/signed-distance.ts";
import type { Matte } from "../types.ts";

/** A view's outline as a distance field that the carving samples. */
export interface Silhouette {
  width: number;
  height: number;
  /** Signed distance to the outline, pixels, positive inside. */
  distance: Float32Array;
  camera: Camera;
  projector: Projector;
}

/**
 * @param cell Side of a field's cell in cube units: parts thinner than a little over one cell are widened to that, since
 *   a thinner one would fall between the samples and vanish.
 */
export function prepareSilhouette(matte: Matte, camera: Camera, cell: number): Silhouette {
  const { width, height } = matte;
  const distance = signedDistance(matte.data, width, height);
  reinforceThinParts(distance, width, height, THIN_CELLS * cell * camera.scale);
  return { width, height, distance, camera, projector: projector(camera) };
}

/**
 * Half width, in cells, below which a part is widened. A bar seen by two views keeps a sample inside wherever it runs
 * from 0.71 cells on (half a cell's diagonal); 0.6 already loses pieces of slanted wires.
 */
const THIN_CELLS = 0.75;

/**
 * Raises the distance field so that the middle line of every part is at least `halfWidth` pixels inside.
 *
 * The middle line of thin parts is where the distance is a local maximum across some direction and stays below
 * `halfWidth`. Discs of that radius around it are then united with the silhouette. Corners of thick parts have ridges
 * as well, but those climb: a ridge pixel counts only where no pixel within reach is deeper than `halfWidth`.
 */
export function reinforceThinParts(distance: Float32Array, width: number, height: number, halfWidth: number): void {
  if (halfWidth <= 0.5) return;
  const reach = Math.ceil(halfWidth) + 1;
  const deep = dilateMaximum(distance, width, height, reach);
  const ridge: number[] = [];
  for (let y = 1; y + 1 < height; y++) {
    for (let x = 1; x + 1 < width; x++) {
      const i = y * width + x;
      const d = distance[i];
      if (d <= 0 || d >= halfWidth || deep[i] >= halfWidth) continue;
      if (
        (d >= distance[i - 1] && d >= distance[i + 1]) ||
        (d >= distance[i - width] && d >= distance[i + width]) ||
        (d >= distance[i - width - 1] && d >= distance[i + width + 1]) ||
        (d >= distance[i - width + 1] && d >= distance[i + width - 1])
      ) {
        ridge.push(i);
      }
    }
  }
  for (const i of ridge) {
    const x = i % width;
    const y = (i - x) / width;
    for (let v = Math.max(0, y - 2 * reach); v <= Math.min(height - 1, y + 2 * reach); v++) {
      for (let u = Math.max(0, x - 2 * reach); u <= Math.min(width - 1, x + 2 * reach); u++) {
        const raised = halfWidth - Math.hypot(u - x, v - y);
        const j = v * width + u;
        if (raised > distance[j]) distance[j] = raised;
      }
    }
  }
}

/** Largest value within a square of the given reach, by two running passes. */
function dilateMaximum(values: Float32Array, width: number, height: number, reach: number): Float32Array {
  const across = new Float32Array(values.length);
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) runningMaximum(values, across, y * width, 1, width, reach);
  for (let x = 0; x < width; x++) runningMaximum(across, out, x, width, height, reach);
  return out;
}

/** van Herk's running maximum would be linear; reaches here are a few pixels, so the plain window is as fast. */
function runningMaximum(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  count: number,
  reach: number,
) {
  for (let i = 0; i < count; i++) {
    let best = Number.NEGATIVE_INFINITY;
    const end = Math.min(count - 1, i + reach);
    for (let k = Math.max(0, i - reach); k <= end; k++) {
      const v = from[start + k * step];
      if (v > best) best = v;
    }
    to[start + i * step] = best;
  }
}

/**
 * Lowers a row of field samples to the distance from the silhouette's cone, in cube units, where that is less.
 * The row runs along x at (y, z); sample i lies at x = (i + 0.5) / n - 0.5. Outside the picture counts as outside the
 * object, farther out the farther away.
 */
export function intersectRow(s: Silhouette, row: Float32Array, y: number, z: number): void {
  const { projector: m, width, height, distance } = s;
  const n = row.length;
  const step = 1 / n;
  const x0 = 0.5 / n - 0.5;
  const perspective = m.perspective;
  let ax = x0 * m.xx + y * m.xy + z * m.xz;
  let ay = x0 * m.yx + y * m.yy + z * m.yz;
  let depth = x0 * m.zx + y * m.zy + z * m.zz;
  const perPixel = 1 / s.camera.scale;
  const lastX = width - 1;
  const lastY = height - 1;
  for (let i = 0; i < n; i++, ax += step * m.xx, ay += step * m.yx, depth += step * m.zx) {
    const w = 1 - perspective * depth;
    const px = m.cx + ax / w - 0.5;
    const py = m.cy - ay / w - 0.5;
    const qx = px < 0 ? 0 : px > lastX ? lastX : px;
    const qy = py < 0 ? 0 : py > lastY ? lastY : py;
    const ix = qx >= lastX ? lastX - 1 : qx | 0;
    const iy = qy >= lastY ? lastY - 1 : qy | 0;
    const fx = qx - ix;
    const fy = qy - iy;
    const at = iy * width + ix;
    const d00 = distance[at];
    const d10 = distance[at + 1];
    const d01 = distance[at + width];
    const d11 = distance[at + width + 1];
    let d = (d00 + (d10 - d00) * fx) * (1 - fy) + (d01 + (d11 - d01) * fx) * fy;
    if (qx !== px || qy !== py) d = Math.min(d, 0) - Math.abs(px - qx) - Math.abs(py - qy) - 0.5;
    d *= w * perPixel;
    if (d < row[i]) row[i] = d;
  }
}
