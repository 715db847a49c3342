import type { ColorVolume } from "../bake/color-volume.ts";
import type { Models } from "../models.ts";
import type { Field, View } from "../types.ts";
import { inflate } from "./inflate.ts";
import { runPrior } from "./run-prior.ts";

/** What is believed of the object beyond its silhouettes. */
export interface Inference {
  /** Cube units, inside > 0; null when the silhouettes alone decide (the visual hull). */
  shape: Field | null;
  /** Colours of the surface, seen and unseen; null when nothing is known of them. */
  colors: ColorVolume | null;
}

/** The learned prior where there is one, silhouettes alone otherwise. */
export async function infer(views: View[], models: Models | null): Promise<Inference> {
  return models ? runPrior(views, models) : inferFromSilhouettes(views);
}

/**
 * The honest baseline without a learned prior: one view gives a rounded volume, several leave the shape to the
 * intersection of their silhouettes, which `carve` builds at its own resolution.
 */
export function inferFromSilhouettes(views: View[]): Inference {
  return { shape: views.length === 1 ? inflate(views[0]) : null, colors: null };
}
