import type { Mesh } from "../types.ts";
import type { FlatCharts } from "./flat-charts.ts";

/** Charts that rise by less than this a unit, in the mean, lie: they have no up. */
const LYING = 0.35;
/** Share of the surface below which a chart fills gaps and may stand as it likes. */
const SMALL = 0.01;

/** Charts of which some must stay as they are turned. */
export interface StandingCharts {
  flat: FlatCharts;
  /** 1 for each chart that is not to be turned any more. */
  standing: Uint8Array;
}

/**
 * Turns charts by quarters so that up on the object is up in the texture, to within 45°, but for those that lie and for small ones:
 * who paints a texture finds faces, doors and labels standing.
 */
export function standUpright({ positions: p, triangles }: Mesh, flat: FlatCharts): StandingCharts {
  const { points, cornerUvs, charts, chartCount } = flat;
  // How far charts rise along u and v, times their areas.
  const rises = new Float64Array(2 * chartCount);
  const areas = new Float64Array(chartCount);
  const chartOf = new Uint32Array(points.length / 2);
  for (let t = 0; t < charts.length; t++) {
    const [i, j, k] = [cornerUvs[3 * t]!, cornerUvs[3 * t + 1]!, cornerUvs[3 * t + 2]!];
    const [ux, uy] = [points[2 * j]! - points[2 * i]!, points[2 * j + 1]! - points[2 * i + 1]!];
    const [wx, wy] = [points[2 * k]! - points[2 * i]!, points[2 * k + 1]! - points[2 * i + 1]!];
    const [low, first, second] = [0, 1, 2].map((q) => p[3 * triangles[3 * t + q]! + 1]!) as [number, number, number];
    const chart = charts[t]!;
    rises[2 * chart]! += ((first - low) * wy - (second - low) * uy) / 2;
    rises[2 * chart + 1]! += ((second - low) * ux - (first - low) * wx) / 2;
    areas[chart]! += (ux * wy - uy * wx) / 2;
    for (const uv of [i, j, k]) chartOf[uv] = chart;
  }
  const whole = areas.reduce((sum, area) => sum + area, 0);
  const standing = areas.map((area, c) =>
    Math.hypot(rises[2 * c]!, rises[2 * c + 1]!) >= LYING * area && area >= SMALL * whole ? 1 : 0,
  );
  const out = points.slice();
  chartOf.forEach((c, uv) => {
    if (!standing[c]) return;
    const [x, y] = [points[2 * uv]!, points[2 * uv + 1]!];
    const [alongU, alongV] = [rises[2 * c]!, rises[2 * c + 1]!];
    const upwards = Math.abs(alongV) >= Math.abs(alongU);
    const sign = (upwards ? alongV : alongU) >= 0 ? 1 : -1;
    out[2 * uv] = sign * (upwards ? x : -y);
    out[2 * uv + 1] = sign * (upwards ? y : x);
  });
  return { flat: { ...flat, points: out }, standing: Uint8Array.from(standing) };
}
