import type { Mesh } from "../../types.ts";
import { collapseToLattice } from "./collapse-to-lattice.ts";
import { smoothCrossField } from "./cross-field.ts";
import { buildHierarchy } from "./hierarchy.ts";
import { smoothLatticeField } from "./lattice-field.ts";

export interface RemeshOptions {
  /** Side of the quads, in the mesh's units. */
  edge: number;
  seed: number;
}

/**
 * A mesh of nearly right-angled triangles, two to a square, whose edges follow the shape: pairing them gives quads.
 * Field-aligned after Jakob et al., "Instant Field-Aligned Meshes", 2015; extraction by contraction is ours.
 *
 * @param mesh closed two-manifold with edges clearly shorter than the quads' sides.
 * @returns closed two-manifold.
 */
export function remeshQuads(mesh: Mesh, { edge, seed }: RemeshOptions): Mesh {
  const levels = buildHierarchy(mesh);
  const crosses = smoothCrossField(levels, seed);
  const origins = smoothLatticeField(levels, crosses, edge);
  return collapseToLattice(mesh, levels[0], crosses[0], origins, edge);
}
