import type { Models } from "../models.ts";
import type { Cutout, View, ViewHint } from "../types.ts";
import { poseSet } from "./pose-set.ts";
import { poseSingle } from "./pose-single.ts";

/** Cameras in the *base frame*: the object frame turned about +Y so that the base picture's camera has azimuth 0. */
export interface Posed {
  views: View[];
  /** Degrees about +Y that turn the base frame into the object frame: the base camera's azimuth in the latter. */
  yaw: number;
  warnings: string[];
}

/**
 * Gives every picture its camera. A single picture without a label is taken for a photograph, whose camera the pose
 * network estimates; without the network, and in all other cases, cameras are orthographic, from hints, from how the
 * pictures fit together, and from boxes.
 *
 * Everything up to `bake` works in the base frame: the prior has learnt to look from there, and the silhouette of a
 * single picture is inflated along its axis.
 *
 * @param numbers of the cutouts' pictures in the request, for warnings.
 */
export async function pose(
  cutouts: Cutout[],
  hints: readonly ViewHint[],
  models: Models | null,
  numbers?: readonly number[],
): Promise<Posed> {
  const hint = hints[0] ?? "auto";
  if (models && cutouts.length === 1 && typeof hint !== "string") return poseSingle(cutouts[0], hint, models);
  if (models && cutouts.length === 1 && hint === "auto") return poseSingle(cutouts[0], null, models);
  const { views, warnings } = await poseSet(cutouts, hints, models?.sides ?? null, numbers);
  return { ...turnToBase(views), warnings };
}

/** The base is the front where it is given, else the first picture that is not taken from above or below. */
function turnToBase(views: View[]): Omit<Posed, "warnings"> {
  const level = (v: View) => Math.abs(v.camera.elevation) < 45;
  const base = views.find((v) => v.label === "front") ?? views.find(level);
  const yaw = base ? base.camera.azimuth : 0;
  return { yaw, views: views.map((v) => ({ ...v, camera: turned(v.camera, -yaw) })) };
}

function turned<T extends { azimuth: number }>(camera: T, degrees: number): T {
  return { ...camera, azimuth: (((camera.azimuth + degrees) % 360) + 360) % 360 };
}
