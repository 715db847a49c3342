import { t } from "../strings.ts";
import type { IterationDetail, PictureReport, Report, View, ViewLabel } from "./types.ts";

export interface Size {
  height: number;
  width: number;
  depth: number;
}

export interface Direction {
  azimuth: number;
  elevation: number;
}

/** From where a picture was used, if the record says so. */
export function directionOf(view: PictureReport["pose"] | undefined): Direction | null {
  if (!view || view.azimuth === undefined || view.elevation === undefined) return null;
  return { azimuth: view.azimuth, elevation: view.elevation };
}

/** Centimetres, if the record says all three. */
export function sizeOf(report: Report | null | undefined): Size | null {
  const { height, width, depth } = report?.size ?? {};
  return height === undefined || width === undefined || depth === undefined ? null : { height, width, depth };
}

/** Triangles of each level of detail, the full model first; null where the record does not say. */
export function levelsOf({ report, options }: IterationDetail): (number | null)[] {
  const coarser: (number | null)[] = report?.lods ?? Array.from({ length: options.lods ?? 0 }, () => null);
  return [report?.triangles ?? null, ...coarser];
}

/** A side's name in words, or its angles. */
export function nameView(view: View, label?: string | null): string {
  const named = label ?? view;
  if (typeof named === "string" && named in t.views) return t.views[named as ViewLabel | "auto"];
  return typeof view === "string" ? view : t.views.angle(view.azimuth, view.elevation ?? 0);
}
