import { EngineError } from "../errors.ts";
import type { Soup } from "./clean-soup.ts";

/** Free cells on every side of the grid: for the band, for sheets' thickness, and for the flood to get around. */
const MARGIN = 3;

export interface Placing {
  soup: Soup;
  /** Units of the source in one cube unit. */
  scale: number;
  /** Longest side of the model in units of the source. */
  longest: number;
}

/** Centres the model in the cube [-0.5, 0.5]³ and lets it fill all but the margin of a grid of n samples. @throws EngineError */
export function normalizeSoup(soup: Soup, n: number): Placing {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const v of soup.triangles) {
    for (let k = 0; k < 3; k++) {
      low[k] = Math.min(low[k]!, soup.positions[3 * v + k]!);
      high[k] = Math.max(high[k]!, soup.positions[3 * v + k]!);
    }
  }
  const extent = low.map((l, k) => high[k]! - l);
  const longest = Math.max(...extent);
  // A line has no second extent; a sheet has, and is given a thickness.
  const second = extent.toSorted((a, b) => b - a)[1]!;
  if (!(longest > 0 && Number.isFinite(longest)) || second < longest * 1e-6) {
    throw new EngineError("model_flat", `it measures ${extent.map((e) => Number(e.toPrecision(3))).join(" × ")}`);
  }
  const scale = longest / (1 - (2 * MARGIN) / n);
  const positions = soup.positions.map((p, i) => (p - (low[i % 3]! + high[i % 3]!) / 2) / scale);
  return { soup: { ...soup, positions }, scale, longest };
}
