import { gaussianBlur } from "../image/blur.ts";
import { connectedComponents } from "../image/components.ts";
import { halveImage } from "../image/resize.ts";
import type { RgbaImage } from "../types.ts";
import { askNetwork, type MatteNetwork } from "./ask-network.ts";
import { cutByColors } from "./cut-by-colors.ts";
import { refineMatte } from "./refine-matte.ts";
import type { MatteModel } from "./segment.ts";

/** Pictures are cut out at half their resolution when that leaves at least this many pixels on the shorter side. */
const HALVE_FROM = 512;
/** The cut by colours works on at most this many pixels a side. */
const CUT_SIDE = 256;
/** Window of the guided filter, pixels of the cut, and how much variance (of brightness 0–1) it takes for an edge. */
const WINDOW = 1.5;
const EDGE = 1e-3;
/** Pieces smaller than this share of the largest are specks. */
const SPECK = 0.02;
/**
 * What gives no confidence and full confidence: agreement of the answers to the picture and to its mirror image or, where
 * there is but one, of the network and the cut. Of 70 cluttered composites of training objects the first leaves out 14, mean IoU
 * 0.55, ten of the twelve below 0.7 among them; the others have 0.92. The second leaves out 16 with nine of the twelve.
 */
const STEADY = [0.6, 0.9] as const;
const AGREE = [0.84, 0.98] as const;

/**
 * The matte of a network at the resolution of the picture: its coarse answer is corrected by the picture's colours and
 * brought to its edges by a guided filter (K. He, J. Sun, X. Tang: Guided Image Filtering, 2010), then the outline's pixels
 * are compared with their surroundings as for the border model.
 */
export function learnedMatte(network: MatteNetwork): MatteModel {
  return async (image) => {
    const factor = Math.min(image.width, image.height) >= HALVE_FROM ? 2 : 1;
    const guide = factor === 2 ? halveImage(image) : image;
    let small = guide;
    while (Math.max(small.width, small.height) > CUT_SIDE) small = halveImage(small);
    const { chances: guess, steady } = await askNetwork(network, image, small.width, small.height);
    const cut = cutByColors(small, guess);
    const soft = enlarged(Float32Array.from(cut), small.width, small.height, guide.width, guide.height);
    const radius = (WINDOW * guide.width) / small.width;
    const fine = guided(brightness(guide), soft, guide.width, guide.height, radius);
    const mask = Uint8Array.from(fine, (v) => (v > 0.5 ? 1 : 0));
    removeSpecks(mask, guide.width, guide.height);
    return {
      matte: refineMatte(image, mask, factor),
      confidence: steady === null ? agreement(guess, cut) : between(STEADY, steady),
    };
  };
}

/** Bilinear. */
function enlarged(plane: Float32Array, columns: number, rows: number, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const v = Math.min(rows - 1, Math.max(0, ((y + 0.5) * rows) / height - 0.5));
    const [j, fy] = [Math.floor(v), v - Math.floor(v)];
    const below = Math.min(rows - 1, j + 1);
    for (let x = 0; x < width; x++, at++) {
      const u = Math.min(columns - 1, Math.max(0, ((x + 0.5) * columns) / width - 0.5));
      const [i, fx] = [Math.floor(u), u - Math.floor(u)];
      const right = Math.min(columns - 1, i + 1);
      const upper = plane[j * columns + i] * (1 - fx) + plane[j * columns + right] * fx;
      const lower = plane[below * columns + i] * (1 - fx) + plane[below * columns + right] * fx;
      out[at] = upper * (1 - fy) + lower * fy;
    }
  }
  return out;
}

function brightness({ data }: RgbaImage): Float32Array {
  return Float32Array.from(
    { length: data.length / 4 },
    (_, i) => (0.3 * data[4 * i] + 0.6 * data[4 * i + 1] + 0.1 * data[4 * i + 2]) / 255,
  );
}

function guided(guide: Float32Array, plane: Float32Array, width: number, height: number, radius: number) {
  const smooth = (values: Float32Array) => gaussianBlur(values, width, height, radius);
  const [meanGuide, meanPlane] = [smooth(guide), smooth(plane)];
  const square = smooth(guide.map((v) => v * v));
  const product = smooth(guide.map((v, i) => v * plane[i]));
  const slope = square.map((v, i) => {
    const variance = v - meanGuide[i] ** 2;
    return (product[i] - meanGuide[i] * meanPlane[i]) / (variance + EDGE);
  });
  const offset = meanPlane.map((v, i) => v - slope[i] * meanGuide[i]);
  const [a, b] = [smooth(slope), smooth(offset)];
  return guide.map((v, i) => a[i] * v + b[i]);
}

function removeSpecks(mask: Uint8Array, width: number, height: number): void {
  const { labels, components } = connectedComponents(mask, width, height, 8);
  const largest = components.reduce((most, c) => Math.max(most, c.area), 0);
  for (let at = 0; at < mask.length; at++) {
    if (labels[at] >= 0 && components[labels[at]].area < SPECK * largest) mask[at] = 0;
  }
}

/** How far the network's answer and the cut by colours agree, intersection over union, from 0 at AGREE[0] to 1 at AGREE[1]. */
function agreement(soft: Float32Array, cut: Uint8Array): number {
  let [both, any] = [0, 0];
  for (let i = 0; i < cut.length; i++) {
    const own = soft[i] > 0.5 ? 1 : 0;
    both += own & cut[i];
    any += own | cut[i];
  }
  if (both === 0) return 0;
  return between(AGREE, both / any);
}

function between([none, full]: readonly [number, number], value: number): number {
  return Math.min(1, Math.max(0, (value - none) / (full - none)));
}
