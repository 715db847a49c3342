import type { RenderMesh } from "../raster/render.ts";
import { cleanSoup, type Soup } from "./clean-soup.ts";
import { dropUnwanted, type UnwantedOptions } from "./drop-unwanted.ts";
import { fillHoles } from "./fill-holes.ts";

/** Takes out of a model what nobody wants in it, closes its holes, and says in sentences what was done. */
export function cleanModel(mesh: RenderMesh, options: UnwantedOptions): { soup: Soup; notes: string[] } {
  const { soup, counts } = cleanSoup(mesh);
  const wanted = dropUnwanted(soup, options);
  const { soup: closed, holes } = fillHoles(wanted.soup);
  const notes = [
    [counts.brokenFaces, "faces without area were dropped"],
    [counts.duplicateFaces, "faces that were there twice were dropped"],
    [holes, "holes were closed"],
    [wanted.loose, "loose pieces were dropped; keepLoose keeps them"],
    [wanted.basePlate ? 1 : 0, "base plate was dropped; keepBase keeps it"],
  ] as const;
  return { soup: closed, notes: notes.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`) };
}
