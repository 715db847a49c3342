import { connectedComponents } from "../image/components.ts";

export interface RemoveInnerDetailsOptions {
  /** Pixels of the longer side at which details are looked for. */
  side: number;
  /** Pixels, at that size, which count as the outline. */
  rim: number;
  /** A pixel belongs to a detail when filling changes one of its channels by this, sRGB bytes. Shading stays below. */
  change: number;
  /** Pixels, at that size: thinner details stay. They are grain, joints between planks, seams, which go on all round. */
  thinnest: number;
  /** Share of the silhouette: larger details stay. They are the light in a lantern, not an eye. */
  largest: number;
  /** Share of the silhouette: where details cover more, all stay. A house or a chest is built of them. */
  most: number;
  /** A detail stays if this share of what surrounds it has its colour: it goes on, so something was cut in two. */
  cut: number;
  /** Colours are one up to this difference, sRGB bytes (Euclidean). */
  alike: number;
}

const DEFAULTS: RemoveInnerDetailsOptions = {
  side: 256,
  rim: 2,
  change: 24,
  thinnest: 5,
  largest: 0.18,
  most: 0.3,
  cut: 0.05,
  alike: 40,
};

const LEVELS = 256;

/** Rounds in which colours spread, at each size, and how far each goes: 1 is plain relaxation, at 2 it no longer settles. */
const ROUNDS = 16;
const OVER_RELAXATION = 1.7;

/** Means of blocks of pixels, with an empty pixel all around. */
interface Reduced {
  width: number;
  height: number;
  /** Non-zero inside the outline, and what counts as the outline itself. */
  inside: Uint8Array;
  outline: Uint8Array;
  channels: Uint8Array[];
}

/**
 * A view's colours without what lies within the outline and does not reach it: eyes, a mouth, a lock, a cushion. What shows
 * through from behind looks like this, because colours that reach the outline go on round it, and those that do not belong to
 * the side that is shown: without this a fox had a second face on the back of its head. Decision 0023 has what was measured.
 *
 * Each channel is filled, then levelled, by the lowest and highest values on the way to the outline (Soille, "Morphological
 * Image Analysis", 2003, 6.3.7: fillhole and its dual), which knows no sizes. What that changes is a detail, and takes colours
 * from around it. Filled values themselves will not do: channels are levelled by different ways, and a white breast on
 * orange fur became pink.
 *
 * @param colors sRGB bytes, 3 a pixel
 * @param edge signed distance to the outline in pixels, positive inside
 */
export function removeInnerDetails(
  colors: Uint8Array,
  edge: Float32Array,
  width: number,
  height: number,
  options: Partial<RemoveInnerDetailsOptions> = {},
): Uint8Array {
  const { side, rim, change, thinnest, largest, most, cut, alike } = { ...DEFAULTS, ...options };
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  const reduced = reduce(colors, edge, width, height, step, rim);
  const { inside, channels } = reduced;
  const changed = new Uint8Array(inside.length);
  for (const channel of channels) {
    const holes = fillFromOutline(channel, reduced);
    const filled = invert(fillFromOutline(invert(holes), reduced));
    for (let i = 0; i < changed.length; i++) if (Math.abs(filled[i] - channel[i]) >= change) changed[i] = inside[i];
  }
  const reach = Math.floor(thinnest / 2);
  let details = changed;
  for (let k = 0; k < reach; k++) details = erode(details, reduced.width);
  // Back to their size, and three further: a detail's edge lies within a pixel, and is as much a detail as its middle.
  for (let k = 0; k < reach + 3; k++) details = dilate(details, inside, reduced.width);
  const area = count(inside);
  if (count(details) > most * area) return colors;
  for (const piece of piecesOf(details, reduced.width)) {
    const going = shareThatGoesOn(piece, changed, details, reduced, alike);
    if (piece.length > largest * area || going > cut) for (const i of piece) details[i] = 0;
  }
  if (count(details) === 0) return colors;
  const known = inside.map((within, i) => (within && !details[i] ? 1 : 0));
  const spread = channels.map((channel) =>
    spreadInto(Float32Array.from(channel), known, reduced.width, reduced.height),
  );

  const out = colors.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (Math.floor(y / step) + 1) * reduced.width + Math.floor(x / step) + 1;
      if (!details[at]) continue;
      for (let c = 0; c < 3; c++) out[3 * (y * width + x) + c] = Math.round(spread[c][at]);
    }
  }
  return out;
}

function reduce(
  colors: Uint8Array,
  edge: Float32Array,
  width: number,
  height: number,
  step: number,
  rim: number,
): Reduced {
  const w = Math.ceil(width / step) + 2;
  const h = Math.ceil(height / step) + 2;
  const counts = new Float32Array(w * h);
  const nearest = new Float32Array(w * h).fill(Number.POSITIVE_INFINITY);
  const sums = [0, 1, 2].map(() => new Float32Array(w * h));
  const [red, green, blue] = sums;
  for (let y = 0, i = 0; y < height; y++) {
    const row = (Math.floor(y / step) + 1) * w + 1;
    for (let x = 0; x < width; x++, i++) {
      if (edge[i] <= 0) continue;
      const at = row + ((x / step) | 0);
      counts[at]++;
      nearest[at] = Math.min(nearest[at], edge[i]);
      red[at] += colors[3 * i];
      green[at] += colors[3 * i + 1];
      blue[at] += colors[3 * i + 2];
    }
  }
  return {
    width: w,
    height: h,
    inside: Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0)),
    outline: Uint8Array.from(nearest, (distance) => (distance <= rim * step ? 1 : 0)),
    channels: sums.map((sum) => Uint8Array.from(sum, (value, i) => Math.round(value / Math.max(1, counts[i])))),
  };
}

/**
 * Of every pixel the least value that some way from the outline, over pixels inside, does not exceed. Pixels that no way
 * reaches keep theirs.
 */
function fillFromOutline(values: Uint8Array, { inside, outline, width }: Reduced): Uint8Array {
  const out = values.slice();
  const reached = new Uint8Array(values.length);
  const levels: number[][] = Array.from({ length: LEVELS }, () => []);
  for (let i = 0; i < values.length; i++) {
    if (!outline[i]) continue;
    reached[i] = 1;
    levels[values[i]].push(i);
  }
  const steps = [-1, 1, -width, width];
  for (let level = 0; level < LEVELS; level++) {
    const queue = levels[level];
    // It grows while it is gone through.
    for (let k = 0; k < queue.length; k++) {
      for (const step of steps) {
        const j = queue[k] + step;
        if (reached[j] || !inside[j]) continue;
        reached[j] = 1;
        out[j] = Math.max(level, values[j]);
        levels[out[j]].push(j);
      }
    }
  }
  return out;
}

const invert = (values: Uint8Array): Uint8Array => values.map((value) => LEVELS - 1 - value);

const erode = (mask: Uint8Array<ArrayBuffer>, width: number) =>
  mask.map((m, i) => (m && mask[i - 1] && mask[i + 1] && mask[i - width] && mask[i + width] ? 1 : 0));

const dilate = (mask: Uint8Array<ArrayBuffer>, inside: Uint8Array, width: number) =>
  mask.map((m, i) => (m || (inside[i] && (mask[i - 1] || mask[i + 1] || mask[i - width] || mask[i + width])) ? 1 : 0));

const count = (mask: Uint8Array) => mask.reduce((sum, m) => sum + m, 0);

/** The connected pieces of a mask, each as the indices of its pixels. */
function piecesOf(mask: Uint8Array, width: number): number[][] {
  const { labels, components } = connectedComponents(mask, width, mask.length / width, 4);
  const pieces = components.map((): number[] => []);
  labels.forEach((label, i) => {
    if (label >= 0) pieces[label].push(i);
  });
  return pieces;
}

/** Of the pixels next to a piece, those that have the mean colour of its changed pixels. */
function shareThatGoesOn(
  piece: readonly number[],
  changed: Uint8Array,
  details: Uint8Array,
  { inside, channels, width }: Reduced,
  alike: number,
): number {
  const core = piece.filter((i) => changed[i]);
  const color = channels.map((channel) => core.reduce((sum, i) => sum + channel[i], 0) / core.length);
  const around = new Set<number>();
  for (const i of piece) {
    for (const step of [-1, 1, -width, width]) if (inside[i + step] && !details[i + step]) around.add(i + step);
  }
  let going = 0;
  for (const i of around) if (Math.hypot(...channels.map((channel, c) => channel[i] - color[c])) <= alike) going++;
  return going / Math.max(1, around.size);
}

/**
 * Values of the known pixels, spread to all others as heat spreads: from half the size to the whole, so that wide gaps fill
 * as well as narrow ones. In place.
 */
function spreadInto(values: Float32Array, known: Uint8Array, width: number, height: number): Float32Array {
  if (Math.min(width, height) > 4) {
    const w = (width + 1) >> 1;
    const h = (height + 1) >> 1;
    const half = new Float32Array(w * h);
    const counts = new Float32Array(w * h);
    const place = (i: number) => (((i / width) | 0) >> 1) * w + ((i % width) >> 1);
    for (let i = 0; i < values.length; i++) {
      if (!known[i]) continue;
      half[place(i)] += values[i];
      counts[place(i)]++;
    }
    for (let i = 0; i < half.length; i++) if (counts[i] > 0) half[i] /= counts[i];
    spreadInto(
      half,
      Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0)),
      w,
      h,
    );
    for (let i = 0; i < values.length; i++) if (!known[i]) values[i] = half[place(i)];
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (known[i]) continue;
        const left = x > 0 ? values[i - 1] : values[i];
        const right = x + 1 < width ? values[i + 1] : values[i];
        const above = y > 0 ? values[i - width] : values[i];
        const below = y + 1 < height ? values[i + width] : values[i];
        const mean = (left + right + above + below) / 4;
        values[i] = Math.min(255, Math.max(0, values[i] + OVER_RELAXATION * (mean - values[i])));
      }
    }
  }
  return values;
}
