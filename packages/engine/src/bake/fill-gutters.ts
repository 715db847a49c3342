import type { RgbaImage } from "../types.ts";

/** Texels next to a chart that take the nearest chart texel's own colour: what filtering at full size reaches. */
const SHARP_TEXELS = 8;

/**
 * Gives the texels between charts the colours of the charts around them, so that filtering and mip levels never mix in
 * a foreign colour: first outwards texel by texel, then, far from any chart, the mean of ever larger blocks.
 *
 * @param covered non-zero where a chart lies; grows by the texels filled sharply.
 */
export function fillGutters(image: RgbaImage, covered: Uint8Array): void {
  grow(image, covered, SHARP_TEXELS);
  pull(image.data, covered, image.width, image.height);
}

function grow({ width, height, data }: RgbaImage, covered: Uint8Array, steps: number): void {
  let front: number[] = [];
  for (let i = 0; i < covered.length; i++) {
    if (!covered[i]) continue;
    const x = i % width;
    if (
      (x > 0 && !covered[i - 1]) ||
      (x + 1 < width && !covered[i + 1]) ||
      (i >= width && !covered[i - width]) ||
      (i + width < covered.length && !covered[i + width])
    ) {
      front.push(i);
    }
  }
  for (let step = 0; step < steps && front.length; step++) {
    const next: number[] = [];
    for (const i of front) {
      const x = i % width;
      const y = (i - x) / width;
      for (let k = 0; k < 4; k++) {
        const nx = x + (k === 0 ? 1 : k === 1 ? -1 : 0);
        const ny = y + (k === 2 ? 1 : k === 3 ? -1 : 0);
        if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const j = ny * width + nx;
        if (covered[j]) continue;
        covered[j] = 1;
        data.copyWithin(4 * j, 4 * i, 4 * i + 4);
        next.push(j);
      }
    }
    front = next;
  }
}

/** Fills what is not covered from the halved image, recursively. */
function pull(data: Uint8Array, covered: Uint8Array, width: number, height: number): void {
  if (width <= 1 && height <= 1) return;
  const w = Math.ceil(width / 2);
  const h = Math.ceil(height / 2);
  const half = new Uint8Array(4 * w * h);
  const halfCovered = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let r = 0;
      let g = 0;
      let b = 0;
      let count = 0;
      for (let k = 0; k < 4; k++) {
        const sx = 2 * x + (k & 1);
        const sy = 2 * y + (k >> 1);
        if (sx >= width || sy >= height || !covered[sy * width + sx]) continue;
        const from = 4 * (sy * width + sx);
        r += data[from];
        g += data[from + 1];
        b += data[from + 2];
        count++;
      }
      if (!count) continue;
      const to = 4 * (y * w + x);
      half[to] = r / count;
      half[to + 1] = g / count;
      half[to + 2] = b / count;
      halfCovered[y * w + x] = 1;
    }
  }
  pull(half, halfCovered, w, h);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (covered[i]) continue;
      const from = 4 * ((y >> 1) * w + (x >> 1));
      data[4 * i] = half[from];
      data[4 * i + 1] = half[from + 1];
      data[4 * i + 2] = half[from + 2];
      data[4 * i + 3] = 255;
    }
  }
}
