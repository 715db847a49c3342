import { contour } from "../surface/contour.ts";
import type { Field, Mesh } from "../types.ts";
import { collapseEdges } from "./collapse-edges.ts";
import { fitToSurface } from "./fit-to-surface.ts";
import { triangulateQuads } from "./triangulate-quads.ts";

export interface SimplifyOptions {
  /** No more triangles than this, whatever it costs. */
  maxTriangles: number;
  /** As few triangles as can be had while the surface moves by no more than this, cube units. */
  tolerance: number;
}

/**
 * Simplifies the dense surface as far as the tolerance allows, and further where the cap asks for it, and fits what is left to it. Where collapsing
 * cannot reach the cap (every handle and every loose piece needs its own triangles), the surface is taken from the
 * field at half its resolution, in which the smallest of them are gone.
 */
export function simplify(dense: Mesh, field: Field, options: SimplifyOptions): { mesh: Mesh; error: number } {
  let source = dense;
  let coarse = field;
  for (;;) {
    const result = collapseEdges(source, { ...options, force: true });
    if (result.mesh.triangles.length / 3 <= options.maxTriangles || coarse.n <= 8) {
      return { mesh: fitToSurface(result.mesh, source), error: result.error };
    }
    coarse = halve(coarse);
    source = triangulateQuads(contour(coarse));
  }
}

/** The mean of each 2×2×2 block. */
function halve(field: Field): Field {
  const { n, data } = field;
  const m = n >> 1;
  const out = new Float32Array(m * m * m);
  for (let z = 0; z < m; z++) {
    for (let y = 0; y < m; y++) {
      for (let x = 0; x < m; x++) {
        let sum = 0;
        for (let c = 0; c < 8; c++) {
          sum += data[((2 * z + (c >> 2)) * n + 2 * y + ((c >> 1) & 1)) * n + 2 * x + (c & 1)];
        }
        out[(z * m + y) * m + x] = sum / 8;
      }
    }
  }
  return { n: m, data: out };
}
