import { squaredDistances } from "../image/distance-transform.ts";

/**
 * Pixels whose colour is the object's own and nothing else: deeper than `depth` inside the mask. Where a part is too
 * thin to have any, the ridge along its middle.
 *
 * @param inside squared distance of each pixel to the nearest pixel outside the mask (0 outside it).
 */
export function innerPixels(inside: Float32Array, width: number, height: number, depth: number): Uint8Array {
  const core = new Uint8Array(inside.length);
  for (let at = 0; at < core.length; at++) if (inside[at] > depth * depth) core[at] = 1;
  const toCore = squaredDistances(core, width, height);
  const far = (depth + 2.5) ** 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (inside[at] === 0 || toCore[at] <= far) continue;
      if (isRidge(inside, width, height, x, y)) core[at] = 1;
    }
  }
  return core;
}

/** Whether the pixel lies at least as deep as both its neighbours, across or down: it is on the middle line. */
function isRidge(inside: Float32Array, width: number, height: number, x: number, y: number): boolean {
  const at = y * width + x;
  const own = inside[at];
  const left = x > 0 ? inside[at - 1] : 0;
  const right = x < width - 1 ? inside[at + 1] : 0;
  if (own >= left && own >= right) return true;
  const up = y > 0 ? inside[at - width] : 0;
  const down = y < height - 1 ? inside[at + width] : 0;
  return own >= up && own >= down;
}
