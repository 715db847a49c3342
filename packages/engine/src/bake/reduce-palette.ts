import { labOfSrgb, srgbOfLab } from "../image/color.ts";
import type { RgbaImage } from "../types.ts";

/** Colours looked at for finding the palette; more change its entries by less than one byte. */
const SAMPLES = 20_000;
const ROUNDS = 12;

/** Bits a channel of the table from colours to palette entries; at 6 neighbouring entries differ by less than is visible. */
const TABLE_BITS = 6;

/**
 * Reduces a texture to at most `count` colours, in place: k-means in Lab, started by picking colours far from those
 * picked before (k-means++ after Arthur & Vassilvitskii 2007, but always the farthest, so that it needs no chance and
 * small accents survive).
 *
 * @param covered non-zero for texels that belong to the surface; only they vote.
 */
export function reducePalette(image: RgbaImage, covered: Uint8Array, count: number): void {
  const samples = sampleLab(image, covered);
  if (samples.length === 0) return;
  const palette = findPalette(samples, count);
  const shift = 8 - TABLE_BITS;
  const table = new Uint8Array(3 << (3 * TABLE_BITS));
  const side = 1 << TABLE_BITS;
  for (let r = 0, at = 0; r < side; r++) {
    for (let g = 0; g < side; g++) {
      for (let b = 0; b < side; b++, at += 3) {
        const middle = (v: number) => (v << shift) | (1 << (shift - 1));
        const lab = labOfSrgb(middle(r), middle(g), middle(b));
        const entry = palette[nearest(palette, lab)];
        table.set(srgbOfLab(...entry), at);
      }
    }
  }
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    const key =
      ((data[i] >> shift) << (2 * TABLE_BITS)) | ((data[i + 1] >> shift) << TABLE_BITS) | (data[i + 2] >> shift);
    data[i] = table[3 * key];
    data[i + 1] = table[3 * key + 1];
    data[i + 2] = table[3 * key + 2];
  }
}

type Lab = [number, number, number];

function sampleLab({ data }: RgbaImage, covered: Uint8Array): Lab[] {
  const total = covered.reduce((sum, c) => sum + (c ? 1 : 0), 0);
  const step = Math.max(1, Math.floor(total / SAMPLES));
  const samples: Lab[] = [];
  for (let i = 0, seen = 0; i < covered.length; i++) {
    if (!covered[i] || seen++ % step !== 0) continue;
    samples.push(labOfSrgb(data[4 * i], data[4 * i + 1], data[4 * i + 2]));
  }
  return samples;
}

function findPalette(samples: Lab[], count: number): Lab[] {
  const mean = samples.reduce<Lab>((sum, s) => [sum[0] + s[0], sum[1] + s[1], sum[2] + s[2]], [0, 0, 0]);
  const palette: Lab[] = [samples[nearest(samples, mean.map((v) => v / samples.length) as Lab)]];
  const away = samples.map((s) => squared(s, palette[0]));
  while (palette.length < count) {
    const farthest = away.indexOf(away.reduce((a, b) => Math.max(a, b), 0));
    if (away[farthest] < 1) break;
    palette.push(samples[farthest]);
    samples.forEach((s, i) => {
      away[i] = Math.min(away[i], squared(s, samples[farthest]));
    });
  }
  for (let round = 0; round < ROUNDS; round++) {
    const sums = palette.map(() => [0, 0, 0, 0]);
    for (const s of samples) {
      const sum = sums[nearest(palette, s)];
      for (let k = 0; k < 3; k++) sum[k] += s[k];
      sum[3]++;
    }
    sums.forEach((sum, p) => {
      if (sum[3] > 0) palette[p] = [sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]];
    });
  }
  return palette;
}

function nearest(colors: Lab[], to: Lab): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < colors.length; i++) {
    const d = squared(colors[i], to);
    if (d < least) {
      least = d;
      best = i;
    }
  }
  return best;
}

function squared(a: Lab, b: Lab): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
