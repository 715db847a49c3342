import { EngineError } from "../errors.ts";
import type { Cutout, ViewHint } from "../types.ts";
import { sketchView } from "../views/sketch.ts";
import type { ContentVerdict } from "./check-content.ts";
import { inspectPicture, list } from "./inspect.ts";
import { inspectSet } from "./inspect-set.ts";
import type { PlacedCutout } from "./split-sheet.ts";

/** More views than this cannot be used, whether they come in one picture or in six. */
const MOST_VIEWS = 6;

/** What the pictures of a request show, view by view: a turnaround sheet has several, a repeated picture none. */
export interface Inspected {
  cutouts: PlacedCutout[];
  /** Parallel to the cutouts: what the user said of each. */
  hints: ViewHint[];
  /** Parallel to the cutouts: number of the picture that it comes from. */
  sources: number[];
  /** Parallel to the pictures: what was measured, by name. */
  measured: Record<string, number>[];
  warnings: string[];
}

/**
 * Checks all pictures of a request against the input guidelines, each alone and all together, and takes turnaround
 * sheets apart.
 *
 * @param hints parallel to the pictures; missing ones are `auto`.
 * @param contents parallel to the pictures: what the operator's check said of them, where there is one.
 * @throws EngineError as `inspectPicture`, and views_inconsistent
 */
export function inspectPictures(
  pictures: readonly Cutout[],
  hints: readonly ViewHint[],
  contents: readonly ContentVerdict[] = [],
): Inspected {
  const result: Inspected = { cutouts: [], hints: [], sources: [], measured: [], warnings: [] };
  pictures.forEach((picture, i) => {
    const hint = hints[i] ?? "auto";
    const { views, measured, touches } = inspectPicture(picture, i, hint === "auto");
    const { score = null, unchecked = null } = contents[i] ?? {};
    result.measured.push(score === null ? measured : { ...measured, inappropriate: score });
    if (unchecked !== null) result.warnings.push(`Image ${i + 1}: its content was not checked (${unchecked}).`);
    if (touches.length > 0) {
      result.warnings.push(
        `Image ${i + 1}: the object touches the ${list(touches)} of the picture. If a part of it is cut off there, use a picture with space around it.`,
      );
    }
    if (views.length > 1) {
      result.warnings.push(
        `Image ${i + 1} is a sheet with ${views.length} views of the object; they were used as ${views.length} pictures.`,
      );
    }
    for (const view of views) {
      result.cutouts.push(view);
      result.hints.push(hint);
      result.sources.push(i);
    }
  });
  if (result.cutouts.length > MOST_VIEWS) {
    throw new EngineError("picture_count", `${result.cutouts.length} (with the views on sheets)`);
  }
  return withoutRepeats(result);
}

function withoutRepeats(result: Inspected): Inspected {
  const { cutouts, hints, sources } = result;
  if (cutouts.length < 2) return result;
  const { measured, repeats } = checkSet(result);
  for (const [k, values] of measured.entries()) Object.assign(result.measured[sources[k]], values);
  const kept = cutouts.map((_, k) => !repeats.some((r) => r.picture === k));
  for (const { picture, of } of repeats) {
    result.warnings.push(
      `Image ${sources[picture] + 1} is the same as image ${sources[of] + 1}; it was used once. To use it for another side, name both sides.`,
    );
  }
  // What was said of a repeated picture holds for the one that stays.
  for (const { picture, of } of repeats) if (hints[of] === "auto") hints[of] = hints[picture];
  const keep = <T>(items: readonly T[]) => items.filter((_, k) => kept[k]);
  return { ...result, cutouts: keep(cutouts), hints: keep(hints), sources: keep(sources) };
}

function checkSet({ cutouts, hints, sources }: Inspected) {
  try {
    return inspectSet(cutouts.map(sketchView), hints);
  } catch (error) {
    if (!(error instanceof EngineError) || error.picture === null) throw error;
    throw new EngineError(error.code, error.detail, sources[error.picture]);
  }
}
