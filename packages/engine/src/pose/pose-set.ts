import type { SidesModel } from "../models.ts";
import type { Cutout, View, ViewHint } from "../types.ts";
import { sketchView } from "../views/sketch.ts";
import { judgeNamings } from "./judge-namings.ts";
import { nameViews } from "./name-views.ts";
import { poseViews } from "./pose-views.ts";

/**
 * Cameras of several pictures of one object: names the sides that were not named, then frames them together.
 *
 * @param sides the network that judges namings; null without one.
 * @param numbers of the pictures in the request, for warnings.
 */
export async function poseSet(
  cutouts: Cutout[],
  hints: readonly ViewHint[],
  sides: SidesModel | null = null,
  numbers?: readonly number[],
): Promise<{ views: View[]; warnings: string[] }> {
  const judge = sides && judgeNamings(cutouts, sides);
  const named = await nameViews(cutouts.map(sketchView), hints, judge, numbers);
  const views = poseViews(cutouts, named.hints).map((view, i): View => {
    if (named.found[i]) return { ...view, posedBy: "estimate" };
    return (hints[i] ?? "auto") === "auto" ? { ...view, posedBy: "order" } : view;
  });
  return { views, warnings: named.warnings };
}
