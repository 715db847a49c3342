import { type Projector, projector } from "../frames.ts";
import { gaussianBlur } from "../image/blur.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { sampleField } from "../mesh/sample-field.ts";
import { measureBox } from "../pose/measure-box.ts";
import type { Field, View } from "../types.ts";

export interface StretchOptions {
  /** Pixels along the longer side of the silhouette's box; the lengths below are shares of that side. */
  pixels: number;
  /** Outlines further apart do not belong together: a limb that is missing is not drawn out of the body. */
  most: number;
  /** Over which displacements of neighbouring outline pixels are averaged. */
  smoothing: number;
  /** How far from the outline they are felt. */
  reach: number;
  rounds: number;
}

/** Ten objects of the validation split gain nothing by displacements of twice as far and a third round, which take longer. */
export const STRETCH_DEFAULTS: StretchOptions = { pixels: 160, most: 0.1, smoothing: 0.03, reach: 0.3, rounds: 2 };

/** Half the diagonal of the cube: no point of it is nearer to the camera, or further away. */
const HALF_DIAGONAL = Math.sqrt(3) / 2;

/**
 * Moves a solid within planes parallel to the picture until its outline is that of the silhouette, as far as the two are
 * alike. What the network believes in on the evidence of one picture is a little too small or too large; adding and
 * cutting at the outline alone left a ridge all around and cliffs.
 *
 * @param shape cube units, inside > 0.
 * @returns a field of as many samples.
 */
export function stretchToSilhouette(shape: Field, view: View, options: Partial<StretchOptions> = {}): Field {
  const settings = { ...STRETCH_DEFAULTS, ...options };
  const screen = screenOf(view, settings);
  if (screen === null) return shape;
  const wanted = wantedOn(screen, view);
  let field = shape;
  for (let round = 0; round < settings.rounds; round++) {
    field = moved(field, screen, displacements(screen, wanted, ownOn(screen, field), settings));
  }
  return field;
}

/** Square pixels over the silhouette and some margin around it. */
interface Screen {
  width: number;
  height: number;
  /** Of points in the object's frame to its pixels. */
  m: Projector;
  /** Its pixels in one of the picture, and the picture's pixel at its corner. */
  step: number;
  left: number;
  top: number;
}

function screenOf({ camera, matte }: View, { pixels, most }: StretchOptions): Screen | null {
  const box = measureBox(matte);
  if (!box) return null;
  const step = Math.max(box.right - box.left, box.bottom - box.top) / pixels;
  const margin = Math.ceil(1.5 * most * pixels);
  const [left, top] = [box.left - margin * step, box.top - margin * step];
  return {
    width: Math.ceil((box.right - box.left) / step) + 2 * margin,
    height: Math.ceil((box.bottom - box.top) / step) + 2 * margin,
    m: projector({
      ...camera,
      scale: camera.scale / step,
      centerX: (camera.centerX - left) / step,
      centerY: (camera.centerY - top) / step,
    }),
    step,
    left,
    top,
  };
}

function wantedOn({ width, height, step, left, top }: Screen, { matte }: View): Uint8Array {
  const wanted = new Uint8Array(width * height);
  for (let j = 0, at = 0; j < height; j++) {
    const y = Math.floor(top + (j + 0.5) * step);
    for (let i = 0; i < width; i++, at++) {
      const x = Math.floor(left + (i + 0.5) * step);
      if (x < 0 || y < 0 || x >= matte.width || y >= matte.height) continue;
      if (matte.data[y * matte.width + x] > 127) wanted[at] = 1;
    }
  }
  return wanted;
}

/** Where rays meet the solid. They are followed through its box only: all through the cube took three times as long. */
function ownOn({ width, height, m }: Screen, field: Field): Uint8Array {
  const own = new Uint8Array(width * height);
  const box = solidBox(field);
  // The scale, squared: rows of the projector are that long.
  const s2 = m.xx ** 2 + m.xy ** 2 + m.xz ** 2;
  const steps = 2 * field.n;
  for (let j = 0, at = 0; j < height; j++) {
    for (let i = 0; i < width; i++, at++) {
      const [u, v] = [(i + 0.5 - m.cx) / s2, (m.cy - j - 0.5) / s2];
      const [x, y, z] = [u * m.xx + v * m.yx, u * m.xy + v * m.yy, u * m.xz + v * m.yz];
      // At depth d the ray is at (x, y, z) + d (dx, dy, dz).
      const [dx, dy, dz] = [m.zx - m.perspective * x, m.zy - m.perspective * y, m.zz - m.perspective * z];
      let [near, far] = [-HALF_DIAGONAL, HALF_DIAGONAL];
      for (let axis = 0; axis < 3; axis++) {
        const [from, way] = axis === 0 ? [x, dx] : axis === 1 ? [y, dy] : [z, dz];
        const [low, high] = [box.low[axis], box.high[axis]];
        if (way === 0) {
          if (from < low || from > high) far = Number.NEGATIVE_INFINITY;
          continue;
        }
        near = Math.max(near, Math.min((low - from) / way, (high - from) / way));
        far = Math.min(far, Math.max((low - from) / way, (high - from) / way));
      }
      const last = Math.min(steps - 1, Math.ceil(stepAt(far, steps)));
      for (let k = Math.max(0, Math.floor(stepAt(near, steps))); k <= last; k++) {
        const depth = HALF_DIAGONAL * ((2 * k + 1) / steps - 1);
        if (sampleField(field, x + depth * dx, y + depth * dy, z + depth * dz) > 0) {
          own[at] = 1;
          break;
        }
      }
    }
  }
  return own;
}

/** The step of a ray that is at a depth, if whole. */
function stepAt(depth: number, steps: number): number {
  return ((depth / HALF_DIAGONAL + 1) * steps - 1) / 2;
}

/**
 * The box, cube units, out of which the field is nowhere above 0: without end where samples at the cube's border are, which go on
 * beyond it.
 */
function solidBox({ n, data }: Field): { low: number[]; high: number[] } {
  const low = [n, n, n];
  const high = [-1, -1, -1];
  for (let z = 0, at = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++, at++) {
        if (data[at] <= 0) continue;
        if (x < low[0]) low[0] = x;
        if (x > high[0]) high[0] = x;
        if (y < low[1]) low[1] = y;
        if (y > high[1]) high[1] = y;
        if (z < low[2]) low[2] = z;
        if (z > high[2]) high[2] = z;
      }
    }
  }
  // Between samples the field is above 0 up to the next one.
  return {
    low: low.map((i) => (i === 0 ? Number.NEGATIVE_INFINITY : (i - 0.5) / n - 0.5)),
    high: high.map((i) => (i === n - 1 ? Number.POSITIVE_INFINITY : (i + 1.5) / n - 0.5)),
  };
}

/** Of each pixel where in the solid's own outline it comes from, in pixels from itself. */
function displacements({ width, height }: Screen, wanted: Uint8Array, own: Uint8Array, settings: StretchOptions) {
  const { pixels, most, smoothing, reach } = settings;
  const count = width * height;
  const rim = rimOf(wanted, width, height);
  const nearestOwn = new Int32Array(count);
  squaredDistances(rimOf(own, width, height), width, height, nearestOwn);
  const [dx, dy, weight] = [0, 1, 2].map(() => new Float32Array(count));
  for (let at = 0; at < count; at++) {
    if (rim[at] === 0 || nearestOwn[at] < 0) continue;
    const x = (nearestOwn[at] % width) - (at % width);
    const y = Math.floor(nearestOwn[at] / width) - Math.floor(at / width);
    if (Math.hypot(x, y) > most * pixels) continue;
    dx[at] = x;
    dy[at] = y;
    weight[at] = 1;
  }
  const blur = (plane: Float32Array) => gaussianBlur(plane, width, height, smoothing * pixels);
  const [sumX, sumY, sum] = [dx, dy, weight].map(blur);
  const nearestRim = new Int32Array(count);
  const toRim = squaredDistances(rim, width, height, nearestRim);
  for (let at = 0; at < count; at++) {
    const from = nearestRim[at];
    // Too few neighbours whose outlines belong together: left as it is.
    const known = from >= 0 && sum[from] > 1e-4;
    const share = known ? Math.exp(-toRim[at] / (reach * pixels) ** 2) / sum[from] : 0;
    dx[at] = known ? share * sumX[from] : 0;
    dy[at] = known ? share * sumY[from] : 0;
  }
  return { dx: blur(dx), dy: blur(dy) };
}

function moved(field: Field, { width, height, m }: Screen, { dx, dy }: { dx: Float32Array; dy: Float32Array }): Field {
  const { n } = field;
  const s2 = m.xx ** 2 + m.xy ** 2 + m.xz ** 2;
  const result = new Float32Array(n * n * n);
  for (let k = 0, at = 0; k < n; k++) {
    const z = (k + 0.5) / n - 0.5;
    for (let j = 0; j < n; j++) {
      const y = (j + 0.5) / n - 0.5;
      for (let i = 0; i < n; i++, at++) {
        const x = (i + 0.5) / n - 0.5;
        const w = 1 - m.perspective * (x * m.zx + y * m.zy + z * m.zz);
        const u = m.cx + (x * m.xx + y * m.xy + z * m.xz) / w - 0.5;
        const v = m.cy - (x * m.yx + y * m.yy + z * m.yz) / w - 0.5;
        const a = (bilinear(dx, width, height, u, v) * w) / s2;
        const b = (-bilinear(dy, width, height, u, v) * w) / s2;
        result[at] = sampleField(field, x + a * m.xx + b * m.yx, y + a * m.xy + b * m.yy, z + a * m.xz + b * m.yz);
      }
    }
  }
  return { n, data: result };
}

/** Pixels of the mask beside others. */
function rimOf(mask: Uint8Array, width: number, height: number): Uint8Array {
  const rim = new Uint8Array(mask.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      const inner = mask[at - 1] & mask[at + 1] & mask[at - width] & mask[at + width];
      if (mask[at] !== 0 && inner === 0) rim[at] = 1;
    }
  }
  return rim;
}

function bilinear(plane: Float32Array, width: number, height: number, u: number, v: number): number {
  const x = Math.min(width - 1.001, Math.max(0, u));
  const y = Math.min(height - 1.001, Math.max(0, v));
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - i, y - j];
  const at = j * width + i;
  const upper = plane[at] + (plane[at + 1] - plane[at]) * fx;
  const lower = plane[at + width] + (plane[at + width + 1] - plane[at + width]) * fx;
  return upper + (lower - upper) * fy;
}
