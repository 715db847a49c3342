import { labOfSrgb } from "../image/color.ts";
import { measureBox } from "../pose/measure-box.ts";
import type { Cutout } from "../types.ts";

/** Rows of a sketch: the silhouette's box is scaled to this height, whatever the picture's framing. */
export const ROWS = 64;
/** Columns; wider silhouettes (more than four times as wide as high) are pressed together. */
export const COLUMNS = 256;
/** Bins of the colour histogram along L and along a and b. */
const LIGHT_BINS = 6;
const CHROMA_BINS = 12;
/** Lab a and b beyond this are counted in the last bin. */
const CHROMA_RANGE = 80;

/** A small likeness of a cut-out picture by which pictures of one object are compared. */
export interface Sketch {
  /** Width over height of the silhouette's box. */
  aspect: number;
  /** Columns that the silhouette covers, centred in COLUMNS. */
  width: number;
  /** Coverage 0–1, ROWS × COLUMNS. */
  coverage: Float32Array;
  /** Lab of the covered part, 3 numbers a pixel. */
  lab: Float32Array;
  /** Share of the object by colour (sums to 1). */
  histogram: Float32Array;
}

export function sketchView(cutout: Cutout): Sketch {
  const { image, matte } = cutout;
  const box = measureBox(matte)!;
  const high = box.bottom - box.top;
  const aspect = (box.right - box.left) / high;
  const width = Math.min(COLUMNS, Math.max(1, Math.round(ROWS * aspect)));
  const coverage = new Float32Array(ROWS * COLUMNS);
  const lab = new Float32Array(3 * ROWS * COLUMNS);
  const histogram = new Float32Array(LIGHT_BINS * CHROMA_BINS * CHROMA_BINS);
  const first = (COLUMNS - width) >> 1;
  let total = 0;
  for (let j = 0; j < ROWS; j++) {
    const [y0, y1] = range(box.top, high / ROWS, j, matte.height);
    for (let i = 0; i < width; i++) {
      const [x0, x1] = range(box.left, (box.right - box.left) / width, i, matte.width);
      let [r, g, b, sum, count] = [0, 0, 0, 0, 0];
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          const at = y * matte.width + x;
          const weight = matte.data[at];
          count++;
          if (weight === 0) continue;
          r += weight * image.data[4 * at];
          g += weight * image.data[4 * at + 1];
          b += weight * image.data[4 * at + 2];
          sum += weight;
        }
      }
      if (sum === 0) continue;
      const at = j * COLUMNS + first + i;
      coverage[at] = sum / (255 * count);
      const color = labOfSrgb(Math.round(r / sum), Math.round(g / sum), Math.round(b / sum));
      lab.set(color, 3 * at);
      if (coverage[at] > 0.5) {
        tally(histogram, color);
        total++;
      }
    }
  }
  if (total > 0) for (let i = 0; i < histogram.length; i++) histogram[i] /= total;
  return { aspect, width, coverage, lab, histogram };
}

/** First and last pixel (exclusive) of a cell, at least one; rounded, so that mirrored pictures give mirrored sketches. */
function range(start: number, step: number, index: number, limit: number): [number, number] {
  const from = Math.min(limit - 1, Math.max(0, Math.round(start + index * step)));
  return [from, Math.max(from + 1, Math.min(limit, Math.round(start + (index + 1) * step)))];
}

/** Adds one to a histogram, shared between the eight nearest bins. */
function tally(histogram: Float32Array, [l, a, b]: readonly number[]): void {
  const place = [
    (Math.min(100, Math.max(0, l)) / 100) * (LIGHT_BINS - 1),
    chromaPlace(a) * (CHROMA_BINS - 1),
    chromaPlace(b) * (CHROMA_BINS - 1),
  ];
  for (let corner = 0; corner < 8; corner++) {
    let weight = 1;
    let index = 0;
    for (let k = 0; k < 3; k++) {
      const bins = k === 0 ? LIGHT_BINS : CHROMA_BINS;
      const low = Math.min(bins - 2, Math.floor(place[k]));
      const t = place[k] - low;
      const upper = (corner >> k) & 1;
      weight *= upper ? t : 1 - t;
      index = index * bins + low + upper;
    }
    histogram[index] += weight;
  }
}

function chromaPlace(v: number): number {
  return (Math.min(CHROMA_RANGE, Math.max(-CHROMA_RANGE, v)) + CHROMA_RANGE) / (2 * CHROMA_RANGE);
}
