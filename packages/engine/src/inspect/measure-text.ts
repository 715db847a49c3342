import { labOfSrgb } from "../image/color.ts";
import { connectedComponents } from "../image/components.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { median, quantile } from "../image/quantile.ts";
import type { Cutout, RgbaImage } from "../types.ts";

/** Letters, and words whose letters touch, are at most so many times as wide as high, and as high as wide … */
const WIDEST = 9;
const NARROWEST = 0.1;
/** … consist of strokes at most this share of their height wide (display faces: 0.3), and are at least this high, pixels … */
const STROKE = 0.34;
const HEIGHT = 6;
/** … have one colour each (three quarters of their core within so much, Lab) and all the same … */
const ONE_COLOR = 14;
const SAME_COLOR = 12;
/** … and stand in rows of at least so many of like height. */
const ROW = 4;
const LIKE_HEIGHT = 0.5;
/** Rows are made of different letters: at least so many widths, told apart by this share, and not all alike. */
const DIFFERENT = 3;
const ALIKE = 0.06;
/** Ink differs from the background by at least this share of what the darkest tenth of it does. */
const INK = 0.5;
/** Larger mattes are halved until they have at most this many pixels a side: letters that small are none. */
const GRID = 1024;

/** How much of the object's area is letters standing in rows. Sees printed letters and words; script passes. */
export function measureText(cutout: Cutout): { share: number; letters: number } {
  const contrast = contrastToBackground(cutout.image, cutout.matte.data);
  const { mask, width, height, cell } = reduced(cutout, contrast);
  const { labels, components } = connectedComponents(mask, width, height, 8);
  const outside = mask.map((v) => 1 - v);
  const inside = squaredDistances(outside, width, height);
  const thickness = new Float32Array(components.length);
  let area = 0;
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] < 0) continue;
    area++;
    if (inside[at] > thickness[labels[at]]) thickness[labels[at]] = inside[at];
  }
  const letters: Letter[] = components
    .map((c, label) => ({ ...c, label, wide: c.right - c.left + 1, high: c.bottom - c.top + 1 }))
    .filter(({ wide, high, label }) => {
      const stroke = 2 * Math.sqrt(thickness[label]) - 1;
      return high >= HEIGHT && wide <= WIDEST * high && wide >= NARROWEST * high && stroke <= STROKE * high + 1;
    });
  const inRows = letters.filter((p) => isRow(letters.filter((q) => sameRow(p, q))));
  if (inRows.length < ROW) return { share: 0, letters: 0 };
  const painted = inRows
    .map((letter) => ({ letter, ...colorOf(cutout, contrast, { labels, width, cell }, letter) }))
    .filter(({ spread }) => spread <= ONE_COLOR);
  if (painted.length < ROW) return { share: 0, letters: 0 };
  const usual = [0, 1, 2].map((c) => median(painted.map((p) => p.color[c])));
  const same = painted.filter((p) => distance(p.color, usual) <= SAME_COLOR);
  return { share: same.reduce((sum, p) => sum + p.letter.area, 0) / area, letters: same.length };
}

interface Letter {
  label: number;
  area: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  wide: number;
  high: number;
}

/**
 * The matte without what has the background's colour: it covers the insides of letters, since those of drawings are the
 * object's.
 */
function reduced({ matte }: Cutout, contrast: (at: number) => number) {
  const cell = Math.max(1, Math.ceil(Math.max(matte.width, matte.height) / GRID));
  const width = Math.ceil(matte.width / cell);
  const height = Math.ceil(matte.height / cell);
  const inked: number[] = [];
  for (let at = 0; at < matte.data.length; at += 3) if (matte.data[at] >= 128) inked.push(contrast(at));
  const least = INK * quantile(inked, 0.9);
  const mask = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const pixel = Math.min(matte.height - 1, y * cell) * matte.width + x * cell;
      if (matte.data[pixel] >= 128 && contrast(pixel) >= least) mask[at] = 1;
    }
  }
  return { mask, width, height, cell };
}

/** Difference of a pixel from the median colour of what is not covered, bytes. */
function contrastToBackground({ data }: RgbaImage, matte: Uint8Array): (at: number) => number {
  const behind: number[] = [];
  for (let at = 0; at < matte.length; at += 7) if (matte[at] === 0 && data[4 * at + 3] > 0) behind.push(at);
  if (behind.length === 0) return () => 255;
  const [r, g, b] = [0, 1, 2].map((c) => median(behind.map((at) => data[4 * at + c])));
  return (at) => Math.abs(data[4 * at] - r) + Math.abs(data[4 * at + 1] - g) + Math.abs(data[4 * at + 2] - b);
}

/** Whether two pieces are of like height and stand on the same line (or hang from it). */
function sameRow(p: Letter, q: Letter): boolean {
  if (Math.min(p.high, q.high) < LIKE_HEIGHT * Math.max(p.high, q.high)) return false;
  return Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) + 1 >= LIKE_HEIGHT * Math.max(p.high, q.high);
}

/** Enough pieces, and not the same one again and again: those are lamps in a shop window, or fence posts. */
function isRow(row: readonly Letter[]): boolean {
  if (row.length < ROW) return false;
  const shapes: Letter[] = [];
  for (const p of row) {
    const known = shapes.some((q) => like(p.wide, q.wide) && like(p.area, q.area));
    if (!known) shapes.push(p);
  }
  return shapes.length >= DIFFERENT;
}

function like(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1 + ALIKE * Math.max(a, b);
}

/**
 * Median colour (Lab) of the half of a piece's pixels that differ most from the background (the others are blended with
 * it along thin strokes), and how far three quarters of them stay from it.
 */
function colorOf(
  { image }: Cutout,
  contrast: (at: number) => number,
  { labels, width, cell }: { labels: Int32Array; width: number; cell: number },
  letter: Letter,
) {
  const pixels: number[] = [];
  for (let y = letter.top; y <= letter.bottom; y++) {
    for (let x = letter.left; x <= letter.right; x++) {
      if (labels[y * width + x] !== letter.label) continue;
      pixels.push(Math.min(image.height - 1, y * cell) * image.width + x * cell);
    }
  }
  const least = median(pixels.map(contrast));
  const colors = pixels
    .filter((at) => contrast(at) >= least)
    .map((at) => labOfSrgb(image.data[4 * at], image.data[4 * at + 1], image.data[4 * at + 2]));
  const color = [0, 1, 2].map((c) => median(colors.map((v) => v[c])));
  const spread = quantile(
    colors.map((v) => distance(v, color)),
    0.75,
  );
  return { color, spread };
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
