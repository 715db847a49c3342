import { triangulate } from "../export/triangulate.ts";
import { surfaceArea } from "../mesh/triangle-area.ts";
import type { Collider, Mesh, PartMesh } from "../types.ts";
import { decompose } from "./decompose.ts";

export interface Colliders {
  colliders: Collider[];
  /** How far the surface may stand out of the hulls, metres. */
  tolerance: number;
}

/** Share of the diagonal of the asset's box by which its surface may stand out of the hulls. */
const TOLERANCE = 0.01;

/** Hulls of an asset at the most. */
export const MOST = 16;

/** A hull within the tolerance mostly has 20 to 60 triangles; fewer hulls than this leaves room for are made. */
export const HULL_TRIANGLES = 60;

/**
 * Convex hulls for physics engines, for each part its own; where there are more parts than hulls may be had, those of all
 * parts together, with the first one.
 *
 * @param budget triangles that all hulls together may have; the tolerance grows until they keep to it.
 */
export function buildColliders(parts: readonly PartMesh[], budget: number): Colliders {
  const most = Math.min(MOST, Math.floor(budget / HULL_TRIANGLES));
  const meshes = parts.map(meshOf);
  const groups = meshes.length <= most ? meshes : [joined(meshes)];
  const areas = groups.map(surfaceArea);
  const all = areas.reduce((a, b) => a + b, 0);
  let tolerance = TOLERANCE * diagonal(meshes);
  for (;;) {
    const colliders = groups.flatMap((mesh, part) => {
      const own = 1 + Math.floor(((most - groups.length) * areas[part]!) / all);
      return decompose(mesh, { most: own, tolerance }).map((hull): Collider => ({ part, hull }));
    });
    const triangles = colliders.reduce((sum, { hull }) => sum + hull.triangles.length / 3, 0);
    if (triangles <= budget) return { colliders, tolerance };
    tolerance *= 1.5;
  }
}

function meshOf(part: PartMesh): Mesh {
  return {
    positions: part.positions,
    triangles: triangulate(part).map((corner) => part.cornerVertices[corner]!),
  };
}

function joined(meshes: readonly Mesh[]): Mesh {
  const starts = meshes.map((_, i) => meshes.slice(0, i).reduce((sum, { positions }) => sum + positions.length / 3, 0));
  return {
    positions: Float32Array.from(meshes.flatMap(({ positions }) => [...positions])),
    triangles: Uint32Array.from(meshes.flatMap(({ triangles }, i) => [...triangles.map((v) => v + starts[i]!)])),
  };
}

function diagonal(meshes: readonly Mesh[]): number {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const { positions } of meshes) {
    for (let i = 0; i < positions.length; i++) {
      low[i % 3] = Math.min(low[i % 3]!, positions[i]!);
      high[i % 3] = Math.max(high[i % 3]!, positions[i]!);
    }
  }
  return Math.hypot(...low.map((v, k) => high[k]! - v));
}
