import { triangleArea } from "../mesh/triangle-area.ts";
import type { Mesh } from "../types.ts";
import type { Unwrapped } from "./unwrap.ts";

/** What an artist asks of a UV layout. */
export interface LayoutFigures {
  charts: number;
  /** Share of the texture that charts cover. */
  utilization: number;
  /** Coefficient of variation of the texel density (texels a length) over the surface: 0 is even. */
  densitySpread: number;
}

export function measureLayout({ positions: p, triangles }: Mesh, layout: Unwrapped): LayoutFigures {
  const { uvs, cornerUvs } = layout;
  let [weight, sum, squares] = [0, 0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    const area = triangleArea(p, triangles, t);
    const [d, e, f] = [2 * cornerUvs[t], 2 * cornerUvs[t + 1], 2 * cornerUvs[t + 2]];
    const texels =
      Math.abs((uvs[e] - uvs[d]) * (uvs[f + 1] - uvs[d + 1]) - (uvs[f] - uvs[d]) * (uvs[e + 1] - uvs[d + 1])) / 2;
    if (area === 0) continue;
    const density = Math.sqrt(texels / area);
    weight += area;
    sum += area * density;
    squares += area * density * density;
  }
  const mean = sum / weight;
  const variance = Math.max(0, squares / weight - mean * mean);
  return {
    charts: layout.chartCount,
    utilization: layout.utilization,
    densitySpread: mean > 0 ? Math.sqrt(variance) / mean : 0,
  };
}
