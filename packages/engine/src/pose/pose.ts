import type { Models } from "../models.ts";
import type { Cutout, View, ViewHint } from "../types.ts";
import { poseSingle } from "./pose-single.ts";
import { poseViews } from "./pose-views.ts";

/** Cameras in the *base frame*: the object frame turned about +Y so that the base picture's camera has azimuth 0. */
export interface Posed {
  views: View[];
  /** Degrees about +Y that turn the base frame into the object frame: the base camera's azimuth in the latter. */
  yaw: number;
}

/**
 * Gives every picture its camera. A single picture without a label is taken for a photograph, whose camera the pose
 * network estimates; without the network, and in all other cases, cameras are orthographic, from hints and boxes.
 *
 * Everything up to `bake` works in the base frame: the prior has learnt to look from there, and the silhouette of a
 * single picture is inflated along its axis.
 */
export async function pose(cutouts: Cutout[], hints: readonly ViewHint[], models: Models | null): Promise<Posed> {
  const hint = hints[0] ?? "auto";
  if (models && cutouts.length === 1 && typeof hint !== "string") return poseSingle(cutouts[0], hint, models);
  if (models && cutouts.length === 1 && hint === "auto") return poseSingle(cutouts[0], null, models);
  return turnToBase(poseViews(cutouts, hints));
}

/** The base is the front where it is given, else the first picture that is not taken from above or below. */
function turnToBase(views: View[]): Posed {
  const level = (v: View) => Math.abs(v.camera.elevation) < 45;
  const base = views.find((v) => v.label === "front") ?? views.find(level);
  const yaw = base ? base.camera.azimuth : 0;
  return { yaw, views: views.map((v) => ({ ...v, camera: turned(v.camera, -yaw) })) };
}

function turned<T extends { azimuth: number }>(camera: T, degrees: number): T {
  return { ...camera, azimuth: (((camera.azimuth + degrees) % 360) + 360) % 360 };
}
