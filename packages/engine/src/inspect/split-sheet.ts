import type { Cutout, RgbaImage } from "../types.ts";
import { colorDifference, commonColors, rowCorrelation, silhouetteIou } from "../views/compare-sketches.ts";
import { type Sketch, sketchView } from "../views/sketch.ts";
import type { Group } from "./group-pieces.ts";
import type { Shape } from "./measure-shape.ts";

/** Views of one object are of one height, give or take this share of the tallest, and stand on one line as exactly. */
const LEVEL = 0.1;
/** What is lower than this share of the tallest view is a caption, a palette or a detail. */
const LOW = 0.5;
/** Each view has at least this share of colours in common with another one … */
const COLORS = 0.4;
/** … and widths at each height that agree so well, or an outline that is the other's mirror image. */
const ROWS = 0.5;
const MIRRORED = 0.85;
/** Pictures closer than this in colour (Lab) and outline are the same thing twice. */
const SAME_COLOR = 2.5;
const SAME_OUTLINE = 0.97;
const MOST_VIEWS = 6;
/** Left around each view, as a share of its longer side. */
const MARGIN = 0.06;

/** An object's cut-out with its place in the picture that it was taken from, pixels. */
export interface PlacedCutout extends Cutout {
  left: number;
  top: number;
}

/**
 * Takes a turnaround sheet apart: several views of one object side by side, in one row or more. Captions are dropped.
 *
 * @returns the views row by row, from left to right; null when the pieces are not views of one object. Several copies of
 *   the same thing are not, and neither are things of different heights or colours.
 */
export function splitSheet(cutout: Cutout, shape: Shape, groups: readonly Group[]): PlacedCutout[] | null {
  const tallest = Math.max(...groups.map(heightOf));
  const views = groups.filter((g) => heightOf(g) >= LOW * tallest);
  if (views.length < 2 || views.length > MOST_VIEWS) return null;
  const rows = toRows(views);
  const limit = LEVEL * tallest;
  const straight = rows.every(
    (row) => spread(row.map((g) => g.top)) <= limit && spread(row.map((g) => g.bottom)) <= limit,
  );
  if (!straight || spread(views.map(heightOf)) > limit) return null;
  if (rows.some((row) => row.some((g, i) => i > 0 && g.left <= row[i - 1].right))) return null;
  const parts = rows.flat().map((group) => cutView(cutout, shape, group));
  return areOneObject(parts.map(sketchView)) ? parts : null;
}

function heightOf(g: Group): number {
  return g.bottom - g.top + 1;
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/** Groups that share most of their height stand in one row; rows from the top, each from the left. */
function toRows(groups: readonly Group[]): Group[][] {
  const rows: Group[][] = [];
  for (const g of [...groups].sort((a, b) => a.top - b.top)) {
    const row = rows.find((r) => Math.min(r[0].bottom, g.bottom) - g.top > heightOf(g) / 2);
    if (row) row.push(g);
    else rows.push([g]);
  }
  return rows.map((row) => row.sort((a, b) => a.left - b.left));
}

function areOneObject(sketches: readonly Sketch[]): boolean {
  const alike = (a: Sketch, b: Sketch) =>
    commonColors(a, b) >= COLORS && (rowCorrelation(a, b) >= ROWS || silhouetteIou(a, b, true) >= MIRRORED);
  const same = (a: Sketch, b: Sketch) =>
    silhouetteIou(a, b, false) >= SAME_OUTLINE && colorDifference(a, b, false) <= SAME_COLOR;
  const others = (i: number) => sketches.filter((_, j) => j !== i);
  return (
    sketches.every((a, i) => others(i).some((b) => alike(a, b))) &&
    sketches.some((a, i) => others(i).some((b) => !same(a, b)))
  );
}

/** One view with a margin; what belongs to others is taken out of its matte. */
function cutView({ image, matte, source, confidence }: Cutout, shape: Shape, group: Group): PlacedCutout {
  const { cell } = shape;
  const margin = Math.ceil(MARGIN * cell * Math.max(group.right - group.left + 1, heightOf(group)));
  const left = Math.max(0, group.left * cell - margin);
  const top = Math.max(0, group.top * cell - margin);
  const right = Math.min(image.width, (group.right + 1) * cell + margin);
  const bottom = Math.min(image.height, (group.bottom + 1) * cell + margin);
  const [width, height] = [right - left, bottom - top];
  const own = new Set(group.labels);
  const counted = new Set(shape.pieces.map((p) => p.label));
  const data = new Uint8Array(width * height);
  const part: RgbaImage = { width, height, data: new Uint8Array(4 * width * height) };
  for (let y = 0; y < height; y++) {
    const from = (top + y) * image.width + left;
    part.data.set(image.data.subarray(4 * from, 4 * (from + width)), 4 * y * width);
    for (let x = 0; x < width; x++) {
      const label = labelNear(shape, Math.floor((left + x) / cell), Math.floor((top + y) / cell));
      // Pieces too small to be counted stay with the view in whose box they lie.
      if (own.has(label) || !counted.has(label)) data[y * width + x] = matte.data[from + x];
    }
  }
  return { image: part, matte: { width, height, data }, source, confidence, left, top };
}

/** The label of a cell, or of a neighbour where it has none: outlines fade into cells that are not covered. */
function labelNear({ labels, width, height }: Shape, x: number, y: number): number {
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    const [i, j] = [x + dx, y + dy];
    if (i >= 0 && j >= 0 && i < width && j < height && labels[j * width + i] >= 0) return labels[j * width + i];
  }
  return -1;
}
