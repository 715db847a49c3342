import { squaredDistances } from "../image/distance-transform.ts";
import type { Shape } from "./measure-shape.ts";

/** How far apart pieces of one object may lie. */
export interface Spacing {
  /** One over the other, as a share of the whole's longest side: a gem over its staff, a lamp under its cord. */
  stacked: number;
  /** Side by side, as a share of the smaller piece's longest side: planks, blades of grass, lenses. */
  beside: number;
  /** Closer than this share of the whole's longest side they belong together in any case: beads. */
  anywhere: number;
}

/** Pieces lie over each other when this share of the narrower one's width is common to both. */
const OVER = 0.6;
/** More pieces than this are not compared one by one: whatever they are, they are not one object. */
const MOST_PIECES = 40;

export interface Group {
  area: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Numbers of its pieces in the shape's labels. */
  labels: number[];
}

/** Groups of pieces that belong together, largest first. Boxes in cells. */
export function groupPieces(shape: Shape, spacing: Spacing): Group[] {
  const pieces = shape.pieces.slice(0, MOST_PIECES);
  const group = pieces.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (group[root] !== root) root = group[root];
    return root;
  };
  const whole = shape.longest / shape.cell;
  for (let i = 0; i < pieces.length - 1; i++) {
    const toPiece = squaredDistances(
      Uint8Array.from(shape.labels, (label) => (label === pieces[i].label ? 1 : 0)),
      shape.width,
      shape.height,
    );
    const gaps = nearestOf(toPiece, shape.labels);
    for (let j = i + 1; j < pieces.length; j++) {
      const [a, b] = [pieces[i], pieces[j]];
      const common = Math.min(a.right, b.right) - Math.max(a.left, b.left) + 1;
      const narrower = Math.min(a.right - a.left, b.right - b.left) + 1;
      const smallerSide = Math.min(side(a), side(b));
      const near = common >= OVER * narrower ? spacing.stacked * whole : spacing.beside * smallerSide;
      const allowed = Math.max(near, spacing.anywhere * whole);
      const gap = Math.sqrt(gaps.get(b.label) ?? Number.POSITIVE_INFINITY) - 1;
      if (gap <= allowed) group[find(j)] = find(i);
    }
  }
  const groups = new Map<number, Group>();
  pieces.forEach((piece, i) => {
    const root = find(i);
    const g = groups.get(root) ?? {
      area: 0,
      left: piece.left,
      top: piece.top,
      right: piece.right,
      bottom: piece.bottom,
      labels: [],
    };
    g.labels.push(piece.label);
    g.area += piece.area;
    g.left = Math.min(g.left, piece.left);
    g.top = Math.min(g.top, piece.top);
    g.right = Math.max(g.right, piece.right);
    g.bottom = Math.max(g.bottom, piece.bottom);
    groups.set(root, g);
  });
  return [...groups.values()].sort((a, b) => b.area - a.area);
}

function side(box: { left: number; right: number; top: number; bottom: number }): number {
  return Math.max(box.right - box.left, box.bottom - box.top) + 1;
}

/** Smallest value per label. */
function nearestOf(values: Float32Array, labels: Int32Array): Map<number, number> {
  const result = new Map<number, number>();
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] < 0) continue;
    const least = result.get(labels[at]);
    if (least === undefined || values[at] < least) result.set(labels[at], values[at]);
  }
  return result;
}
