import { connectedComponents } from "../image/components.ts";
import { borderPixels } from "../image/flood.ts";
import type { Cutout, Matte, RgbaImage } from "../types.ts";

/** Alpha below this is nothing (5 %), above OPAQUE all there is. */
const NOTHING = 13;
const OPAQUE = 200;
/**
 * A channel means something when this share of the picture is transparent, or less of it but also this share of the border:
 * the rounded corners of a screenshot (0.2 % and 5 %) are no cut-out, an object trimmed to its bounds is.
 */
const TRANSPARENT = 0.05;
const TRANSPARENT_AND_BORDER = [0.01, 0.08] as const;
/**
 * A half-transparent region is a shadow or glow when it lies open to the transparent for at least this share of its outline,
 * has one colour (standard deviation, bytes), and either fades out softly (mean alpha of its outermost pixels) or is black.
 * Glass ends sharply or lies inside; smoke and flames change their colour.
 */
const OPEN = 0.2;
const ONE_COLOR = 12;
const FADED = 48;
const BLACK = 30;
/** Nothing is taken for a shadow when less than this share would remain: a ghost is an object too. */
const REMAINS = 0.2;
/** Pieces smaller than this share of the largest are specks left over from cutting. */
const DUST = 0.0005;

/**
 * The matte from a picture's own alpha channel; null when the channel means nothing (fully or nearly opaque). Shadows
 * painted in alpha are taken out. What is half-transparent within the object is covered all the same: a matte says where
 * the object is, not how clear its glass is.
 */
export function alphaMatte(image: RgbaImage): Cutout | null {
  const { width, height, data } = image;
  const count = width * height;
  let transparent = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] < NOTHING) transparent++;
  if (!isMeaningful(image, transparent / count)) return null;
  const support = new Uint8Array(count);
  for (let at = 0; at < count; at++) if (data[4 * at + 3] >= NOTHING) support[at] = 1;
  removeShadows(image, support);
  removeDust(support, width, height);
  return { image, matte: coverage(image, support), source: "alpha", confidence: 1 };
}

function isMeaningful(image: RgbaImage, transparent: number): boolean {
  if (transparent >= TRANSPARENT) return true;
  if (transparent < TRANSPARENT_AND_BORDER[0]) return false;
  let border = 0;
  let clear = 0;
  for (const at of borderPixels(image.width, image.height)) {
    border++;
    if (image.data[4 * at + 3] < NOTHING) clear++;
  }
  return clear / border >= TRANSPARENT_AND_BORDER[1];
}

function removeShadows(image: RgbaImage, support: Uint8Array): void {
  const { width, height, data } = image;
  const soft = new Uint8Array(support.length);
  let supported = 0;
  for (let at = 0; at < soft.length; at++) {
    if (support[at] === 0) continue;
    supported++;
    if (data[4 * at + 3] < OPAQUE) soft[at] = 1;
  }
  const { labels, components } = connectedComponents(soft, width, height, 4, 30);
  const tally = components.map(() => new Float64Array(11));
  for (let at = 0; at < soft.length; at++) {
    if (labels[at] < 0) continue;
    const t = tally[labels[at]];
    const alpha = data[4 * at + 3];
    t[0] += alpha;
    for (let c = 0; c < 3; c++) {
      const v = data[4 * at + c];
      t[1 + c] += alpha * v;
      t[4 + c] += alpha * v * v;
    }
    const x = at % width;
    let outline = false;
    let open = false;
    for (const next of [x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at, at - width, at + width]) {
      if (next < 0 || next >= soft.length || labels[next] === labels[at]) continue;
      outline = true;
      if (support[next] === 0) open = true;
    }
    if (outline) t[7]++;
    if (open) {
      t[8]++;
      t[9] += alpha;
    }
  }
  const shadow = tally.map((t) => {
    const mean = [t[1] / t[0], t[2] / t[0], t[3] / t[0]];
    const spread = Math.sqrt(Math.max(0, (t[4] + t[5] + t[6]) / t[0] - mean[0] ** 2 - mean[1] ** 2 - mean[2] ** 2));
    if (t[8] < OPEN * t[7] || spread > ONE_COLOR) return false;
    return t[9] / t[8] <= FADED || Math.max(...mean) <= BLACK;
  });
  const taken = components.reduce((sum, c, k) => sum + (shadow[k] ? c.area : 0), 0);
  if (supported - taken < REMAINS * supported) return;
  for (let at = 0; at < soft.length; at++) if (labels[at] >= 0 && shadow[labels[at]]) support[at] = 0;
}

function removeDust(support: Uint8Array, width: number, height: number): void {
  const { labels, components } = connectedComponents(support, width, height, 8);
  const largest = components.reduce((most, c) => Math.max(most, c.area), 0);
  for (let at = 0; at < support.length; at++) {
    if (labels[at] >= 0 && components[labels[at]].area < DUST * largest) support[at] = 0;
  }
}

/** Alpha in proportion to the most opaque pixel close by: full inside glass, fractional only along the outline. */
function coverage(image: RgbaImage, support: Uint8Array): Matte {
  const { width, height, data } = image;
  const matte: Matte = { width, height, data: new Uint8Array(support.length) };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (support[at] === 0) continue;
      const alpha = data[4 * at + 3];
      let most = alpha;
      if (alpha < 250) {
        for (let j = Math.max(0, y - 2); j <= Math.min(height - 1, y + 2); j++) {
          for (let i = Math.max(0, x - 2); i <= Math.min(width - 1, x + 2); i++) {
            const other = j * width + i;
            if (support[other] !== 0 && data[4 * other + 3] > most) most = data[4 * other + 3];
          }
        }
      }
      matte.data[at] = Math.round((255 * alpha) / most);
    }
  }
  return matte;
}
