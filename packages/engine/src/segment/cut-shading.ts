import type { LabImage } from "../image/color.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import type { Background } from "./grow-background.ts";
import { minCut } from "./min-cut.ts";
import type { Edges } from "./sharp-edges.ts";

/**
 * Shadows, floors and shading that the surface fitted to the background does not follow. They have the background's hue
 * and continue it without an outline in between; so may parts of a pale or grey object where its outline is lost. A minimum
 * cut decides: what borders softly on the background pulls towards it, what lies across an outline from the background
 * pulls towards the object, and where the two meet the shortest line closes the gap in the outline.
 *
 * Tried before: balls rolling over the background, and a fitted rule on the outline of what they reach. Both kept or lost
 * whole facets: on pale objects with shadows single pictures fell to an IoU of 0.1 to 0.5, now the worst of 44 has 0.65.
 */

/** Darkest shadow, and lightest glow, as differences of L from the background. */
const DARKER = 62;
const LIGHTER = 14;
/** Tolerated difference of hue and saturation: at no difference of L, and more per unit of it (bounced light tints shadows). */
const CHROMA = 3;
const CHROMA_PER_L = 0.12;
/** Capacities of links: within shading, across a sharp edge, to the source or sink. */
const SOFT_LINK = 400;
const SHARP_LINK = 10;
const SEED = 400;
/**
 * What pulls each block of 2 × 2 pixels to the object. Without it facets that have sharp edges all around but no evidence
 * of their own went with the shadow (worst cases 0.1 instead of 0.65); at 20 shadows between legs stayed.
 */
const PRIOR = 8;
/** A pixel borders softly when no edge lies this close. */
const NEAR_EDGE = 2.3;
/** The background seen across an outline lies at most this far away. */
const ACROSS = 5;

/** @returns 1 for pixels that are background by this reasoning and are not marked in `known`. */
export function cutShading(lab: LabImage, background: Background, known: Uint8Array, edges: Edges): Uint8Array {
  const { width, height } = lab;
  const count = width * height;
  const { toSharp } = edges;
  const toKnown = squaredDistances(known, width, height);
  const w = (width + 1) >> 1;
  const h = (height + 1) >> 1;
  const right = new Int32Array(w * h);
  const down = new Int32Array(w * h);
  const terminal = new Int32Array(w * h);
  // 0 known background or object of another hue, 1 undecided and smooth, 2 undecided with an edge in it.
  const kind = new Uint8Array(w * h);
  const other = new Uint8Array(w * h);
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (known[at] !== 0) continue;
      const block = (y >> 1) * w + (x >> 1);
      if (!isShade(lab, background.expected, at)) other[block] = 1;
      else if (edges.sharp[at] !== 0) kind[block] = 2;
      else if (kind[block] === 0) kind[block] = 1;
    }
  }
  for (let block = 0; block < kind.length; block++) if (other[block] !== 0) kind[block] = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const block = (y >> 1) * w + (x >> 1);
      if (known[at] !== 0 || kind[block] === 0) continue;
      if (toKnown[at] <= 2 && toSharp[at] > NEAR_EDGE * NEAR_EDGE) terminal[block] = SEED;
      else if (edges.sharp[at] === 0 && toKnown[at] <= ACROSS * ACROSS && toSharp[at] <= NEAR_EDGE * NEAR_EDGE) {
        if (terminal[block] === 0) terminal[block] = -SEED;
      }
    }
  }
  for (let block = 0; block < kind.length; block++) {
    if (kind[block] === 0) continue;
    const x = block % w;
    if (x < w - 1 && kind[block + 1] !== 0) right[block] = link(kind[block], kind[block + 1]);
    if (block + w < kind.length && kind[block + w] !== 0) down[block] = link(kind[block], kind[block + w]);
    let drag = PRIOR;
    for (const next of [x > 0 ? block - 1 : -1, x < w - 1 ? block + 1 : -1, block - w, block + w]) {
      if (next >= 0 && next < kind.length && other[next] !== 0) drag += kind[block] === 2 ? SHARP_LINK : SOFT_LINK / 4;
    }
    terminal[block] -= drag;
  }
  const side = minCut({ width: w, height: h, right, down, terminal });
  const result = new Uint8Array(count);
  const edged = new Uint8Array(count);
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (known[at] !== 0 || edges.sharp[at] !== 0) continue;
      const block = (y >> 1) * w + (x >> 1);
      if (kind[block] === 1 && side[block] !== 0) result[at] = 1;
      else if ((kind[block] === 2 || other[block] !== 0) && isShade(lab, background.expected, at)) edged[at] = 1;
    }
  }
  growInto(result, known, edged, width, height);
  return result;
}

/** Blocks with an edge in them have pixels on both sides of it: those that touch background without crossing it join. */
function growInto(result: Uint8Array, known: Uint8Array, open: Uint8Array, width: number, height: number): void {
  for (let step = 0; step < 3; step++) {
    const joined: number[] = [];
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
        if (open[at] === 0 || result[at] !== 0) continue;
        for (const next of [at - 1, at + 1, at - width, at + width]) {
          if (result[next] !== 0 || known[next] !== 0) {
            joined.push(at);
            break;
          }
        }
      }
    }
    for (const at of joined) result[at] = 1;
  }
}

function link(one: number, two: number): number {
  return one === 2 || two === 2 ? SHARP_LINK : SOFT_LINK;
}

/** Whether a pixel has the background's colour times a grey factor. In Lab that scales L + 16, a and b alike. */
export function isShade(lab: LabImage, expected: LabImage, at: number): boolean {
  const difference = lab.l[at] - expected.l[at];
  if (difference < -DARKER || difference > LIGHTER) return false;
  const scale = (lab.l[at] + 16) / (expected.l[at] + 16);
  const a = lab.a[at] - scale * expected.a[at];
  const b = lab.b[at] - scale * expected.b[at];
  const tolerance = CHROMA + CHROMA_PER_L * Math.abs(difference);
  return a * a + b * b <= tolerance * tolerance;
}
