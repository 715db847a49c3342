import { FaceCrossings } from "../mesh/face-crossings.ts";
import type { Field, Mesh } from "../types.ts";
import { type SimplifyOptions, simplify } from "./simplify.ts";
import { untangle } from "./untangle.ts";

/** Shares of the tolerance that are tried, one after another. */
const TRIES = [1, 0.7, 0.5];
/** Pairs of faces that cut through each other, per face: more are not delivered if a finer mesh has fewer. */
const MOST = 0.0004;

/**
 * Simplifies, and moves apart what came to cut through itself. Where pieces touch, corners can be stuck; a mesh that keeps
 * closer to the dense surface, which never crosses itself, then has fewer.
 */
export function simplifyUntangled(dense: Mesh, field: Field, options: SimplifyOptions): Mesh {
  let best: { mesh: Mesh; crossings: number } | null = null;
  for (const share of TRIES) {
    const { mesh } = simplify(dense, field, { ...options, tolerance: share * options.tolerance });
    const untangled = untangle(mesh, null);
    const crossings = countCrossings(untangled);
    if (!best || crossings < best.crossings) best = { mesh: untangled, crossings };
    if (crossings <= (MOST * mesh.triangles.length) / 3) break;
  }
  return best!.mesh;
}

function countCrossings({ positions, triangles }: Mesh): number {
  const sizes = new Uint8Array(triangles.length / 3).fill(3);
  return new FaceCrossings(positions, sizes, triangles).all().length;
}
