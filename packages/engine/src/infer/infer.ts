import type { Field, View } from "../types.ts";
import { inflate } from "./inflate.ts";

/** What is believed of the object beyond its silhouettes. */
export interface Inference {
  /** Cube units, inside > 0; null when the silhouettes alone decide (the visual hull). */
  shape: Field | null;
}

/**
 * The honest baseline without a learned prior: one view gives a rounded volume, several leave the shape to the
 * intersection of their silhouettes, which `carve` builds at its own resolution.
 */
export function inferFromSilhouettes(views: View[]): Inference {
  return { shape: views.length === 1 ? inflate(views[0]) : null };
}
