import { projector } from "../frames.ts";
import type { SilhouetteCone } from "./silhouette.ts";

export interface CoverOptions {
  /** Half thickness of what is added, as a share of the distance to the outline … */
  thickness: number;
  /** … and at most so much, cube units: what nobody believed in becomes a sheet or a rod, not a ball. */
  most: number;
  /** Half thickness at the least, cells: less would fall between the samples. */
  leastCells: number;
  /** A ray has met something when it got this deep, cells: less would leave a ragged rim. */
  metCells: number;
  /** Depths count for the middle of what is added while they lie no more than this below the best one, cube units. */
  softness: number;
}

export const COVER_DEFAULTS: CoverOptions = {
  thickness: 0.7,
  most: 0.05,
  leastCells: 1.2,
  metCells: 0.4,
  softness: 0.004,
};

/** Radius in pixels over which depths of neighbouring rays are brought together. */
const SMOOTHING = 3;

/**
 * Adds to a field what its silhouettes show and it lacks, in place. A ray through the silhouette that meets nothing
 * gets a piece where the field is least unlikely (the prior is least sure of thin parts, which pictures show best),
 * about as thick as the silhouette is narrow there.
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
  const screens = cones.map((cone) => new RayScreen(cone, n, settings));
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of screens) screen.meet(data[at], x, y, z);
  });
  const lacking = screens.filter((screen) => screen.lacks());
  if (lacking.length === 0) return;
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of lacking) screen.weigh(data[at], x, y, z);
  });
  for (const screen of lacking) screen.settle(cones.length === 1);
  forEachInner(n, cones, (at, x, y, z) => {
    for (const screen of lacking) data[at] = Math.max(data[at], screen.addition(x, y, z));
  });
}

/** Visits the samples that lie inside all cones. */
function forEachInner(
  n: number,
  cones: readonly SilhouetteCone[],
  visit: (at: number, x: number, y: number, z: number) => void,
): void {
  const inside = new Float32Array(n);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      inside.fill(1);
      for (const cone of cones) cone.intersectRow(inside, y, z);
      for (let x = 0; x < n; x++) {
        if (inside[x] > 0) visit((z * n + y) * n + x, (x + 0.5) / n - 0.5, (y + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
      }
    }
  }
}

/** What the rays through one picture meet, in pixels about as large as a sample. */
class RayScreen {
  private readonly side: number;
  private readonly options: CoverOptions;
  private readonly least: number;
  private readonly met: number;
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
  private px = 0;
  private depth = 0;

  constructor(cone: SilhouetteCone, n: number, options: CoverOptions) {
    // Where silhouettes are coarser than samples there is no sense in finer rays.
    const scale = Math.min(n, cone.camera.scale);
    this.cone = cone;
    this.options = options;
    this.least = options.leastCells / n;
    this.met = options.metCells / n;
    this.window = 6 / n;
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

  /** Decides for each ray that meets too little where its piece lies and how thick it is. */
  settle(smooth: boolean): void {
    const { side, best, weights, depths, halves, options } = this;
    for (let i = 0; i < weights.length; i++) if (weights[i] > 0) depths[i] /= weights[i];
    if (smooth) blurWithin(depths, weights, side, SMOOTHING);
    for (let i = 0; i < best.length; i++) {
      if (best[i] > this.met || best[i] === Number.NEGATIVE_INFINITY) continue;
      const outline = this.outlineDistance(i);
      halves[i] = Math.max(this.least, Math.min(options.most, options.thickness * outline));
    }
  }

  addition(x: number, y: number, z: number): number {
    if (!this.project(x, y, z) || this.halves[this.px] === 0) return Number.NEGATIVE_INFINITY;
    return this.halves[this.px] - Math.abs(this.depth - this.depths[this.px]);
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
    const column = Math.floor(m.cx + (x * m.xx + y * m.xy + z * m.xz) / w);
    const row = Math.floor(m.cy - (x * m.yx + y * m.yy + z * m.yz) / w);
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
