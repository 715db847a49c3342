import type { RgbaImage } from "../types.ts";
import { minCut } from "./min-cut.ts";

/** Bins of the colour histograms, each channel; three bits more or less change little. */
const BINS = 16;
/** Rounds of estimating colours and cutting, as in GrabCut. */
const ROUNDS = 2;
/**
 * Weights of what the network says, of the colours, and of links; odds beyond LIMIT count no more. On 60 cluttered composites of
 * training objects mean IoU 0.856, the network alone 0.826; with LINK and LIMIT 3 0.854, with less of the colours 0.849, with
 * twice the network 0.845.
 */
const NETWORK = 1;
const COLORS = 0.7;
const LINK = 6;
const LIMIT = 4;
/** Capacities are whole numbers. */
const UNIT = 100;

/**
 * Corrects a soft guess of what is object by the picture's own colours and edges: the colours inside and outside of the
 * guess tell which pixels it missed, and the cut runs where colours change.
 *
 * C. Rother, V. Kolmogorov, A. Blake: GrabCut (2004), with histograms instead of mixtures and the guess kept as a prior.
 *
 * @param guess 0–1 for each pixel.
 * @returns 1 on the object.
 */
export function cutByColors({ width, height, data }: RgbaImage, guess: Float32Array): Uint8Array {
  const count = width * height;
  const bin = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const shift = 256 / BINS;
    const [r, g, b] = [data[4 * i] / shift, data[4 * i + 1] / shift, data[4 * i + 2] / shift];
    bin[i] = (Math.floor(r) * BINS + Math.floor(g)) * BINS + Math.floor(b);
  }
  const right = new Int32Array(count);
  const down = new Int32Array(count);
  const contrast = meanContrast(data, width, height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x < width - 1) right[i] = UNIT * LINK * Math.exp(-step(data, i, i + 1) / contrast);
      if (y < height - 1) down[i] = UNIT * LINK * Math.exp(-step(data, i, i + width) / contrast);
    }
  }
  let weight = guess;
  let side = new Uint8Array(count);
  for (let round = 0; round < ROUNDS; round++) {
    const odds = colorOdds(bin, weight);
    const terminal = Int32Array.from(guess, (p, i) => {
      const network = Math.log((p + 0.01) / (1.01 - p));
      return UNIT * (NETWORK * clamp(network) + COLORS * clamp(odds[bin[i]]));
    });
    side = new Uint8Array(minCut({ width, height, right, down, terminal }));
    weight = Float32Array.from(guess, (p, i) => 0.5 * p + 0.5 * side[i]);
  }
  return side;
}

/** Logarithm of how much more frequent each colour is inside than outside; neighbouring bins share. */
function colorOdds(bin: Uint16Array, weight: Float32Array): Float32Array {
  const inside = new Float32Array(BINS ** 3);
  const outside = new Float32Array(BINS ** 3);
  let [area, rest] = [0, 0];
  for (let i = 0; i < bin.length; i++) {
    inside[bin[i]] += weight[i];
    outside[bin[i]] += 1 - weight[i];
    area += weight[i];
    rest += 1 - weight[i];
  }
  const [a, b] = [smoothed(inside), smoothed(outside)];
  return a.map((v, k) => Math.log((v / (area + 1) + 1e-4) / (b[k] / (rest + 1) + 1e-4)));
}

function smoothed(histogram: Float32Array): Float32Array {
  let result = histogram;
  for (const stride of [1, BINS, BINS * BINS]) {
    result = result.map((v, k) => {
      const place = Math.floor(k / stride) % BINS;
      const before = place > 0 ? result[k - stride] : v;
      const after = place < BINS - 1 ? result[k + stride] : v;
      return 0.5 * v + 0.25 * (before + after);
    });
  }
  return result;
}

/** Twice the mean squared colour step between neighbours. */
function meanContrast(data: Uint8Array, width: number, height: number): number {
  let sum = 0;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) if (x < width - 1) sum += step(data, i, i + 1);
  return (2 * sum) / (width * height) + 1;
}

function step(data: Uint8Array, i: number, j: number): number {
  return (
    (data[4 * i] - data[4 * j]) ** 2 +
    (data[4 * i + 1] - data[4 * j + 1]) ** 2 +
    (data[4 * i + 2] - data[4 * j + 2]) ** 2
  );
}

function clamp(v: number): number {
  return Math.min(LIMIT, Math.max(-LIMIT, v));
}
