import type { LabImage } from "../image/color.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { median, quantile } from "../image/quantile.ts";
import { evaluateRows, fitRobustly, type Polynomial, residualNorms, type Samples } from "./polynomial.ts";

/**
 * What the picture's border says of the background: a smooth surface in Lab, a wall over a floor, or two colours that
 * alternate (the chequers that stand for transparency and end up in pictures).
 */
export type BorderModel =
  | { kind: "smooth"; surface: Polynomial }
  | { kind: "floor"; wall: Polynomial; floor: Polynomial; horizon: Horizon }
  | { kind: "pair"; first: Lab; second: Lab; cell: number };

export type Lab = readonly [number, number, number];

/** Chequers further apart than this many cells are none: what has one of the two colours alone belongs to the object. */
const CELLS = 1.3;

/** A straight line from the left to the right border, in rows; colours mix within `halfWidth` rows of it. */
interface Horizon {
  left: number;
  right: number;
  halfWidth: number;
}

export interface BorderFit {
  model: BorderModel;
  /** Distance in Lab from the model within which a pixel counts as background. */
  tolerance: number;
  /** Median distance of the border's pixels that fit. */
  noise: number;
  /** Share of the border's pixels that fit. */
  inliers: number;
}

/** Width of the strip that is looked at, as a share of the shorter side. */
const STRIP = 0.015;
/** Samples along the border; more change nothing. */
const SAMPLES = 1600;
/** A surface that fits this much of the border is taken without trying the other kinds. */
const SMOOTH_ENOUGH = 0.93;
/** Another kind must fit this much more of the border. */
const CLEARLY_BETTER = 0.06;
/** Tolerances above this say nothing any more: half of all colours would fit. Noise up to 3 in each channel stays below. */
const LARGEST_TOLERANCE = 14;
/** Smallest tolerance: rounding to 8 bits and the weakest JPEG artefacts. */
const SMALLEST_TOLERANCE = 1.6;

/** Fits the picture's border strip; at most nearly half of it may belong to something else. */
export function fitBorder(lab: LabImage): BorderFit {
  const strip = borderStrip(lab);
  const samples = take(lab, strip);
  let best = smoothFit(samples);
  if (best.inliers < SMOOTH_ENOUGH || best.tolerance > LARGEST_TOLERANCE / 2) {
    for (const other of [pairFit(lab, samples), floorFit(lab, strip, samples)]) {
      if (other && (other.inliers > best.inliers + CLEARLY_BETTER || other.tolerance < best.tolerance / 2))
        best = other;
    }
  }
  return best;
}

/** Fits the same kind of model to all pixels known to be background, with a surface of higher degree. */
export function refitBackground(
  lab: LabImage,
  model: BorderModel,
  background: Uint8Array,
  degree: number,
): BorderModel {
  if (model.kind === "pair") return model;
  const inside = every(background, (at) => background[at] !== 0);
  if (inside.length < 200) return model;
  if (model.kind === "smooth") {
    return { kind: "smooth", surface: fitRobustly(take(lab, inside), degree, degree + 3, SMALLEST_TOLERANCE) };
  }
  const { width } = lab;
  const wall = inside.filter((at) => rowsBelow(model.horizon, at, width) < -model.horizon.halfWidth);
  const floor = inside.filter((at) => rowsBelow(model.horizon, at, width) > model.horizon.halfWidth);
  if (wall.length < 200 || floor.length < 200) return model;
  const most = Math.min(degree, 3);
  return {
    kind: "floor",
    wall: fitRobustly(take(lab, wall), most, most + 3, SMALLEST_TOLERANCE),
    floor: fitRobustly(take(lab, floor), most, most + 3, SMALLEST_TOLERANCE),
    horizon: model.horizon,
  };
}

/** The background's colour at each pixel; where two colours mix, the mixture that comes nearest to the pixel's own. */
export function expectedBackground(lab: LabImage, model: BorderModel): LabImage {
  const { width, height } = lab;
  const count = width * height;
  const result: LabImage = {
    width,
    height,
    l: new Float32Array(count),
    a: new Float32Array(count),
    b: new Float32Array(count),
  };
  if (model.kind === "smooth") evaluate(model.surface, result, 0, height);
  else if (model.kind === "pair") {
    for (let at = 0; at < count; at++) nearestMixture(lab, at, model.first, model.second, result);
  } else {
    const { wall, floor, horizon } = model;
    const lower: LabImage = { ...result, l: result.l.slice(), a: result.a.slice(), b: result.b.slice() };
    evaluate(wall, result, 0, height);
    evaluate(floor, lower, 0, height);
    for (let at = 0; at < count; at++) {
      const rows = rowsBelow(horizon, at, width);
      if (rows < -horizon.halfWidth) continue;
      const below: Lab = [lower.l[at], lower.a[at], lower.b[at]];
      const above: Lab = [result.l[at], result.a[at], result.b[at]];
      if (rows > horizon.halfWidth) put(result, at, below);
      else nearestMixture(lab, at, above, below, result);
    }
  }
  return result;
}

/** Distance in Lab of each pixel from the expected background. */
export function distanceFromBackground(lab: LabImage, expected: LabImage): Float32Array {
  const result = new Float32Array(lab.l.length);
  for (let at = 0; at < result.length; at++) {
    const l = lab.l[at] - expected.l[at];
    const a = lab.a[at] - expected.a[at];
    const b = lab.b[at] - expected.b[at];
    result[at] = Math.sqrt(l * l + a * a + b * b);
  }
  return result;
}

/** Pixels where the model can hold: everywhere, except that of two alternating colours both must be near. */
export function possibleBackground(lab: LabImage, model: BorderModel, tolerance: number): Uint8Array | null {
  if (model.kind !== "pair") return null;
  const { width, height } = lab;
  const near = [model.first, model.second].map((color) => {
    const mask = new Uint8Array(width * height);
    for (let at = 0; at < mask.length; at++) if (awayAt(lab, at, color) <= tolerance) mask[at] = 1;
    return squaredDistances(mask, width, height);
  });
  const reach = (CELLS * model.cell) ** 2;
  return Uint8Array.from(near[0], (one, at) => (one <= reach && near[1][at] <= reach ? 1 : 0));
}

function smoothFit(samples: Samples): BorderFit {
  const residuals = new Float32Array(samples.u.length);
  let best: { surface: Polynomial; typical: number } | null = null;
  for (const degree of [0, 1, 2]) {
    const surface = fitRobustly(samples, degree, degree + 5, SMALLEST_TOLERANCE);
    const typical = median(residualNorms(surface, samples, residuals));
    // A higher degree must earn its place: it bends towards whatever crosses the border.
    if (best === null || typical < 0.85 * best.typical - 0.1) best = { surface, typical };
  }
  const { surface } = best!;
  return rate({ kind: "smooth", surface }, residualNorms(surface, samples, residuals));
}

/** Tolerance for a background 98 % of whose pixels come within `spread` of the model. */
export function toleranceFor(spread: number): number {
  return Math.min(LARGEST_TOLERANCE, Math.max(SMALLEST_TOLERANCE, 1.4 * spread + 0.8));
}

/** Tolerance and share of inliers from the residuals of the border's pixels. */
function rate(model: BorderModel, residuals: Float32Array): BorderFit {
  const fitting = residuals.filter((r) => r <= Math.max(SMALLEST_TOLERANCE, 4 * median(residuals)));
  const spread = quantile(fitting, 0.98);
  const tolerance = toleranceFor(spread);
  let inliers = 0;
  for (const r of residuals) if (r <= tolerance) inliers++;
  return { model, tolerance, noise: median(fitting), inliers: inliers / Math.max(1, residuals.length) };
}

/** Two alternating colours, each tight. */
function pairFit(lab: LabImage, samples: Samples): BorderFit | null {
  const light = colorAt(samples, 0.9);
  const dark = colorAt(samples, 0.1);
  if (light[0] - dark[0] < 4) return null;
  let first = light;
  let second = dark;
  const residuals = new Float32Array(samples.u.length);
  let shares = 0;
  for (let round = 0; round < 4; round++) {
    const members: [number[], number[]] = [[], []];
    for (let i = 0; i < residuals.length; i++) {
      const one = away(samples, i, first);
      const two = away(samples, i, second);
      members[one <= two ? 0 : 1].push(i);
      residuals[i] = Math.min(one, two);
    }
    shares = Math.min(members[0].length, members[1].length) / residuals.length;
    if (shares < 0.2) return null;
    first = medianColor(samples, members[0]);
    second = medianColor(samples, members[1]);
  }
  const changes = switches(lab, first, second);
  if (median(residuals) > 2 || changes < 12) return null;
  return rate({ kind: "pair", first, second, cell: Math.max(lab.width, lab.height) / (changes + 1) }, residuals);
}

/** How often the top row, the bottom row and the sides change from one colour to the other, the rarest of the four. */
function switches(lab: LabImage, first: Lab, second: Lab): number {
  const { width, height } = lab;
  const along = (start: number, step: number, count: number) => {
    let changes = 0;
    let last = 0;
    for (let i = 0, at = start; i < count; i++, at += step) {
      const one = awayAt(lab, at, first);
      const two = awayAt(lab, at, second);
      const side = one < two / 2 ? 1 : two < one / 2 ? 2 : last;
      if (side !== last && last !== 0) changes++;
      last = side;
    }
    return changes;
  };
  return Math.min(
    along(0, 1, width),
    along((height - 1) * width, 1, width),
    along(0, width, height),
    along(width - 1, width, height),
  );
}

/** Wall and floor: each side of the picture changes its colour once, from top to bottom. */
function floorFit(lab: LabImage, strip: number[], samples: Samples): BorderFit | null {
  const left = horizonOnSide(lab, 0);
  const right = horizonOnSide(lab, lab.width - 1);
  if (!left || !right) return null;
  const horizon: Horizon = {
    left: left.row,
    right: right.row,
    halfWidth: Math.max(2, left.halfWidth, right.halfWidth),
  };
  if (Math.abs(left.row - right.row) > lab.height / 4) return null;
  const thin = thinned(strip, SAMPLES);
  const above = thin.filter((at) => rowsBelow(horizon, at, lab.width) < -horizon.halfWidth);
  const below = thin.filter((at) => rowsBelow(horizon, at, lab.width) > horizon.halfWidth);
  if (above.length < 100 || below.length < 100) return null;
  const wall = fitRobustly(take(lab, above), 2, 7, SMALLEST_TOLERANCE);
  const floor = fitRobustly(take(lab, below), 2, 7, SMALLEST_TOLERANCE);
  const model: BorderModel = { kind: "floor", wall, floor, horizon };
  const expected = expectedBackground(lab, model);
  const residuals = Float32Array.from(thin, (at) => awayAt(lab, at, [expected.l[at], expected.a[at], expected.b[at]]));
  return samples.u.length === 0 ? null : rate(model, residuals);
}

/** Best single step in the colours down one side: two straight lines instead of one. Null when there is no clear one. */
function horizonOnSide(lab: LabImage, column: number): { row: number; halfWidth: number } | null {
  const { width, height } = lab;
  const inward = column === 0 ? 1 : -1;
  const profile = Array.from({ length: height }, (_, y): Lab => {
    const at = y * width + column;
    const depth = Math.min(3, width - 1);
    const sum = [0, 0, 0];
    for (let i = 0; i <= depth; i++) {
      sum[0] += lab.l[at + i * inward];
      sum[1] += lab.a[at + i * inward];
      sum[2] += lab.b[at + i * inward];
    }
    return [sum[0] / (depth + 1), sum[1] / (depth + 1), sum[2] / (depth + 1)];
  });
  // Difference of the means of the rows just above and just below: largest at the horizon.
  const reach = Math.max(4, Math.round(height * 0.06));
  let best = 0;
  let row = -1;
  for (let y = reach; y < height - reach; y++) {
    const step = labDistance(meanOf(profile, y - reach, y), meanOf(profile, y, y + reach));
    if (step > best) {
      best = step;
      row = y;
    }
  }
  if (best < 3) return null;
  const above = meanOf(profile, Math.max(0, row - 2 * reach), row - reach / 2);
  const below = meanOf(profile, row + reach / 2, Math.min(height, row + 2 * reach));
  const contrast = labDistance(above, below);
  let halfWidth = 0;
  for (let y = row - reach; y < row + reach; y++) {
    const mixed = Math.min(labDistance(profile[y], above), labDistance(profile[y], below)) > 0.15 * contrast;
    if (mixed) halfWidth = Math.max(halfWidth, Math.abs(y - row) + 1);
  }
  return { row, halfWidth: Math.min(halfWidth + 1, reach) };
}

function rowsBelow(horizon: Horizon, at: number, width: number): number {
  const x = at % width;
  return Math.floor(at / width) - (horizon.left + ((horizon.right - horizon.left) * x) / Math.max(1, width - 1));
}

function borderStrip(lab: LabImage): number[] {
  const { width, height } = lab;
  const depth = Math.max(2, Math.round(STRIP * Math.min(width, height)));
  const strip: number[] = [];
  for (let y = 0; y < height; y++) {
    const edge = y < depth || y >= height - depth;
    for (let x = 0; x < width; x++) {
      if (!edge && x === depth) x = width - depth;
      strip.push(y * width + x);
    }
  }
  return strip;
}

/** At most `most` of the pixels, evenly. */
function thinned(pixels: number[], most: number): number[] {
  if (pixels.length <= most) return pixels;
  return Array.from({ length: most }, (_, i) => pixels[Math.floor(((i + 0.5) * pixels.length) / most)]);
}

function every(mask: Uint8Array, keep: (at: number) => boolean): number[] {
  // A stride without a small common factor with the width, so that the samples don't fall into columns.
  const stride = Math.max(1, Math.floor(mask.length / (6 * SAMPLES))) | 1;
  const pixels: number[] = [];
  for (let at = 0; at < mask.length; at += stride) if (keep(at)) pixels.push(at);
  return pixels;
}

function take(lab: LabImage, pixels: number[]): Samples {
  const { width, height } = lab;
  const thin = thinned(pixels, SAMPLES);
  return {
    u: Float32Array.from(thin, (at) => (2 * ((at % width) + 0.5)) / width - 1),
    v: Float32Array.from(thin, (at) => (2 * (Math.floor(at / width) + 0.5)) / height - 1),
    l: Float32Array.from(thin, (at) => lab.l[at]),
    a: Float32Array.from(thin, (at) => lab.a[at]),
    b: Float32Array.from(thin, (at) => lab.b[at]),
  };
}

function evaluate(surface: Polynomial, out: LabImage, from: number, to: number): void {
  const [l, a, b] = surface.channels;
  evaluateRows(l, surface.degree, out.width, out.height, from, to, out.l);
  evaluateRows(a, surface.degree, out.width, out.height, from, to, out.a);
  evaluateRows(b, surface.degree, out.width, out.height, from, to, out.b);
}

function nearestMixture(lab: LabImage, at: number, one: Lab, two: Lab, out: LabImage): void {
  const dl = two[0] - one[0];
  const da = two[1] - one[1];
  const db = two[2] - one[2];
  const length2 = dl * dl + da * da + db * db;
  const along = (lab.l[at] - one[0]) * dl + (lab.a[at] - one[1]) * da + (lab.b[at] - one[2]) * db;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, along / length2));
  out.l[at] = one[0] + t * dl;
  out.a[at] = one[1] + t * da;
  out.b[at] = one[2] + t * db;
}

function put(out: LabImage, at: number, color: Lab): void {
  out.l[at] = color[0];
  out.a[at] = color[1];
  out.b[at] = color[2];
}

function away(samples: Samples, i: number, color: Lab): number {
  return labDistance([samples.l[i], samples.a[i], samples.b[i]], color);
}

function awayAt(lab: LabImage, at: number, color: Lab): number {
  return labDistance([lab.l[at], lab.a[at], lab.b[at]], color);
}

function labDistance(one: Lab, two: Lab): number {
  return Math.hypot(one[0] - two[0], one[1] - two[1], one[2] - two[2]);
}

function meanOf(profile: Lab[], from: number, to: number): Lab {
  const [start, end] = [Math.round(from), Math.max(Math.round(from) + 1, Math.round(to))];
  const sum = [0, 0, 0];
  for (let y = start; y < end; y++) for (let c = 0; c < 3; c++) sum[c] += profile[y][c];
  return [sum[0] / (end - start), sum[1] / (end - start), sum[2] / (end - start)];
}

/** Colour of the sample at the given share of the lightnesses. */
function colorAt(samples: Samples, share: number): Lab {
  const order = Array.from(samples.l, (_, i) => i).sort((i, j) => samples.l[i] - samples.l[j]);
  const i = order[Math.min(order.length - 1, Math.floor(share * order.length))];
  return [samples.l[i], samples.a[i], samples.b[i]];
}

function medianColor(samples: Samples, members: number[]): Lab {
  const channel = (plane: Float32Array) => median(Float32Array.from(members, (i) => plane[i]));
  return [channel(samples.l), channel(samples.a), channel(samples.b)];
}
