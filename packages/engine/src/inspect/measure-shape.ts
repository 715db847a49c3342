import { type Component, connectedComponents } from "../image/components.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import type { Cutout } from "../types.ts";

/** The object's outline, looked at on a grid of at most this many cells a side. */
const GRID = 512;
/** Pieces with less than this share of the object's area are not counted: screws, sparks, letters of a label. */
const PIECE = 0.01;

/** What a matte says of the object's shape. Lengths are in pixels of the picture, areas in cells of the grid. */
export interface Shape {
  width: number;
  height: number;
  /** 1 on the object. */
  mask: Uint8Array;
  /** Squared distance of each cell to the nearest one outside the object, cells². */
  inside: Float32Array;
  /** Pixels a cell. */
  cell: number;
  area: number;
  /** Share of the picture that the object covers. */
  coverage: number;
  /** Bounding box, cells, ends included. */
  box: { left: number; top: number; right: number; bottom: number };
  /** Longer side of the bounding box, pixels. */
  longest: number;
  labels: Int32Array;
  /** The object's pieces, without tiny ones; largest first, `label` is their number in `labels`. */
  pieces: (Component & { label: number })[];
}

/** Null when the matte is empty. */
export function measureShape(cutout: Cutout): Shape | null {
  const { matte } = cutout;
  const cell = Math.max(1, Math.ceil(Math.max(matte.width, matte.height) / GRID));
  const width = Math.ceil(matte.width / cell);
  const height = Math.ceil(matte.height / cell);
  const mask = new Uint8Array(width * height);
  const outside = new Uint8Array(width * height).fill(1);
  let area = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (!anyCovered(matte.data, matte.width, matte.height, x * cell, y * cell, cell)) continue;
      mask[at] = 1;
      outside[at] = 0;
      area++;
    }
  }
  if (area === 0) return null;
  const { labels, components } = connectedComponents(mask, width, height, 8);
  const box = { left: width, top: height, right: -1, bottom: -1 };
  for (const c of components) {
    box.left = Math.min(box.left, c.left);
    box.top = Math.min(box.top, c.top);
    box.right = Math.max(box.right, c.right);
    box.bottom = Math.max(box.bottom, c.bottom);
  }
  const pieces = components
    .map((c, label) => ({ ...c, label }))
    .filter((c) => c.area >= PIECE * area)
    .sort((a, b) => b.area - a.area);
  return {
    width,
    height,
    mask,
    inside: squaredDistances(outside, width, height),
    cell,
    area,
    coverage: area / (width * height),
    box,
    longest: cell * Math.max(box.right - box.left + 1, box.bottom - box.top + 1),
    labels,
    pieces,
  };
}

/** Thin parts count: a cell is the object's when any of its pixels is. */
function anyCovered(data: Uint8Array, width: number, height: number, x: number, y: number, cell: number): boolean {
  for (let j = y; j < Math.min(height, y + cell); j++) {
    for (let i = x; i < Math.min(width, x + cell); i++) if (data[j * width + i] >= 128) return true;
  }
  return false;
}
