import type { RgbaImage } from "../types.ts";
import { LINEAR_OF_SRGB, srgbOfLinear } from "./srgb.ts";

/** A picture with its successively halved copies, for sampling without aliasing. */
export interface Texture {
  /** From full size down to 1 pixel. */
  levels: RgbaImage[];
  /** What lies beyond 0–1: the border colour again, or the picture again. */
  wrap: "clamp" | "repeat" | "mirror";
}

/**
 * Builds the mip chain: 2×2 boxes averaged in linear light (averaging sRGB bytes darkens fine patterns). Alpha is
 * not read: base colour textures are opaque. An odd last row or column joins no box.
 */
export function makeTexture(image: RgbaImage, wrap: Texture["wrap"] = "clamp"): Texture {
  const levels = [image];
  let level = image;
  while (level.width > 1 || level.height > 1) {
    level = halve(level);
    levels.push(level);
  }
  return { levels, wrap };
}

function halve(image: RgbaImage): RgbaImage {
  const { width: w, height: h, data } = image;
  const width = Math.max(1, w >> 1);
  const height = Math.max(1, h >> 1);
  const out = new Uint8Array(width * height * 4);
  const right = w > 1 ? 4 : 0;
  const down = h > 1 ? 4 * w : 0;
  for (let y = 0, to = 0; y < height; y++) {
    let from = 2 * y * w * 4;
    for (let x = 0; x < width; x++, from += 8, to += 4) {
      for (let c = 0; c < 3; c++) {
        const at = from + c;
        const sum =
          LINEAR_OF_SRGB[data[at]] +
          LINEAR_OF_SRGB[data[at + right]] +
          LINEAR_OF_SRGB[data[at + down]] +
          LINEAR_OF_SRGB[data[at + down + right]];
        out[to + c] = srgbOfLinear(sum * 0.25);
      }
      out[to + 3] = 255;
    }
  }
  return { width, height, data: out };
}
