import type { Cutout, View, ViewHint } from "../types.ts";
import { sketchView } from "../views/sketch.ts";
import { nameViews } from "./name-views.ts";
import { poseViews } from "./pose-views.ts";

/**
 * Cameras of several pictures of one object: names the sides that were not named, then frames them together.
 *
 * @param evidence log-odds of each picture's label from a network; null without one.
 * @param numbers of the pictures in the request, for warnings.
 */
export function poseSet(
  cutouts: Cutout[],
  hints: readonly ViewHint[],
  evidence: readonly ArrayLike<number>[] | null = null,
  numbers?: readonly number[],
): { views: View[]; warnings: string[] } {
  const named = nameViews(cutouts.map(sketchView), hints, evidence, numbers);
  const views = poseViews(cutouts, named.hints).map((view, i): View => {
    if (named.found[i]) return { ...view, posedBy: "estimate" };
    return (hints[i] ?? "auto") === "auto" ? { ...view, posedBy: "order" } : view;
  });
  return { views, warnings: named.warnings };
}
