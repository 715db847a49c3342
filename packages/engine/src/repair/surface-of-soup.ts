import type { StageRunner } from "../pipeline.ts";
import { triangulateQuads } from "../simplify/triangulate-quads.ts";
import { contour } from "../surface/contour.ts";
import type { Field, Mesh } from "../types.ts";
import type { Soup } from "./clean-soup.ts";
import { normalizeSoup, type Placing } from "./normalize-soup.ts";
import { placeOnSurface } from "./place-on-surface.ts";
import { solidField } from "./solid-field.ts";

/**
 * A closed, two-manifold surface of whatever the faces were: that of the solid that they enclose, moved onto them.
 * @param n samples a side of the field.
 */
export async function surfaceOfSoup(
  stage: StageRunner,
  soup: Soup,
  n: number,
): Promise<{ placed: Placing; field: Field; dense: Mesh }> {
  const placed = await stage("carve", () => normalizeSoup(soup, n));
  const solid = await stage("carve", () => solidField(placed.soup, n));
  const dense = await stage("surface", () => {
    const mesh = triangulateQuads(contour(solid.field));
    placeOnSurface(mesh, placed.soup, solid);
    return mesh;
  });
  return { placed, field: solid.field, dense };
}
