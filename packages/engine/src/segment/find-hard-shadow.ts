import type { LabImage } from "../image/color.ts";
import { connectedComponents } from "../image/components.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { isShade } from "./cut-shading.ts";
import type { Background } from "./grow-background.ts";
import type { Edges } from "./sharp-edges.ts";

/**
 * A shadow with a sharp outline cannot be told from a flat grey part by its pixels alone. It is taken for one only when
 * everything speaks for it: the background's hue exactly, one darkness all over, most of its outline against the
 * background, attached to the lower half of the object and sticking out on one side of it. A pedestal sticks out on both
 * sides, an axe's blade is attached at the top, a sword's blade is larger than what remains.
 */
const DARKER_BY = [6, 55] as const;
/** Spread of the darkness (standard deviation of L) beyond the background's noise. */
const SPREAD = 1.2;
/** Smallest area, as a share of what is not background. */
const AREA = 0.02;
/** What remains must be at least this large, in areas of the shadow. */
const REMAINS = 0.7;
/** Share of what is not background that must differ from it by more than darkness. */
const OTHER_HUE = 0.25;
/** Share of the outline that is against the background. */
const OUTER = 0.5;
/** How far it sticks out on one side, and at most on the other, as shares of the remaining object's width. */
const OUT = 0.12;
const NOT_OUT = 0.03;
/** Pixels that the outline itself is wide. */
const OUTLINE = 2.5;

/** @returns 1 on hard shadows among what is not background yet. */
export function findHardShadow(lab: LabImage, grown: Background, background: Uint8Array, edges: Edges): Uint8Array {
  const { width, height } = lab;
  const count = width * height;
  const shadow = new Uint8Array(count);
  const dark = new Uint8Array(count);
  let solid = 0;
  let otherHue = 0;
  for (let at = 0; at < count; at++) {
    if (background[at] !== 0) continue;
    solid++;
    if (!isShade(lab, grown.expected, at)) otherHue++;
    else if (edges.sharp[at] === 0) {
      const darker = grown.expected.l[at] - lab.l[at];
      if (darker >= DARKER_BY[0] && darker <= DARKER_BY[1]) dark[at] = 1;
    }
  }
  if (otherHue < OTHER_HUE * solid) return shadow;
  const { labels, components } = connectedComponents(dark, width, height, 4);
  const candidates = components
    .map((component, label) => ({ component, label }))
    .filter(({ component }) => component.area >= AREA * solid)
    .filter(({ label }) => spreadOf(lab, grown, labels, label) <= SPREAD + 2 * grown.noise);
  for (const { label } of candidates) {
    const region = withOutline(labels, label, background, width, height);
    if (sticksOut(region, background, width, height)) {
      for (let at = 0; at < count; at++) if (region[at] !== 0) shadow[at] = 1;
    }
  }
  return shadow;
}

/** Standard deviation of the darkness, in units of L. */
function spreadOf(lab: LabImage, grown: Background, labels: Int32Array, label: number): number {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] !== label) continue;
    const ratio = (lab.l[at] + 16) / (grown.expected.l[at] + 16);
    n++;
    sum += ratio;
    squares += ratio * ratio;
  }
  return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)) * 100;
}

/** The region and the blended pixels between it and the background. */
function withOutline(
  labels: Int32Array,
  label: number,
  background: Uint8Array,
  width: number,
  height: number,
): Uint8Array {
  const region = new Uint8Array(labels.length);
  for (let at = 0; at < region.length; at++) if (labels[at] === label) region[at] = 1;
  const toRegion = squaredDistances(region, width, height);
  const toBackground = squaredDistances(background, width, height);
  const reach = OUTLINE * OUTLINE;
  for (let at = 0; at < region.length; at++) {
    if (background[at] === 0 && toRegion[at] <= reach && toBackground[at] <= reach) region[at] = 1;
  }
  return region;
}

function sticksOut(region: Uint8Array, background: Uint8Array, width: number, height: number): boolean {
  const own = extent();
  const rest = extent();
  let outer = 0;
  let contact = 0;
  let contactY = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
      if (background[at] !== 0) continue;
      add(region[at] !== 0 ? own : rest, x, y);
      if (region[at] === 0) continue;
      for (const next of [at - 1, at + 1, at - width, at + width]) {
        if (region[next] !== 0) continue;
        if (background[next] !== 0) outer++;
        else {
          contact++;
          contactY += y;
        }
      }
    }
  }
  if (rest.area < REMAINS * own.area || contact === 0 || outer < OUTER * (outer + contact)) return false;
  if (contactY / contact < (rest.top + rest.bottom) / 2) return false;
  const wide = rest.right - rest.left;
  const outLeft = (rest.left - own.left) / wide;
  const outRight = (own.right - rest.right) / wide;
  return Math.max(outLeft, outRight) >= OUT && Math.min(outLeft, outRight) <= NOT_OUT;
}

function extent() {
  return { area: 0, left: Number.POSITIVE_INFINITY, right: -1, top: Number.POSITIVE_INFINITY, bottom: -1 };
}

function add(e: ReturnType<typeof extent>, x: number, y: number): void {
  e.area++;
  if (x < e.left) e.left = x;
  if (x > e.right) e.right = x;
  if (y < e.top) e.top = y;
  if (y > e.bottom) e.bottom = y;
}
