import { mirrorColumn } from "./compare-sketches.ts";
import { COLUMNS, ROWS, type Sketch } from "./sketch.ts";

/** What one picture says of the side that it shows. */
export interface SideDescription {
  /** How much its outline looks like its mirror image: fronts and backs mostly do. */
  outlineSymmetry: number;
  /** Mean colour step between neighbours (Lab): faces and dashboards are busier than backs. */
  detail: number;
  /** Entropy of its colours, nats. */
  variety: number;
  /** Where the upper fifth, the lower fifth and the whole lie, -1 left to 1 right of the box's middle. */
  upper: number;
  lower: number;
  whole: number;
  /** Width over height, logarithm. */
  aspect: number;
}

/** Overlaps are compared on a scale on which 0.5 and 0.75 are as far apart as 0.9 and 0.95; beyond 0.98 all are equal. */
export function overlapScore(iou: number): number {
  return -Math.log(1.02 - Math.min(1, iou));
}

/** Share of the rows that count as upper and lower. */
const END = 0.2;

export function describeSide(s: Sketch): SideDescription {
  const first = (COLUMNS - s.width) >> 1;
  let [both, any, steps, stepCount] = [0, 0, 0, 0];
  const place = [0, 0, 0];
  const mass = [0, 0, 0];
  for (let y = 0; y < ROWS; y++) {
    for (let x = first; x < first + s.width; x++) {
      const at = y * COLUMNS + x;
      const twin = y * COLUMNS + mirrorColumn(s, x);
      const [own, other] = [s.coverage[at], s.coverage[twin]];
      both += Math.min(own, other);
      any += Math.max(own, other);
      const at3 = (2 * (x - first) + 1) / s.width - 1;
      const parts = y < END * ROWS ? [0, 2] : y >= (1 - END) * ROWS ? [1, 2] : [2];
      for (const k of parts) {
        place[k] += own * at3;
        mass[k] += own;
      }
      if (own <= 0.5) continue;
      for (const next of [at + 1, at + COLUMNS]) {
        if (s.coverage[next] > 0.5) {
          steps += colorStep(s, at, next);
          stepCount++;
        }
      }
    }
  }
  let variety = 0;
  for (const p of s.histogram) if (p > 0) variety -= p * Math.log(p);
  const [upper, lower, whole] = place.map((p, k) => (mass[k] > 0 ? p / mass[k] : 0));
  return {
    outlineSymmetry: overlapScore(any === 0 ? 0 : both / any),
    detail: stepCount === 0 ? 0 : steps / stepCount,
    variety,
    upper,
    lower,
    whole,
    aspect: Math.log(s.aspect),
  };
}

/** Share of a row's covered span that is its edge. */
const EDGE = 0.15;
/** Weight of lightness: what is seen at a grazing angle is shaded otherwise. */
const GRAZED = 0.4;

/**
 * Whether a side picture's left edge rather than its right one has the colours of a picture that shows the object from
 * 90° further: what lies at the edge of one is seen from the front in the other. Positive: the left edge is nearer.
 */
export function leftEdgeFits(side: Sketch, facing: Sketch): number {
  let sum = 0;
  let rows = 0;
  for (let y = 0; y < ROWS; y++) {
    const span = spanOf(side, y);
    const seen = spanOf(facing, y);
    if (!span || !seen) continue;
    const edge = Math.max(1, Math.round(EDGE * (span[1] - span[0] + 1)));
    const left = nearest(side, y, span[0], span[0] + edge - 1, facing, seen);
    const right = nearest(side, y, span[1] - edge + 1, span[1], facing, seen);
    sum += right - left;
    rows++;
  }
  return rows === 0 ? 0 : sum / rows / 10;
}

/** First and last covered column of a row. */
function spanOf(s: Sketch, y: number): [number, number] | null {
  let [first, last] = [-1, -1];
  for (let x = 0; x < COLUMNS; x++) {
    if (s.coverage[y * COLUMNS + x] <= 0.5) continue;
    if (first < 0) first = x;
    last = x;
  }
  return first < 0 ? null : [first, last];
}

/** Mean distance of the colours of a stretch to the nearest colour of the other picture's row. */
function nearest(s: Sketch, y: number, from: number, to: number, other: Sketch, [first, last]: [number, number]) {
  let sum = 0;
  let count = 0;
  for (let x = from; x <= to; x++) {
    const at = y * COLUMNS + x;
    if (s.coverage[at] <= 0.5) continue;
    let least = Number.POSITIVE_INFINITY;
    for (let q = first; q <= last; q++) {
      const o = y * COLUMNS + q;
      if (other.coverage[o] <= 0.5) continue;
      const [i, j] = [3 * at, 3 * o];
      const d = Math.hypot(
        GRAZED * (s.lab[i] - other.lab[j]),
        s.lab[i + 1] - other.lab[j + 1],
        s.lab[i + 2] - other.lab[j + 2],
      );
      if (d < least) least = d;
    }
    sum += Math.min(40, least);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

function colorStep(s: Sketch, a: number, b: number): number {
  const [i, j] = [3 * a, 3 * b];
  return Math.hypot(s.lab[i] - s.lab[j], s.lab[i + 1] - s.lab[j + 1], s.lab[i + 2] - s.lab[j + 2]);
}
