import { projector } from "../frames.ts";
import { forEachInner } from "./for-each-inner.ts";
import type { SilhouetteCone } from "./silhouette.ts";

export interface CoverOptions {
  /** Greatest half thickness of what is added, cube units: what nobody believed in becomes a pillow, not a ball. */
  most: number;
  /** Half thickness at the least, cells: less would fall between the samples. */
  leastCells: number;
  /** A ray has met something when it got this deep, cells: less would leave a ragged rim. */
  metCells: number;
  /** Depths count for the middle of what is added while they lie no more than this below the best one, cube units. */
  softness: number;
  /** Over how many cells additions melt into what is there. */
  meltCells: number;
}

export const COVER_DEFAULTS: CoverOptions = {
  most: 0.07,
  leastCells: 1.2,
  metCells: 0.4,
  softness: 0.004,
  meltCells: 3,
};

/** Radius in pixels over which depths of neighbouring rays are brought together when one picture is all there is. */
const SMOOTHING = 10;

/** Roundness of the rim of what is added, as of an inflated silhouette (infer/inflate.ts). */
const EXPONENT = 2.4;

/**
 * Adds to a field what its silhouettes show and it lacks, in place. A ray through the silhouette that meets too little
 * gets a piece where the field is least unlikely (the prior is least sure of thin parts, which pictures show best), about
 * as thick as the silhouette is narrow there. A single picture gets one smooth pillow instead that fills its whole
 * silhouette, mostly within the shape: pieces along the rim alone would stand off as fins.
 *
 * @param data field of n³ samples, cube units, not yet cut by the cones.
 */
export function coverSilhouettes(
  data: Float32Array,
  n: number,
  cones: readonly SilhouetteCone[],
  options: Partial<CoverOptions> = {},
): void {
  const settings = { ...COVER_DEFAULTS, ...options };
  const single = cones.length === 1;
  const screens = cones.map((cone) => new RayScreen(cone, n, settings, single));
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of screens) screen.meet(data[at], x, y, z);
  });
  const lacking = screens.filter((screen) => screen.lacks());
  if (lacking.length === 0) return;
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of lacking) screen.weigh(data[at], x, y, z);
  });
  for (const screen of lacking) screen.settle();
  const melt = single ? settings.meltCells / n : 0;
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of lacking) data[at] = smoothMax(data[at], screen.addition(x, y, z), melt);
  });
}

/** The greater one, rounded where they are within `width` of each other (Quilez's quadratic smooth minimum, reversed). */
function smoothMax(a: number, b: number, width: number): number {
  if (b === Number.NEGATIVE_INFINITY) return a;
  const near = width > 0 ? Math.max(0, width - Math.abs(a - b)) / width : 0;
  return Math.max(a, b) + 0.25 * near * near * width;
}

/** What the rays through one picture meet, in pixels about as large as a sample. */
class RayScreen {
  private readonly side: number;
  private readonly options: CoverOptions;
  private readonly least: number;
  private readonly met: number;
  private readonly single: boolean;
  private readonly window: number;
  private readonly m: ReturnType<typeof projector>;
  private readonly cone: SilhouetteCone;
  private readonly zoom: number;
  /** Largest value on each ray, and the depth where it is. */
  private readonly best: Float32Array;
  private readonly bestDepth: Float32Array;
  private readonly weights: Float32Array;
  private readonly depths: Float32Array;
  private readonly halves: Float32Array;
  private u = 0;
  private v = 0;
  private px = 0;
  private depth = 0;

  constructor(cone: SilhouetteCone, n: number, options: CoverOptions, single: boolean) {
    // Where silhouettes are coarser than samples there is no sense in finer rays.
    const scale = Math.min(n, cone.camera.scale);
    this.cone = cone;
    this.options = options;
    this.least = options.leastCells / n;
    this.met = options.metCells / n;
    this.single = single;
    this.window = single ? Number.POSITIVE_INFINITY : 6 / n;
    this.zoom = scale / cone.camera.scale;
    this.side = Math.ceil(2 * scale);
    this.m = projector({ ...cone.camera, scale, centerX: this.side / 2, centerY: this.side / 2 });
    const rays = this.side * this.side;
    this.best = new Float32Array(rays).fill(Number.NEGATIVE_INFINITY);
    this.bestDepth = new Float32Array(rays);
    this.weights = new Float32Array(rays);
    this.depths = new Float32Array(rays);
    this.halves = new Float32Array(rays);
  }

  meet(value: number, x: number, y: number, z: number): void {
    if (!this.project(x, y, z)) return;
    if (value > this.best[this.px]) {
      this.best[this.px] = value;
      this.bestDepth[this.px] = this.depth;
    }
  }

  lacks(): boolean {
    return this.best.some((b) => b <= this.met && b > Number.NEGATIVE_INFINITY);
  }

  weigh(value: number, x: number, y: number, z: number): void {
    if (!this.project(x, y, z)) return;
    const i = this.px;
    if (Math.abs(this.depth - this.bestDepth[i]) > this.window) return;
    const weight = Math.exp((value - this.best[i]) / this.options.softness);
    this.weights[i] += weight;
    this.depths[i] += weight * this.depth;
  }

  /** Decides where on each ray its piece lies and how thick it is. */
  settle(): void {
    const { side, best, weights, depths, halves, options } = this;
    for (let i = 0; i < weights.length; i++) if (weights[i] > 0) depths[i] /= weights[i];
    if (this.single) blurWithin(depths, weights, side, SMOOTHING);
    for (let i = 0; i < best.length; i++) {
      if (best[i] === Number.NEGATIVE_INFINITY || (best[i] > this.met && !this.single)) continue;
      const rim = 1 - Math.min(1, Math.max(0, this.outlineDistance(i)) / options.most);
      halves[i] = Math.max(this.least, options.most * (1 - rim ** EXPONENT) ** (1 / EXPONENT));
    }
  }

  /** Distance from the piece on the ray through a point, blended between the four nearest rays that have one. */
  addition(x: number, y: number, z: number): number {
    if (!this.project(x, y, z) || this.halves[this.px] === 0) return Number.NEGATIVE_INFINITY;
    const { side, halves, depths } = this;
    const column = Math.min(side - 2, Math.max(0, Math.floor(this.u - 0.5)));
    const row = Math.min(side - 2, Math.max(0, Math.floor(this.v - 0.5)));
    const fx = Math.min(1, Math.max(0, this.u - 0.5 - column));
    const fy = Math.min(1, Math.max(0, this.v - 0.5 - row));
    let [sum, half, depth] = [0, 0, 0];
    for (let k = 0; k < 4; k++) {
      const ray = (row + (k >> 1)) * side + column + (k & 1);
      if (halves[ray] === 0) continue;
      const weight = (k & 1 ? fx : 1 - fx) * (k >> 1 ? fy : 1 - fy);
      sum += weight;
      half += weight * halves[ray];
      depth += weight * depths[ray];
    }
    return (half - Math.abs(sum * this.depth - depth)) / sum;
  }

  /** Distance of a ray to the outline, cube units. */
  private outlineDistance(ray: number): number {
    const { cone, side, zoom } = this;
    const x = ((ray % side) + 0.5 - side / 2) / zoom + cone.camera.centerX;
    const y = (Math.floor(ray / side) + 0.5 - side / 2) / zoom + cone.camera.centerY;
    const column = Math.min(cone.width - 1, Math.max(0, Math.floor(x)));
    const row = Math.min(cone.height - 1, Math.max(0, Math.floor(y)));
    return cone.distance[row * cone.width + column] / cone.camera.scale;
  }

  private project(x: number, y: number, z: number): boolean {
    const { m, side } = this;
    this.depth = x * m.zx + y * m.zy + z * m.zz;
    const w = 1 - m.perspective * this.depth;
    this.u = m.cx + (x * m.xx + y * m.xy + z * m.xz) / w;
    this.v = m.cy - (x * m.yx + y * m.yy + z * m.yz) / w;
    const column = Math.floor(this.u);
    const row = Math.floor(this.v);
    this.px = row * side + column;
    return column >= 0 && row >= 0 && column < side && row < side;
  }
}

/** Box blur over the rays that have a weight, twice, in place. */
function blurWithin(values: Float32Array, weights: Float32Array, side: number, radius: number): void {
  for (const step of [1, side, 1, side]) {
    const from = values.slice();
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const i = y * side + x;
        if (weights[i] === 0) continue;
        const along = step === 1 ? x : y;
        let [sum, count] = [0, 0];
        for (let d = Math.max(-radius, -along); d <= Math.min(radius, side - 1 - along); d++) {
          if (weights[i + d * step] === 0) continue;
          sum += from[i + d * step];
          count++;
        }
        values[i] = sum / count;
      }
    }
  }
}
