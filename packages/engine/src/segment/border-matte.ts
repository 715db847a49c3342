import { type LabImage, labOfImage } from "../image/color.ts";
import { connectedComponents } from "../image/components.ts";
import { borderPixels } from "../image/flood.ts";
import { quantile } from "../image/quantile.ts";
import { halveImage } from "../image/resize.ts";
import type { Cutout, RgbaImage } from "../types.ts";
import { cutRough } from "./cut-rough.ts";
import { cutShading } from "./cut-shading.ts";
import { dropSlivers } from "./drop-slivers.ts";
import { decideEnclosed } from "./enclosed.ts";
import { findHardShadow } from "./find-hard-shadow.ts";
import { type Background, growBackground } from "./grow-background.ts";
import { refineMatte } from "./refine-matte.ts";
import { type Edges, sharpEdges, strongEdges } from "./sharp-edges.ts";

/** Pictures are analysed at half their resolution when that leaves at least this many pixels on the shorter side. */
const HALVE_FROM = 512;
/** Pieces smaller than this share of the largest are dust … */
const DUST = 0.002;
/** … and up to this share when they differ from the background by less than so many tolerances at most. */
const FAINT_DUST = 0.02;
const FAINT = 2.5;
/** A piece at the picture's border is background when at most this share of its outline is sharp. */
const BORDER_SHARP = 0.3;

/**
 * Evidence from which the confidence rises from 0 to 1: the share of the picture's border that came out as background (rooms
 * with furniture: 0.33–0.65, everything plain: above 0.84), and the share of the object's outline that is sharp (blotches
 * of a blurred background: below 0.05, objects: above 0.6).
 */
const EXPLAINED = [0.5, 0.85] as const;
const OUTLINED = [0.1, 0.6] as const;
/** Tolerances over which a rough background (paper: 6, wood: 13) costs this share of the confidence. */
const ROUGH = [7, 14] as const;
const ROUGH_COST = 0.35;
/** From this tolerance on the ground is rough enough that parts of the object may have its colours. */
const CUT_FROM = 6;

/**
 * Steps within a shadow, Lab per pixel: pictures of 256 colours have steps of 1 in soft ones, which fenced in plates under
 * furniture. 120 composites, mean IoU (boundary F) with shadows when edges counted from 1: 0.931 (0.909), 2: 0.949 (0.932),
 * 3: 0.957 (0.946); but on gradients 0.959, 0.957, 0.951, where pale objects lose what outline they have.
 */
const SHADOW_STEP = 2;
/** On bare ground pale parts have outlines of less: a white blade on #f2f2f2 lost a third to a shadow that was none. */
const BARE_STEP = 0.8;

/**
 * Cuts the object out by what the border says of the background.
 *
 * @returns also how much of the border came out as background, 0–1: with all of it and an empty matte there is nothing.
 */
export function borderMatte(image: RgbaImage): Cutout & { explained: number } {
  const factor = Math.min(image.width, image.height) >= HALVE_FROM ? 2 : 1;
  const lab = labOfImage(factor === 2 ? halveImage(image) : image);
  const grown = growBackground(lab);
  const enclosed = decideEnclosed(lab, grown);
  const { background } = enclosed;
  const edges = sharpEdges(lab, grown.bare ? BARE_STEP : leastGradient(lab, grown.reached));
  // Between the two colours of chequers lie those of their shadows and of pale objects: nothing to go by.
  if (!enclosed.drawing && grown.fit.model.kind !== "pair") {
    const outlines = strongEdges(edges, grown.bare ? BARE_STEP : SHADOW_STEP, lab);
    const shading = cutShading(lab, grown, background, outlines);
    for (let at = 0; at < shading.length; at++) if (shading[at] !== 0) background[at] = 1;
    const shadow = findHardShadow(lab, grown, background, edges);
    for (let at = 0; at < shadow.length; at++) if (shadow[at] !== 0) background[at] = 1;
    const slivers = dropSlivers(lab, grown, background);
    for (let at = 0; at < slivers.length; at++) if (slivers[at] !== 0) background[at] = 1;
  }
  const found = objectPieces(background, grown, edges);
  const rough = grown.fit.model.kind === "smooth" && grown.fit.tolerance > CUT_FROM;
  const mask = rough ? withoutDust(cutRough(lab, grown, found), lab) : found;
  const explained = smoothStep(...EXPLAINED, borderShare(background, grown.expected.width, grown.expected.height));
  const confidence = explained * rate(grown, mask, edges);
  return { image, matte: refineMatte(image, mask, factor), source: "border", confidence, explained };
}

/** How far the outline can be trusted, 0–1. */
function rate(grown: Background, mask: Uint8Array, edges: Edges): number {
  const { width, height } = grown.expected;
  const rough = 1 - ROUGH_COST * smoothStep(...ROUGH, grown.fit.tolerance);
  const outlined = smoothStep(...OUTLINED, sharpShare(mask, edges.toSharp, width, height));
  return rough * outlined;
}

/** Gradient that the background's own noise stays below, measured where the background reaches some pixels around. */
function leastGradient(lab: LabImage, reached: Uint8Array): number {
  const { width } = lab;
  const values: number[] = [];
  for (let at = 6 * width + 6; at < reached.length - 6 * width - 6; at += 7) {
    const clear =
      reached[at] !== 0 &&
      reached[at - 6] !== 0 &&
      reached[at + 6] !== 0 &&
      reached[at - 6 * width] !== 0 &&
      reached[at + 6 * width] !== 0;
    if (clear) values.push(Math.abs(lab.l[at + 1] - lab.l[at - 1]) / 2);
  }
  return Math.max(1, 1.3 * quantile(values, 0.99));
}

/** What is not background, without dust, noise, and corners that shading has taken out of the background's model. */
function objectPieces(background: Uint8Array, grown: Background, edges: Edges): Uint8Array {
  const { width, height } = grown.expected;
  const mask = background.map((v) => 1 - v);
  const { labels, components } = connectedComponents(mask, width, height, 8);
  const largest = components.reduce((most, c) => Math.max(most, c.area), 0);
  const strongest = new Float32Array(components.length);
  const outline = new Uint32Array(components.length);
  const sharpOutline = new Uint32Array(components.length);
  for (let at = 0; at < mask.length; at++) {
    const label = labels[at];
    if (label < 0) continue;
    if (grown.distance[at] > strongest[label]) strongest[label] = grown.distance[at];
    const x = at % width;
    const isOutline =
      (x > 0 && mask[at - 1] === 0) ||
      (x < width - 1 && mask[at + 1] === 0) ||
      (at >= width && mask[at - width] === 0) ||
      (at < mask.length - width && mask[at + width] === 0);
    if (!isOutline) continue;
    outline[label]++;
    if (edges.toSharp[at] <= 4) sharpOutline[label]++;
  }
  const kept = components.map((c, k) => {
    if (c.area < Math.max(8, DUST * largest)) return false;
    if (c.area < FAINT_DUST * largest && strongest[k] < FAINT * grown.tolerance) return false;
    const atBorder = c.left === 0 || c.top === 0 || c.right === width - 1 || c.bottom === height - 1;
    return !(atBorder && sharpOutline[k] < BORDER_SHARP * outline[k]);
  });
  for (let at = 0; at < mask.length; at++) if (labels[at] >= 0 && !kept[labels[at]]) mask[at] = 0;
  return mask;
}

function withoutDust(mask: Uint8Array, { width, height }: LabImage): Uint8Array {
  const { labels, components } = connectedComponents(mask, width, height, 8);
  const largest = components.reduce((most, c) => Math.max(most, c.area), 0);
  const least = Math.max(8, DUST * largest);
  return mask.map((v, at) => (v !== 0 && components[labels[at]].area >= least ? 1 : 0));
}

/** Share of the picture's border where the mask is set. */
function borderShare(mask: Uint8Array, width: number, height: number): number {
  let set = 0;
  let all = 0;
  for (const at of borderPixels(width, height)) {
    all++;
    if (mask[at] !== 0) set++;
  }
  return set / all;
}

/** Share of the mask's outline that lies on sharp edges. */
function sharpShare(mask: Uint8Array, toSharp: Float32Array, width: number, height: number): number {
  let outline = 0;
  let onEdge = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      if (
        mask[at] === 0 ||
        (mask[at - 1] !== 0 && mask[at + 1] !== 0 && mask[at - width] !== 0 && mask[at + width] !== 0)
      )
        continue;
      outline++;
      if (toSharp[at] <= 4) onEdge++;
    }
  }
  return outline === 0 ? 0 : onEdge / outline;
}

function smoothStep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
