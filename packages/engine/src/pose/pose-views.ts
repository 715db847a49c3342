import { type Camera, LABEL_DIRECTIONS, type ViewLabel } from "../frames.ts";
import type { Cutout, View, ViewHint } from "../types.ts";
import { type Box, measureBox } from "./measure-box.ts";
import { ORDER } from "./name-views.ts";

/** Share of the cube's side that the object's longest known side fills; the rest keeps its surface off the border. */
export const FILL = 0.92;

/** The same for a single picture, whose object may be deeper than it is wide or high. */
export const FILL_SINGLE = 0.8;

/** A direction in degrees and how it was come by. */
interface Direction {
  azimuth: number;
  elevation: number;
  label: ViewLabel | null;
  posedBy: View["posedBy"];
}

/**
 * Gives each cutout its camera: the direction from the hint or from the order of the pictures, scale and offset from
 * the silhouettes' boxes. Pictures of one object framed differently agree in what they share: all level views in
 * height, front and back with top and bottom in width, left and right with top and bottom in depth.
 */
export function poseViews(cutouts: Cutout[], hints: readonly ViewHint[]): View[] {
  const directions = cutouts.map((_, i) => directionOf(hints[i] ?? "auto", i, hints));
  const boxes = cutouts.map((c) => measureBox(c.matte)!);
  const size = objectSize(directions, boxes);
  const unit = (cutouts.length === 1 ? FILL_SINGLE : FILL) / Math.max(size.width, size.height, size.depth);
  const extent = { width: size.width * unit, height: size.height * unit, depth: size.depth * unit };
  return cutouts.map((cutout, i) => {
    const { label, posedBy, azimuth, elevation } = directions[i];
    const camera = frame({ azimuth, elevation }, boxes[i], extent);
    return { ...cutout, camera, picture: i, label, posedBy };
  });
}

function directionOf(hint: ViewHint, index: number, hints: readonly ViewHint[]): Direction {
  if (typeof hint === "object") {
    const azimuth = ((hint.azimuth % 360) + 360) % 360;
    return { azimuth, elevation: hint.elevation, label: nearestLabel(azimuth, hint.elevation), posedBy: "hint" };
  }
  if (hint !== "auto") return { ...LABEL_DIRECTIONS[hint], label: hint, posedBy: "hint" };
  const free = ORDER.filter((label) => !hints.includes(label));
  const before = hints.slice(0, index).filter((h) => h === "auto").length;
  const label = free[hints.length ? before : index] ?? "front";
  return { ...LABEL_DIRECTIONS[label], label, posedBy: "order" };
}

/** The label whose direction it is to a degree, if any. */
function nearestLabel(azimuth: number, elevation: number): ViewLabel | null {
  for (const label of ORDER) {
    const d = LABEL_DIRECTIONS[label];
    const around = Math.abs(d.elevation) === 90 ? 0 : Math.abs(((azimuth - d.azimuth + 540) % 360) - 180);
    if (around < 1 && Math.abs(elevation - d.elevation) < 1) return label;
  }
  return null;
}

/** How far an object of the given extents reaches across and up in a picture taken from a direction (box model). */
function apparentSize(d: { azimuth: number; elevation: number }, e: { width: number; height: number; depth: number }) {
  const a = (d.azimuth * Math.PI) / 180;
  const t = (d.elevation * Math.PI) / 180;
  // An upright ellipse with the box's axes: nearer to most objects than the box's own corners, and exact at the six
  // labelled directions.
  const across = Math.hypot(e.width * Math.cos(a), e.depth * Math.sin(a));
  const along = Math.hypot(e.width * Math.sin(a), e.depth * Math.cos(a));
  return { across, up: e.height * Math.abs(Math.cos(t)) + along * Math.abs(Math.sin(t)) };
}

/**
 * The object's extents relative to its height, from all boxes together: each picture gives one ratio, up to its own
 * scale. Solved by alternating between the pictures' scales and the extents (exact for labelled pictures after one
 * round).
 */
function objectSize(directions: Direction[], boxes: Box[]): { width: number; height: number; depth: number } {
  const ratio = (i: number) => (boxes[i].right - boxes[i].left) / (boxes[i].bottom - boxes[i].top);
  const extent = { width: 1, height: 1, depth: 1 };
  const level = directions.findIndex((d) => Math.abs(d.elevation) < 45);
  if (level < 0) {
    // Only from above or below: there is no height to be seen, so it is set to the smaller side of the outline.
    const r = ratio(0);
    return { width: r, depth: 1, height: Math.min(r, 1) };
  }
  const sideways = (d: Direction) => Math.abs(Math.sin((d.azimuth * Math.PI) / 180));
  const knowsWidth = directions.some((d) => Math.abs(d.elevation) >= 45 || sideways(d) < 0.9);
  const knowsDepth = directions.some((d) => Math.abs(d.elevation) >= 45 || sideways(d) > 0.1);
  for (let round = 0; round < 40; round++) {
    const width: number[] = [];
    const depth: number[] = [];
    directions.forEach((d, i) => {
      const seen = apparentSize(d, extent);
      const s = sideways(d) ** 2;
      if (Math.abs(d.elevation) < 45) {
        // Across over up is known; the share of the correction goes to the axis that lies across.
        const across = ratio(i) * seen.up;
        const factor = across / seen.across;
        if (s < 0.9) width.push(1 + (factor - 1) * (1 - s));
        if (s > 0.1) depth.push(1 + (factor - 1) * s);
      } else {
        const factor = (ratio(i) * seen.up) / seen.across;
        if (!directions.some((o) => Math.abs(o.elevation) < 45 && sideways(o) < 0.9)) width.push(factor);
        else if (!directions.some((o) => Math.abs(o.elevation) < 45 && sideways(o) > 0.1)) depth.push(1 / factor);
      }
    });
    const wide = mean(width);
    const deep = mean(depth);
    extent.width *= wide;
    extent.depth *= deep;
    if (Math.abs(wide - 1) + Math.abs(deep - 1) < 1e-9) break;
  }
  if (!knowsWidth) extent.width = Math.min(extent.depth, extent.height);
  if (!knowsDepth) extent.depth = Math.min(extent.width, extent.height);
  return extent;
}

function mean(values: number[]): number {
  return values.length ? values.reduce((a, b) => a + b, 0) / values.length : 1;
}

/** Scale and offset that put the object's extents onto the silhouette's box. */
function frame(
  direction: { azimuth: number; elevation: number },
  box: Box,
  extent: { width: number; height: number; depth: number },
): Camera {
  const seen = apparentSize(direction, extent);
  const across = (box.right - box.left) / seen.across;
  const up = (box.bottom - box.top) / seen.up;
  // Level views are scaled by their height, which all of them share; a view from above by both of its sides.
  const scale = Math.abs(direction.elevation) < 45 ? up : Math.sqrt(across * up);
  return {
    azimuth: direction.azimuth,
    elevation: direction.elevation,
    perspective: 0,
    scale,
    centerX: (box.left + box.right) / 2,
    centerY: (box.top + box.bottom) / 2,
  };
}
