import { squaredDistances } from "../image/distance-transform.ts";
import type { Cutout, RgbaImage } from "../types.ts";
import { innerPixels } from "./inner-pixels.ts";

/** Pixels from the outline within which a colour may hold some of the background: the blend itself, and JPEG's bleeding. */
const DEPTH = 2;
/** Colours reach this far beyond the outline, so that what is sampled just outside it finds the object's. */
const OUTWARD = 16;

/**
 * The picture with the object's own colours along its outline: partly covered pixels, those within 2 pixels of them, and
 * those up to 16 pixels outside take the colour of the nearest pixel well inside. Deeper and farther pixels and alpha
 * stay as they are.
 */
export function decontaminate(cutout: Cutout): RgbaImage {
  const { image, matte } = cutout;
  const { width, height } = image;
  const uncovered = new Uint8Array(width * height);
  for (let at = 0; at < uncovered.length; at++) if (matte.data[at] < 250) uncovered[at] = 1;
  const inside = squaredDistances(uncovered, width, height);
  const core = innerPixels(inside, width, height, DEPTH);
  const nearest = new Int32Array(width * height);
  const toCore = squaredDistances(core, width, height, nearest);
  const data = image.data.slice();
  for (let at = 0; at < core.length; at++) {
    if (core[at] !== 0 || nearest[at] < 0) continue;
    if (matte.data[at] === 0 && toCore[at] > (OUTWARD + DEPTH) ** 2) continue;
    const from = 4 * nearest[at];
    data[4 * at] = image.data[from];
    data[4 * at + 1] = image.data[from + 1];
    data[4 * at + 2] = image.data[from + 2];
  }
  return { width, height, data };
}
