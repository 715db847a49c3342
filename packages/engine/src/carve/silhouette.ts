import { type Camera, type Projector, projector } from "../frames.ts";
import { signedDistance } from "../image/signed-distance.ts";
import type { Matte } from "../types.ts";

/**
 * Half width, in cells, below which a part is widened. A bar that two views see stays one piece at any slant when it is
 * 1 / sqrt(2) cells to either side: at 45° the samples inside in one layer then overlap those in the next by a whole
 * cell.
 */
const THIN_CELLS = 0.75;

/** Samples this many cells outside need not be known any better: only the sign and the slope at the surface matter. */
const FAR_CELLS = 3;

/** The cone through a view's outline, as a field on the object's grid that rows of samples are intersected with. */
export class SilhouetteCone {
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  /** Signed distance to the outline, pixels, positive inside. */
  readonly distance: Float32Array;
  private readonly projector: Projector;
  private readonly n: number;
  /** Rows already evaluated, where the view's direction makes them repeat. */
  private readonly rows: (Float32Array | undefined)[];
  private readonly repeats: "none" | "along x" | "for each y" | "for each z";

  /**
   * @param n Samples a side of the grid. Parts of the silhouette thinner than a little over one cell are widened to
   *   that, since they would fall between the samples and vanish.
   */
  constructor(matte: Matte, camera: Camera, n: number) {
    this.camera = camera;
    this.width = matte.width;
    this.height = matte.height;
    this.n = n;
    this.distance = signedDistance(matte.data, matte.width, matte.height);
    reinforceThinParts(this.distance, matte.width, matte.height, (THIN_CELLS / n) * camera.scale);
    const m = projector(camera);
    this.projector = m;
    this.rows = [];
    const flat = m.perspective === 0;
    if (flat && m.xx === 0 && m.yx === 0) this.repeats = "along x";
    else if (flat && m.xz === 0 && m.yz === 0) this.repeats = "for each y";
    else if (flat && m.xy === 0 && m.yy === 0) this.repeats = "for each z";
    else this.repeats = "none";
  }

  /** Lowers row (y, z) of a field to the distance from the cone, in cube units, where that is less. */
  intersectRow(row: Float32Array, y: number, z: number): void {
    if (this.repeats === "none") {
      this.evaluate(row, y, z, true);
      return;
    }
    if (this.repeats === "along x") {
      const value = new Float32Array(1).fill(1);
      this.evaluate(value, y, z, false);
      const d = value[0];
      for (let i = 0; i < row.length; i++) if (row[i] > d) row[i] = d;
      return;
    }
    const key = this.repeats === "for each y" ? y : z;
    let known = this.rows[key];
    if (!known) {
      known = new Float32Array(row.length).fill(1);
      this.evaluate(known, y, z, false);
      this.rows[key] = known;
    }
    for (let i = 0; i < row.length; i++) if (row[i] > known[i]) row[i] = known[i];
  }

  /** Sample i of row (y, z) lies at ((i, y, z) + 0.5) / n - 0.5. Outside the picture counts as outside the object. */
  private evaluate(row: Float32Array, y: number, z: number, skipFar: boolean): void {
    const { projector: m, width, height, distance, n } = this;
    const step = 1 / n;
    const x0 = 0.5 / n - 0.5;
    const py0 = (y + 0.5) / n - 0.5;
    const pz0 = (z + 0.5) / n - 0.5;
    const perspective = m.perspective;
    const ax = x0 * m.xx + py0 * m.xy + pz0 * m.xz;
    const ay = x0 * m.yx + py0 * m.yy + pz0 * m.yz;
    const az = x0 * m.zx + py0 * m.zy + pz0 * m.zz;
    const perPixel = 1 / this.camera.scale;
    const far = skipFar ? -FAR_CELLS / n : Number.NEGATIVE_INFINITY;
    const lastX = width - 1;
    const lastY = height - 1;
    for (let i = 0; i < row.length; i++) {
      if (row[i] < far) continue;
      const at = i * step;
      const w = 1 - perspective * (az + at * m.zx);
      const px = m.cx + (ax + at * m.xx) / w - 0.5;
      const py = m.cy - (ay + at * m.yx) / w - 0.5;
      const qx = px < 0 ? 0 : px > lastX ? lastX : px;
      const qy = py < 0 ? 0 : py > lastY ? lastY : py;
      const ix = qx >= lastX ? lastX - 1 : qx | 0;
      const iy = qy >= lastY ? lastY - 1 : qy | 0;
      const fx = qx - ix;
      const fy = qy - iy;
      const from = iy * width + ix;
      const d00 = distance[from];
      const d10 = distance[from + 1];
      const d01 = distance[from + width];
      const d11 = distance[from + width + 1];
      let d = (d00 + (d10 - d00) * fx) * (1 - fy) + (d01 + (d11 - d01) * fx) * fy;
      if (qx !== px || qy !== py) d = Math.min(d, 0) - Math.abs(px - qx) - Math.abs(py - qy) - 0.5;
      d *= w * perPixel;
      if (d < row[i]) row[i] = d;
    }
  }
}

/**
 * Raises the distance field so that the middle line of every part is at least `halfWidth` pixels inside: discs of that
 * radius around the middle lines of thin parts are united with the silhouette.
 *
 * The middle line is where the distance is a local maximum across some direction. Corners of thick parts have such
 * ridges as well, but those climb: a ridge pixel counts only where no pixel within reach is deeper than `halfWidth`.
 */
export function reinforceThinParts(distance: Float32Array, width: number, height: number, halfWidth: number): void {
  if (halfWidth <= 0.5) return;
  const reach = Math.ceil(halfWidth) + 1;
  const ridge: number[] = [];
  for (let y = 1; y + 1 < height; y++) {
    for (let x = 1; x + 1 < width; x++) {
      const i = y * width + x;
      const d = distance[i];
      if (d <= 0 || d >= halfWidth) continue;
      const isRidge =
        (d >= distance[i - 1] && d >= distance[i + 1]) ||
        (d >= distance[i - width] && d >= distance[i + width]) ||
        (d >= distance[i - width - 1] && d >= distance[i + width + 1]) ||
        (d >= distance[i - width + 1] && d >= distance[i + width - 1]);
      if (isRidge && !hasDeeper(distance, width, height, x, y, reach, halfWidth)) ridge.push(i);
    }
  }
  for (const i of ridge) {
    const x = i % width;
    const y = (i - x) / width;
    for (let v = Math.max(0, y - 2 * reach); v <= Math.min(height - 1, y + 2 * reach); v++) {
      for (let u = Math.max(0, x - 2 * reach); u <= Math.min(width - 1, x + 2 * reach); u++) {
        const raised = halfWidth - Math.sqrt((u - x) * (u - x) + (v - y) * (v - y));
        const j = v * width + u;
        if (raised > distance[j]) distance[j] = raised;
      }
    }
  }
}

function hasDeeper(
  distance: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  reach: number,
  depth: number,
): boolean {
  for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
    for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
      if (distance[v * width + u] >= depth) return true;
    }
  }
  return false;
}
