import { squaredDistances } from "../image/distance-transform.ts";
import type { Matte, RgbaImage } from "../types.ts";
import { innerPixels } from "./inner-pixels.ts";

/** Pixels on both sides of the mask's outline that are looked at again, at factor 1 and 2. */
const INSIDE = [1.5, 2.5];
const OUTSIDE = [1.5, 1.5];
/** Coverages below and above these are noise: they become 0 and 1. */
const LOWEST = 0.1;
const HIGHEST = 0.9;
/** Colours of object and background closer than this (sRGB bytes, Euclidean) cannot tell coverages. */
const CONTRAST = 12;

/**
 * Coverage at the resolution of the picture from a mask at its resolution or half of it. Along the outline each pixel's
 * colour is compared with that of the nearest pixels that surely are object and surely are background; in sRGB, since
 * that is where pictures are composited and resized.
 *
 * @param mask 1 on the object, of ceil(width / factor) × ceil(height / factor) pixels.
 */
export function refineMatte(image: RgbaImage, mask: Uint8Array, factor: 1 | 2): Matte {
  const { width, height, data } = image;
  const matte: Matte = { width, height, data: new Uint8Array(width * height) };
  const box = boundingBox(mask, Math.ceil(width / factor), Math.ceil(height / factor));
  if (box === null) return matte;
  const left = Math.max(0, box.left * factor - 8);
  const top = Math.max(0, box.top * factor - 8);
  const right = Math.min(width, (box.right + 1) * factor + 8);
  const bottom = Math.min(height, (box.bottom + 1) * factor + 8);
  const w = right - left;
  const h = bottom - top;
  const object = new Uint8Array(w * h);
  const other = new Uint8Array(w * h).fill(1);
  const maskWidth = Math.ceil(width / factor);
  for (let y = 0; y < h; y++) {
    const row = Math.floor((y + top) / factor) * maskWidth;
    for (let x = 0; x < w; x++) {
      if (mask[row + Math.floor((x + left) / factor)] === 0) continue;
      object[y * w + x] = 1;
      other[y * w + x] = 0;
    }
  }
  const inside = squaredDistances(other, w, h);
  const outside = squaredDistances(object, w, h);
  const depth = INSIDE[factor - 1];
  const core = innerPixels(inside, w, h, depth);
  const clear = new Uint8Array(w * h);
  const margin = OUTSIDE[factor - 1];
  for (let at = 0; at < clear.length; at++) if (outside[at] > margin * margin) clear[at] = 1;
  const nearestCore = new Int32Array(w * h);
  const nearestClear = new Int32Array(w * h);
  squaredDistances(core, w, h, nearestCore);
  squaredDistances(clear, w, h, nearestClear);
  const full = (at: number) => 4 * ((Math.floor(at / w) + top) * width + (at % w) + left);
  for (let at = 0; at < clear.length; at++) {
    if (clear[at] !== 0) continue;
    let coverage = object[at];
    if (core[at] === 0 && nearestClear[at] >= 0 && nearestCore[at] >= 0) {
      const p = full(at);
      const f = full(nearestCore[at]);
      const b = full(nearestClear[at]);
      const contrast = Math.hypot(data[f] - data[b], data[f + 1] - data[b + 1], data[f + 2] - data[b + 2]);
      if (contrast >= CONTRAST) {
        const own = Math.hypot(data[p] - data[b], data[p + 1] - data[b + 1], data[p + 2] - data[b + 2]);
        coverage = Math.min(1, Math.max(0, (own / contrast - LOWEST) / (HIGHEST - LOWEST)));
      }
    }
    matte.data[full(at) / 4] = Math.round(255 * coverage);
  }
  return matte;
}

function boundingBox(mask: Uint8Array, width: number, height: number) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (mask[at] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, right, bottom };
}
