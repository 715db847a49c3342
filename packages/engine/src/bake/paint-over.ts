import type { RgbaImage } from "../types.ts";

/** Side of the quadrants that are compared, as a share of the picture's longer side. */
const BRUSH = 1 / 160;

/**
 * A picture as if painted: each pixel takes the mean of whichever of the four quadrants around it is the most even
 * (Kuwahara et al. 1976). Grain and small gradients melt into strokes, edges stay sharp. Transparent pixels are left
 * out of every mean, so the background does not bleed in.
 */
export function paintOver(image: RgbaImage): RgbaImage {
  const { width, height, data } = image;
  const reach = Math.max(1, Math.round(Math.max(width, height) * BRUSH));
  const stride = width + 1;
  // Summed-area tables: weight, red, green, blue, squared luminance, luminance.
  const tables = Array.from({ length: 6 }, () => new Float64Array(stride * (height + 1)));
  for (let y = 0; y < height; y++) {
    const row = new Float64Array(6);
    for (let x = 0; x < width; x++) {
      const i = 4 * (y * width + x);
      const weight = data[i + 3] / 255;
      const luminance = 0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2];
      const values = [1, data[i], data[i + 1], data[i + 2], luminance * luminance, luminance];
      const at = (y + 1) * stride + x + 1;
      for (let k = 0; k < 6; k++) {
        row[k] += weight * values[k];
        tables[k][at] = tables[k][at - stride] + row[k];
      }
    }
  }
  const out = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let least = Number.POSITIVE_INFINITY;
      for (let q = 0; q < 4; q++) {
        const x0 = Math.max(0, q & 1 ? x : x - reach);
        const x1 = Math.min(width, (q & 1 ? x + reach : x) + 1);
        const y0 = Math.max(0, q & 2 ? y : y - reach);
        const y1 = Math.min(height, (q & 2 ? y + reach : y) + 1);
        const sum = (t: Float64Array) =>
          t[y1 * stride + x1] - t[y0 * stride + x1] - t[y1 * stride + x0] + t[y0 * stride + x0];
        const weight = sum(tables[0]);
        if (weight < 0.5) continue;
        const variance = sum(tables[4]) / weight - (sum(tables[5]) / weight) ** 2;
        if (variance >= least) continue;
        least = variance;
        const i = 4 * (y * width + x);
        for (let k = 0; k < 3; k++) out[i + k] = Math.round(sum(tables[k + 1]) / weight);
      }
    }
  }
  return { width, height, data: out };
}
