import { EngineError } from "../errors.ts";
import type { Pivot } from "../types.ts";

export interface FitOptions {
  /** Centimetres along Y, X and Z. */
  height?: number;
  width?: number;
  depth?: number;
  pivot: Pivot;
}

/** Height of an asset when no dimension is asked for, centimetres. */
export const DEFAULT_HEIGHT = 200;

/**
 * Scales positions from cube units to metres: one dimension given, the others follow in proportion; several, each is
 * met; none, the height is 200 cm. Moves the pivot (the centre of the bounding box, or of its base) to the origin.
 * The extreme coordinates are set rather than computed, so that sizes are exact to the last bit of float32.
 *
 * @returns new positions, and the size in centimetres.
 */
export function fit(
  positions: Float32Array,
  options: FitOptions,
): { positions: Float32Array; size: { height: number; width: number; depth: number } } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const k = i % 3;
    if (positions[i] < low[k]) low[k] = positions[i];
    if (positions[i] > high[k]) high[k] = positions[i];
  }
  const extent = low.map((l, k) => high[k] - l);
  const asked: (number | undefined)[] = [options.width, options.height, options.depth];
  if (!asked.some((a) => a !== undefined)) asked[1] = DEFAULT_HEIGHT;
  const ratios = asked.flatMap((a, k) => {
    if (a === undefined) return [];
    if (!(extent[k] > 0)) throw new EngineError("internal", `the mesh has no extent along axis ${"xyz"[k]}`);
    return [a / 100 / extent[k]];
  });
  // Dimensions that were not asked for follow the mean of those that were.
  const follow = ratios.reduce((a, b) => a * b, 1) ** (1 / ratios.length);
  const metres = extent.map((e, k) => (asked[k] === undefined ? e * follow : asked[k] / 100));
  const out = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i++) {
    const k = i % 3;
    const share = (positions[i] - low[k]) / extent[k];
    const from = k === 1 && options.pivot === "base" ? 0 : -metres[k] / 2;
    out[i] = from + share * metres[k];
  }
  return { positions: out, size: { width: metres[0] * 100, height: metres[1] * 100, depth: metres[2] * 100 } };
}
