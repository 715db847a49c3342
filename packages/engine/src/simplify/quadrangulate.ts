import { sampleField } from "../mesh/sample-field.ts";
import { surfaceArea } from "../mesh/triangle-area.ts";
import { volumeOf } from "../mesh/volume.ts";
import type { Field, Mesh } from "../types.ts";
import { fitToSurface } from "./fit-to-surface.ts";
import { remeshQuads } from "./quads/remesh-quads.ts";

export interface QuadrangulateOptions {
  /** No more triangles than this. */
  maxTriangles: number;
  /** Side of the quads, cube units; longer where the cap asks for it. */
  edge: number;
  /** Squares are smaller, down to `SHORTEST` of that side, while they make fewer triangles than this. */
  enough?: number;
  seed: number;
}

/**
 * Longest side as a multiple of the asked one: beyond that, quads of one size say less of a shape than triangles of many
 * sizes, and the caller is told to use those.
 */
const LONGEST = 2.5;
/**
 * Shortest side as a multiple of the asked one. Small and thin things gain by it: the silhouette of an axe from the side goes from
 * 0.959 to 0.979 of the picture's, half the distance, and 97 instead of 96 % quads. Below that, sides near those of the dense surface.
 */
const SHORTEST = 0.73;
/** Tries to get under the cap: lengths are guessed from the surface's area, and the first guess mostly holds. */
const TRIES = 4;
/** Volume that may be lost or won, as a share. Rods thinner than a quad are pinched away beyond it. */
const VOLUME = 0.04;
/** Largest mean distance of the vertices from the field's surface, as a share of the side. */
const DISTANCE = 0.12;

/**
 * A mesh of nearly square quads of one size (as two triangles each), aligned with the shape, for artists to work on.
 *
 * @param dense the contour of `field`.
 * @returns null where squares of a reasonable size within the cap do not hold the shape.
 */
export function quadrangulate(dense: Mesh, field: Field, options: QuadrangulateOptions): Mesh | null {
  const { maxTriangles, enough = 0, seed } = options;
  const volume = volumeOf(dense);
  const area = surfaceArea(dense);
  // Two triangles a square; poles and folds need a few more.
  const sideFor = (triangles: number) => Math.sqrt((2.2 * area) / triangles);
  const wanted = Math.min(options.edge, Math.max(SHORTEST * options.edge, sideFor(enough)));
  let edge = Math.max(wanted, sideFor(maxTriangles));
  for (let i = 0; i < TRIES; i++) {
    if (edge > LONGEST * options.edge) return null;
    const mesh = remeshQuads(dense, { edge, seed });
    const count = mesh.triangles.length / 3;
    if (count > maxTriangles) {
      edge *= Math.sqrt(count / maxTriangles) * 1.03;
      continue;
    }
    const kept = Math.abs(volumeOf(mesh) / volume - 1) <= VOLUME;
    return kept && meanDistance(mesh, field) <= DISTANCE * edge ? fitToSurface(mesh, dense) : null;
  }
  return null;
}

/** Mean over the vertices; the field's values are distances near its surface. */
function meanDistance({ positions: p }: Mesh, field: Field): number {
  let sum = 0;
  for (let v = 0; v < p.length; v += 3) sum += Math.abs(sampleField(field, p[v], p[v + 1], p[v + 2]));
  return (3 * sum) / p.length;
}
