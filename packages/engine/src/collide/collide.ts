import type { AssetReport } from "../asset.ts";
import type { Plan } from "../options.ts";
import type { Collider, PartMesh } from "../types.ts";
import { buildColliders, HULL_TRIANGLES, MOST } from "./build-colliders.ts";

/** Share of the triangles asked for that hulls may take. */
const SHARE = 1 / 8;

/** How many triangles are kept back for hulls: files with them keep to the same limit as those without. */
export function hullShare({ collision, polycount }: Plan): number {
  if (collision === "none") return 0;
  return Math.min(MOST * HULL_TRIANGLES, Math.max(HULL_TRIANGLES, Math.floor(SHARE * polycount)));
}

/** The hulls that were asked for, and what the report says of them. */
export function collide(
  parts: readonly PartMesh[],
  plan: Plan,
): { colliders: Collider[]; collision: AssetReport["collision"] } {
  if (plan.collision === "none") return { colliders: [], collision: null };
  const { colliders, tolerance } = buildColliders(parts, hullShare(plan));
  const triangles = colliders.reduce((sum, { hull }) => sum + hull.triangles.length / 3, 0);
  return { colliders, collision: { hulls: colliders.length, triangles, tolerance: 100 * tolerance } };
}
