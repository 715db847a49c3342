import { COLUMNS, ROWS, type Sketch } from "./sketch.ts";

/** Widths are compared as logarithms; this much (in heights) keeps empty rows finite. */
const FLOOR = 0.03;
/** Rows at both ends that are left out: the outermost hold fractions of a pixel. */
const ENDS = 2;
/** Silhouettes whose rows vary less than this (standard deviation of log width) are boxes: they agree with each other. */
const BOX = 0.05;

/** Common share of both objects' colours, 0–1. */
export function commonColors(a: Sketch, b: Sketch): number {
  let common = 0;
  for (let i = 0; i < a.histogram.length; i++) common += Math.min(a.histogram[i], b.histogram[i]);
  return common;
}

/** Intersection over union of two silhouettes of equal height, centred; the second is mirrored when asked. */
export function silhouetteIou(a: Sketch, b: Sketch, mirrored: boolean): number {
  let both = 0;
  let any = 0;
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) {
      const other = b.coverage[y * COLUMNS + (mirrored ? mirrorColumn(b, x) : x)] ?? 0;
      const own = a.coverage[y * COLUMNS + x];
      both += Math.min(own, other);
      any += Math.max(own, other);
    }
  }
  return any === 0 ? 0 : both / any;
}

/** The silhouette lies in the columns from (COLUMNS - width) >> 1 on; mirroring keeps it there. */
export function mirrorColumn(s: Sketch, x: number): number {
  return 2 * ((COLUMNS - s.width) >> 1) + s.width - 1 - x;
}

/** Mean difference of the colours where both silhouettes are, Lab; infinite when they share less than half of either. */
export function colorDifference(a: Sketch, b: Sketch, mirrored: boolean): number {
  let sum = 0;
  let count = 0;
  let either = 0;
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) {
      const p = y * COLUMNS + x;
      const q = y * COLUMNS + (mirrored ? mirrorColumn(b, x) : x);
      const inA = a.coverage[p] > 0.5;
      const inB = (b.coverage[q] ?? 0) > 0.5;
      if (inA || inB) either++;
      if (!inA || !inB) continue;
      count++;
      const [i, j] = [3 * p, 3 * q];
      sum += Math.hypot(a.lab[i] - b.lab[j], a.lab[i + 1] - b.lab[j + 1], a.lab[i + 2] - b.lab[j + 2]);
    }
  }
  return count < either / 2 ? Number.POSITIVE_INFINITY : sum / count;
}

/**
 * How alike two level views are in what they cover at each height, -1…1: the correlation of the logarithms of their rows'
 * widths. Sides of one object correlate with 0.9 in the median, two objects with 0.1.
 */
export function rowCorrelation(a: Sketch, b: Sketch): number {
  const [p, q] = [rowProfile(a), rowProfile(b)];
  let [pq, pp, qq] = [0, 0, 0];
  for (let y = ENDS; y < ROWS - ENDS; y++) {
    pq += p[y] * q[y];
    pp += p[y] * p[y];
    qq += q[y] * q[y];
  }
  if (Math.sqrt(pp / ROWS) < BOX && Math.sqrt(qq / ROWS) < BOX) return 1;
  // Below that deviation a profile is the raster's noise, which must not correlate with anything.
  const noise = ROWS * BOX * BOX;
  return pq / Math.sqrt((pp + noise) * (qq + noise));
}

function rowProfile(s: Sketch): Float32Array {
  const profile = new Float32Array(ROWS);
  let mean = 0;
  for (let y = ENDS; y < ROWS - ENDS; y++) {
    let covered = 0;
    for (let x = 0; x < COLUMNS; x++) covered += s.coverage[y * COLUMNS + x];
    profile[y] = Math.log(covered / ROWS + FLOOR);
    mean += profile[y] / (ROWS - 2 * ENDS);
  }
  return profile.map((v) => v - mean);
}
