import { labOfSrgb } from "../image/color.ts";
import { median } from "../image/quantile.ts";
import type { Cutout } from "../types.ts";
import type { Shape } from "./measure-shape.ts";

/** Letters are between a third and three times as high as wide … */
const ASPECT = [0.3, 3.2] as const;
/** … consist of strokes at most this share of their height wide, and are at least this high, cells … */
const STROKE = 0.42;
const HEIGHT = 5;
/** … have one colour (mean difference in Lab from the median) … */
const COLOR = 12;
/** … and stand in rows of at least so many of like height. */
const ROW = 4;
const LIKE_HEIGHT = 0.55;

/**
 * How much of the object's area is letters standing in rows. Sees separate letters only: script and words whose letters
 * touch pass.
 */
export function measureText(cutout: Cutout, shape: Shape): { share: number; letters: number } {
  const { labels, width } = shape;
  const thickness = new Map<number, number>();
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] < 0) continue;
    const d = shape.inside[at];
    if (d > (thickness.get(labels[at]) ?? 0)) thickness.set(labels[at], d);
  }
  const letters = allPieces(labels, width).filter((p) => {
    const [w, h] = [p.right - p.left + 1, p.bottom - p.top + 1];
    const stroke = 2 * Math.sqrt(thickness.get(p.label) ?? 0);
    return h >= HEIGHT && h / w >= ASPECT[0] && h / w <= ASPECT[1] && stroke <= STROKE * h + 1;
  });
  const inRows = letters.filter((p) => letters.filter((q) => sameRow(p, q)).length >= ROW);
  if (inRows.length < ROW) return { share: 0, letters: 0 };
  const colors = new Map(inRows.map((p) => [p.label, meanLab(cutout, shape, p)]));
  const usual = [0, 1, 2].map((c) => median([...colors.values()].map((v) => v[c])));
  const same = inRows.filter((p) => {
    const color = colors.get(p.label)!;
    return Math.hypot(color[0] - usual[0], color[1] - usual[1], color[2] - usual[2]) <= COLOR;
  });
  const area = same.reduce((sum, p) => sum + p.area, 0);
  return { share: area / shape.area, letters: same.length };
}

interface Letter {
  label: number;
  area: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Boxes of all pieces of the object, however small, cells. */
function allPieces(labels: Int32Array, width: number): Letter[] {
  const pieces = new Map<number, Letter>();
  labels.forEach((label, at) => {
    if (label < 0) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    const p = pieces.get(label) ?? { label, area: 0, left: x, top: y, right: x, bottom: y };
    p.area++;
    p.left = Math.min(p.left, x);
    p.right = Math.max(p.right, x);
    p.bottom = y;
    pieces.set(label, p);
  });
  return [...pieces.values()];
}

/** Whether two pieces are of like height and stand on the same line (or hang from it). */
function sameRow(p: Letter, q: Letter): boolean {
  const [a, b] = [p.bottom - p.top + 1, q.bottom - q.top + 1];
  if (Math.min(a, b) < LIKE_HEIGHT * Math.max(a, b)) return false;
  return Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) + 1 >= LIKE_HEIGHT * Math.max(a, b);
}

/** Mean colour (Lab) of a piece. */
function meanLab({ image }: Cutout, { labels, width, cell }: Shape, { label, left, top, right, bottom }: Letter) {
  const sum = [0, 0, 0];
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (labels[y * width + x] !== label) continue;
      const [px, py] = [x, y].map((v) => v * cell + (cell >> 1));
      const at = 4 * (Math.min(image.height - 1, py) * image.width + Math.min(image.width - 1, px));
      const lab = labOfSrgb(image.data[at], image.data[at + 1], image.data[at + 2]);
      for (let c = 0; c < 3; c++) sum[c] += lab[c];
      count++;
    }
  }
  return sum.map((v) => v / count);
}
