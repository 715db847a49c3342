import type { RgbaImage } from "../types.ts";

/** What a network wants to see of a picture. */
export interface NetworkInput {
  /** Pixels a side of its square picture; pictures are stretched to it. */
  size: number;
  /** Subtracted from the channels R, G, B (sRGB 0–1), and what they are divided by then. */
  mean: readonly number[];
  deviation: readonly number[];
}

/** Area averages of the picture, stretched to the network's square, normalised: planes of R, G and B, each size². */
export function stretchedPlanes(image: RgbaImage, { size, mean, deviation }: NetworkInput): Float32Array {
  const { width, height, data } = image;
  const planes = new Float32Array(3 * size * size);
  for (let j = 0; j < size; j++) {
    const [y0, y1] = span(j, size, height);
    for (let i = 0; i < size; i++) {
      const [x0, x1] = span(i, size, width);
      const sum = [0, 0, 0];
      for (let y = y0; y < y1; y++) {
        for (let at = 4 * (y * width + x0), end = at + 4 * (x1 - x0); at < end; at += 4) {
          for (let c = 0; c < 3; c++) sum[c] += data[at + c];
        }
      }
      const count = 255 * (y1 - y0) * (x1 - x0);
      for (let c = 0; c < 3; c++) {
        planes[c * size * size + j * size + i] = (sum[c] / count - mean[c]) / deviation[c];
      }
    }
  }
  return planes;
}

function span(i: number, size: number, length: number): [number, number] {
  const from = Math.floor((i * length) / size);
  return [from, Math.max(from + 1, Math.floor(((i + 1) * length) / size))];
}
