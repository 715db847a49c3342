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
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (covered[i] === 0) continue;
      if (
        (x > 0 && covered[i - 1] === 0) ||
        (x + 1 < width && covered[i + 1] === 0) ||
        (y > 0 && covered[i - width] === 0) ||
        (y + 1 < height && covered[i + width] === 0)
      ) {
        front.push(i);
      }
    }
  }
  for (let step = 0; step < steps && front.length; step++) {
    const next: number[] = [];
    const take = (i: number, j: number) => {
      if (covered[j] !== 0) return;
      covered[j] = 1;
      data[4 * j] = data[4 * i];
      data[4 * j + 1] = data[4 * i + 1];
      data[4 * j + 2] = data[4 * i + 2];
      data[4 * j + 3] = data[4 * i + 3];
      next.push(j);
    };
    for (const i of front) {
      const x = i % width;
      if (x + 1 < width) take(i, i + 1);
      if (x > 0) take(i, i - 1);
      if (i + width < covered.length) take(i, i + width);
      if (i >= width) take(i, i - width);
    }
    front = next;
  }
}

/** Fills what is not covered from the halved image, recursively. */
function pull(data: Uint8Array, covered: Uint8Array, width: number, height: number): void {
  if ((width <= 1 && height <= 1) || covered.indexOf(0) < 0) return;
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
      const endX = Math.min(width, 2 * x + 2);
      const endY = Math.min(height, 2 * y + 2);
      for (let sy = 2 * y; sy < endY; sy++) {
        for (let sx = 2 * x; sx < endX; sx++) {
          const at = sy * width + sx;
          if (covered[at] === 0) continue;
          r += data[4 * at];
          g += data[4 * at + 1];
          b += data[4 * at + 2];
          count++;
        }
      }
      if (count === 0) continue;
      const to = y * w + x;
      half[4 * to] = r / count;
      half[4 * to + 1] = g / count;
      half[4 * to + 2] = b / count;
      halfCovered[to] = 1;
    }
  }
  pull(half, halfCovered, w, h);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (covered[i] !== 0) continue;
      const from = 4 * ((y >> 1) * w + (x >> 1));
      data[4 * i] = half[from];
      data[4 * i + 1] = half[from + 1];
      data[4 * i + 2] = half[from + 2];
      data[4 * i + 3] = 255;
    }
  }
}
