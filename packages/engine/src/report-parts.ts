import type { PartReport } from "./asset.ts";
import { countTriangles } from "./fit/build-levels.ts";
import type { PartMesh } from "./types.ts";

/** What each part is called, how large it is and where its origin lies. */
export function reportParts(parts: readonly PartMesh[]): PartReport[] {
  return parts.map((part) => {
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (const v of part.cornerVertices) {
      for (let k = 0; k < 3; k++) {
        low[k] = Math.min(low[k]!, part.positions[3 * v + k]!);
        high[k] = Math.max(high[k]!, part.positions[3 * v + k]!);
      }
    }
    const [width, height, depth] = low.map((v, k) => centimetres(high[k]! - v)) as [number, number, number];
    const [x, y, z] = part.pivot.map(centimetres) as [number, number, number];
    return { name: part.name, triangles: countTriangles([part]), size: { height, width, depth }, pivot: { x, y, z } };
  });
}

/** To a thousandth: a float's metres are no truer. */
function centimetres(metres: number): number {
  return Math.round(metres * 1e5) / 1e3;
}
