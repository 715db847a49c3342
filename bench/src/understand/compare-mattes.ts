import { squaredDistances } from "@maquette/engine/image/distance-transform";

/** Boundaries count as found within this share of the picture's diagonal (DAVIS, Perazzi et al. 2016: 0.008). */
const TOLERANCE = 0.008;

/** Intersection over union of coverages, and the F-measure of the outlines. */
export function compareMattes(matte: Uint8Array, truth: Uint8Array, width: number, height: number) {
  let [both, any] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    both += Math.min(matte[i], truth[i]);
    any += Math.max(matte[i], truth[i]);
  }
  const [a, b] = [matte, truth].map((plane) => boundaryOf(plane, width, height));
  const limit = (TOLERANCE * Math.hypot(width, height)) ** 2;
  const precision = shareNear(a, squaredDistances(b, width, height), limit);
  const recall = shareNear(b, squaredDistances(a, width, height), limit);
  const boundary = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { iou: any === 0 ? 1 : both / any, boundary };
}

/** Covered pixels with a neighbour that is not. */
function boundaryOf(plane: Uint8Array, width: number, height: number): Uint8Array {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && plane[y * width + x] >= 128;
  const out = new Uint8Array(plane.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (plane[i] < 128) continue;
      if (!inside(x - 1, y) || !inside(x + 1, y) || !inside(x, y - 1) || !inside(x, y + 1)) out[i] = 1;
    }
  }
  return out;
}

function shareNear(boundary: Uint8Array, distances: Float32Array, limit: number): number {
  let [near, all] = [0, 0];
  for (let i = 0; i < boundary.length; i++) {
    if (boundary[i] === 0) continue;
    all++;
    if (distances[i] <= limit) near++;
  }
  return all === 0 ? 0 : near / all;
}
