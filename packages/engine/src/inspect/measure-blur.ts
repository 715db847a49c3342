import { gaussianBlur } from "../image/blur.ts";
import { LINEAR_OF_SRGB } from "../image/color.ts";
import { quantile } from "../image/quantile.ts";
import type { Cutout } from "../types.ts";

/** The picture is looked at with the object about this many pixels long: blur matters in proportion to the object. */
const OBJECT_SIDE = 192;
/** Scales at which gradients are compared, pixels of that size. */
const FINE = 0.7;
const COARSE = 2;
/** The strongest edges, as a share of the pixels on and around the object. */
const STRONGEST = 0.04;
/** Sharper or blurrier than this cannot be told at that size. */
const RANGE = [0.3, 8] as const;

/**
 * Blur of the object's strongest edges: the standard deviation of the Gaussian that would have made them from steps, as a
 * share of the object's longest side. From the ratio of the gradients at two scales: a step blurred with s has a gradient
 * in proportion to 1 / √(s² + scale²).
 */
export function measureBlur(cutout: Cutout, longest: number): number {
  const { image, matte } = cutout;
  const step = Math.max(1, Math.floor(longest / OBJECT_SIDE));
  const width = Math.floor(image.width / step);
  const height = Math.floor(image.height / step);
  const light = new Float32Array(width * height);
  const near = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let sum = 0;
      for (let j = y * step; j < (y + 1) * step; j++) {
        for (let i = x * step; i < (x + 1) * step; i++) {
          const p = j * image.width + i;
          const k = 4 * p;
          sum +=
            0.2126 * LINEAR_OF_SRGB[image.data[k]] +
            0.7152 * LINEAR_OF_SRGB[image.data[k + 1]] +
            0.0722 * LINEAR_OF_SRGB[image.data[k + 2]];
          if (matte.data[p] > 0) near[at] = 1;
        }
      }
      light[at] = Math.cbrt(sum / (step * step));
    }
  }
  const fine = gradient(gaussianBlur(light, width, height, FINE), width, height);
  const coarse = gradient(gaussianBlur(light, width, height, COARSE), width, height);
  const inside: number[] = [];
  for (let at = 0; at < near.length; at++) if (near[at] !== 0) inside.push(at);
  const least = quantile(
    inside.map((at) => fine[at]),
    1 - STRONGEST,
  );
  const spreads = inside
    .filter((at) => fine[at] >= least && coarse[at] > 0)
    .map((at) => {
      const ratio2 = Math.max(1.0001, (fine[at] / coarse[at]) ** 2);
      const variance = (COARSE * COARSE - ratio2 * FINE * FINE) / (ratio2 - 1);
      return Math.min(RANGE[1], Math.max(RANGE[0], Math.sqrt(Math.max(0, variance))));
    });
  return spreads.length === 0 ? 0 : (quantile(spreads, 0.5) * step) / longest;
}

function gradient(plane: Float32Array, width: number, height: number): Float32Array {
  const result = new Float32Array(plane.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      result[at] = Math.hypot(plane[at + 1] - plane[at - 1], plane[at + width] - plane[at - width]);
    }
  }
  return result;
}
