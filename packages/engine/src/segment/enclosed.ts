import type { LabImage } from "../image/color.ts";
import { type Component, connectedComponents } from "../image/components.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { borderPixels, flood } from "../image/flood.ts";
import type { Background } from "./grow-background.ts";

/**
 * Regions of the background's colour inside the object: a mug's handle and a ladder's rungs show the background, white
 * eyes, a white shirt and the inside of an outline drawing do not.
 */

/** Outlines may have gaps up to twice this wide, pixels of the analysed picture (about 512 a side). */
const GAP = 2;
const GAP_OF_DRAWING = 5;
/** Strokes of a drawing are at most twice this wide. */
const STROKE = 2.3;
/** A drawing consists of strokes to this share … */
const STROKE_SHARE = 0.85;
/** … and they cover at most this share of what they enclose. */
const STROKE_COVER = 0.55;
/** Regions with fewer pixels are never holes. */
const SMALLEST = 12;
/** Smallest hole, as a share of the object. Cartoon eyes stay below. */
const HOLE_AREA = 0.004;
/** So many small holes alike are a grating, when together they make up `GRATING_AREA`. */
const GRATING_COUNT = 6;
const GRATING_AREA = 0.01;
/** A region whose boundary is to this share only a stroke away from the outside is enclosed by an outline. */
const OUTLINED = 0.3;
/** Pixels from a region's boundary within which JPEG ripples; regions too narrow to have others may differ more. */
const RIPPLE_MARGIN = 4;
const NARROW_SLACK = 3;
/** Share of a region that islands (pupils) may take before it is no hole. */
const ISLANDS = 0.01;

export interface Enclosed {
  /** 1 where the background shows, holes included. */
  background: Uint8Array;
  /** Whether the picture is an outline drawing, whose inside was filled. */
  drawing: boolean;
  holes: number;
}

export function decideEnclosed(lab: LabImage, grown: Background): Enclosed {
  const { width, height } = lab;
  const { reached, alike } = grown;
  const paper = paperOfDrawing(reached, alike, width, height);
  if (paper !== null) return { background: paper, drawing: true, holes: 0 };
  const outside = opened(reached, width, height, GAP);
  const inner = new Uint8Array(width * height);
  let solid = 0;
  for (let at = 0; at < inner.length; at++) {
    if (outside[at] === 0) solid++;
    if (outside[at] === 0 && alike[at] !== 0) inner[at] = 1;
  }
  const { labels, components } = connectedComponents(inner, width, height, 4, SMALLEST);
  if (components.length === 0) return { background: outside, drawing: false, holes: 0 };
  const tight = matchesTightly(lab, grown, labels, components);
  const outlined = outlinedShares(outside, labels, components, width, height);
  const islands = islandAreas(outside, inner, labels, components.length, width, height);
  const plausible = components.map((c, k) => tight[k] && outlined[k] < OUTLINED && islands[k] <= ISLANDS * c.area);
  const small = components.map((c) => c.area < HOLE_AREA * solid);
  const grating = components.filter((_, k) => plausible[k] && small[k]);
  const gratingArea = grating.reduce((sum, c) => sum + c.area, 0);
  const isGrating = grating.length >= GRATING_COUNT && gratingArea >= GRATING_AREA * solid;
  const background = outside.slice();
  let holes = 0;
  const open = components.map((_, k) => plausible[k] && (!small[k] || isGrating));
  for (const is of open) if (is) holes++;
  for (let at = 0; at < background.length; at++) if (labels[at] >= 0 && open[labels[at]]) background[at] = 1;
  return { background, drawing: false, holes };
}

/**
 * The part of the reached background that a ball of the given radius reaches too. What lies behind a gap too narrow for
 * the ball, but is itself wide enough for it, is cut off; slots and tips that no ball enters stay.
 *
 * S.-H. Zhang et al.: Vectorizing Cartoon Animations (2009), the trapped-ball fill.
 */
function opened(reached: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const blocked = reached.map((v) => 1 - v);
  const toBlocked = squaredDistances(blocked, width, height);
  const core = new Uint8Array(reached.length);
  for (let at = 0; at < core.length; at++) if (toBlocked[at] > radius * radius) core[at] = 1;
  const border = [...borderPixels(width, height)].filter((at) => reached[at] !== 0);
  const outer = flood(core, width, height, border);
  for (const at of border) outer[at] = 1;
  const toOuter = squaredDistances(outer, width, height);
  const rest = new Uint8Array(reached.length);
  for (let at = 0; at < rest.length; at++) {
    if (reached[at] !== 0 && toOuter[at] > (radius + 0.5) * (radius + 0.5)) rest[at] = 1;
  }
  const { labels, components } = connectedComponents(rest, width, height, 4);
  const trapped = new Uint8Array(components.length);
  for (let at = 0; at < rest.length; at++) if (labels[at] >= 0 && core[at] !== 0) trapped[labels[at]] = 1;
  const result = reached.slice();
  for (let at = 0; at < rest.length; at++) if (labels[at] >= 0 && trapped[labels[at]] !== 0) result[at] = 0;
  return result;
}

/** The outside of an outline drawing: thin strokes that enclose much more than they cover. Null when it is none. */
function paperOfDrawing(reached: Uint8Array, alike: Uint8Array, width: number, height: number): Uint8Array | null {
  const toPaper = squaredDistances(alike, width, height);
  let ink = 0;
  let strokes = 0;
  for (let at = 0; at < alike.length; at++) {
    if (alike[at] !== 0) continue;
    ink++;
    if (toPaper[at] <= STROKE * STROKE) strokes++;
  }
  if (ink === 0 || strokes <= STROKE_SHARE * ink) return null;
  const outside = opened(reached, width, height, GAP_OF_DRAWING);
  let filled = 0;
  for (const v of outside) if (v === 0) filled++;
  return ink < STROKE_COVER * filled ? outside : null;
}

/**
 * Whether each region has the expected colour to within the noise: its mean and its spread are those of the background.
 * Measured away from the region's boundary where it is wide enough, since JPEG ripples there.
 */
function matchesTightly(lab: LabImage, grown: Background, labels: Int32Array, components: Component[]): boolean[] {
  const { width, height } = lab;
  const outer = new Uint8Array(labels.length);
  for (let at = 0; at < outer.length; at++) if (labels[at] < 0) outer[at] = 1;
  const inside = squaredDistances(outer, width, height);
  const everywhere = components.map(() => new Float64Array(5));
  const within = components.map(() => new Float64Array(5));
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] < 0) continue;
    addDifference(everywhere[labels[at]], lab, grown, at);
    if (inside[at] > RIPPLE_MARGIN * RIPPLE_MARGIN) addDifference(within[labels[at]], lab, grown, at);
  }
  return components.map((_, k) => {
    const enough = within[k][0] >= 0.2 * everywhere[k][0];
    const [n, l, a, b, distance] = enough ? within[k] : everywhere[k];
    const slack = enough ? 1 : NARROW_SLACK;
    const offset = Math.hypot(l, a, b) / n;
    return offset <= slack * (0.6 + 0.5 * grown.noise) && distance / n <= slack * (0.5 + 1.5 * grown.noise);
  });
}

function addDifference(sums: Float64Array, lab: LabImage, grown: Background, at: number): void {
  sums[0]++;
  sums[1] += lab.l[at] - grown.expected.l[at];
  sums[2] += lab.a[at] - grown.expected.a[at];
  sums[3] += lab.b[at] - grown.expected.b[at];
  sums[4] += grown.distance[at];
}

/** Share of each region's boundary from which the outside is only a stroke away. */
function outlinedShares(
  outside: Uint8Array,
  labels: Int32Array,
  components: Component[],
  width: number,
  height: number,
): number[] {
  const toOutside = squaredDistances(outside, width, height);
  const reach = 2 * STROKE + 1;
  const boundary = new Float64Array(components.length);
  const near = new Float64Array(components.length);
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at];
    if (label < 0) continue;
    const x = at % width;
    const inside =
      x > 0 &&
      x < width - 1 &&
      at >= width &&
      at < labels.length - width &&
      labels[at - 1] === label &&
      labels[at + 1] === label &&
      labels[at - width] === label &&
      labels[at + width] === label;
    if (inside) continue;
    boundary[label]++;
    if (toOutside[at] <= reach * reach) near[label]++;
  }
  return components.map((_, k) => near[k] / Math.max(1, boundary[k]));
}

/** Area of the solid pieces that float in exactly one region each, per region. */
function islandAreas(
  outside: Uint8Array,
  inner: Uint8Array,
  labels: Int32Array,
  count: number,
  width: number,
  height: number,
): Float64Array {
  const solid = new Uint8Array(outside.length);
  for (let at = 0; at < solid.length; at++) if (outside[at] === 0 && inner[at] === 0) solid[at] = 1;
  const pieces = connectedComponents(solid, width, height, 8);
  // -1 undecided, -2 touches the outside or several regions.
  const host = new Int32Array(pieces.components.length).fill(-1);
  for (let at = 0; at < solid.length; at++) {
    const piece = pieces.labels[at];
    if (piece < 0) continue;
    const x = at % width;
    for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
      const region = next < 0 || next >= solid.length || outside[next] !== 0 ? -2 : labels[next];
      if (region === -1) continue;
      if (host[piece] === -1) host[piece] = region;
      else if (host[piece] !== region) host[piece] = -2;
    }
  }
  const areas = new Float64Array(count);
  pieces.components.forEach((c, k) => {
    if (host[k] >= 0) areas[host[k]] += c.area;
  });
  return areas;
}
