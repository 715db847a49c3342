import type { RgbaImage } from "../types.ts";

/**
 * Halves a plane: each pixel is the mean of the four that it covers. An odd last row or column is repeated, so the
 * result is ceil(width / 2) × ceil(height / 2) and pixel (i, j) covers columns 2i, 2i + 1 and rows 2j, 2j + 1.
 */
export function halve(source: Float32Array, width: number, height: number): Float32Array {
  const w = (width + 1) >> 1;
  const h = (height + 1) >> 1;
  const result = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < w; x++) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      result[y * w + x] =
        (source[upper + left] + source[upper + right] + source[lower + left] + source[lower + right]) / 4;
    }
  }
  return result;
}

/** Halves a picture like `halve`; colours are averaged as they are stored, alpha not looked at. */
export function halveImage(image: RgbaImage): RgbaImage {
  const width = (image.width + 1) >> 1;
  const height = (image.height + 1) >> 1;
  const data = new Uint8Array(width * height * 4);
  const source = image.data;
  for (let y = 0, to = 0; y < height; y++) {
    const upper = 2 * y * image.width;
    const lower = Math.min(2 * y + 1, image.height - 1) * image.width;
    for (let x = 0; x < width; x++) {
      const left = 2 * x;
      const right = Math.min(left + 1, image.width - 1);
      const a = 4 * (upper + left);
      const b = 4 * (upper + right);
      const c = 4 * (lower + left);
      const d = 4 * (lower + right);
      data[to++] = (source[a] + source[b] + source[c] + source[d] + 2) >> 2;
      data[to++] = (source[a + 1] + source[b + 1] + source[c + 1] + source[d + 1] + 2) >> 2;
      data[to++] = (source[a + 2] + source[b + 2] + source[c + 2] + source[d + 2] + 2) >> 2;
      data[to++] = (source[a + 3] + source[b + 3] + source[c + 3] + source[d + 3] + 2) >> 2;
    }
  }
  return { width, height, data };
}
