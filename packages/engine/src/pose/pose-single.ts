import { boxCrop } from "../infer/network-pictures.ts";
import type { Models } from "../models.ts";
import type { Cutout } from "../types.ts";
import { guessPose } from "./guess-pose.ts";
import { measureBox } from "./measure-box.ts";
import type { Posed } from "./pose.ts";

/** What the pose network may claim; beyond it is a mistake of the network. */
const LIMITS = { elevation: [-10, 40], angle: [0, 1.2], side: [0.3, 1.35] } as const;

/** The silhouette's width must fit in the cube, whatever the network says of its size. */
const WIDEST = 0.96;

/**
 * Confidence from which the network's idea of where the front is turns the asset. Of 150 objects of packs that it never saw
 * seven had 0.7 and more, and one of those was right to 30°: for now next to none is turned.
 */
export const SURE_OF_FRONT = 0.9;

/**
 * The camera of a single photograph, from the pose network: how high it stood, how strong its perspective is and how
 * large the object is in the picture.
 *
 * @param known the direction where the user gave it; the network then adds perspective and size.
 */
export async function poseSingle(
  cutout: Cutout,
  known: { azimuth: number; elevation: number } | null,
  models: Models,
): Promise<Posed> {
  const { constants } = models;
  const box = measureBox(cutout.matte)!;
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  const longer = Math.max(wide, high);
  const crop = boxCrop(box, constants.framed / constants.pictureSize);
  const guess = await guessPose(cutout, models);

  const widest = (WIDEST * longer) / wide;
  const side = Math.min(clamp(constants.fit * Math.exp(guess.logExtent), LIMITS.side), widest);
  const elevation = known ? known.elevation : clamp(guess.elevation, LIMITS.elevation);
  const yaw = known ? known.azimuth : guess.confidence >= SURE_OF_FRONT ? guess.azimuth : 0;
  const camera = {
    azimuth: 0,
    elevation,
    perspective: clamp(guess.angle, LIMITS.angle) / side,
    scale: longer / side,
    centerX: crop.centerX,
    centerY: crop.centerY,
  };
  return {
    yaw,
    views: [{ ...cutout, camera, picture: 0, label: null, posedBy: known ? "hint" : "estimate" }],
    warnings: [],
  };
}

function clamp(v: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, v));
}
