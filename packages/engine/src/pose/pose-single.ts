import { boxCrop, cropForNetwork } from "../infer/network-pictures.ts";
import type { Models } from "../models.ts";
import type { Cutout } from "../types.ts";
import { measureBox } from "./measure-box.ts";
import type { Posed } from "./pose.ts";

/** What the pose network may claim; beyond it is a mistake of the network. */
const LIMITS = { elevation: [-10, 40], angle: [0, 1.2], side: [0.3, 1.35] } as const;

/** The silhouette's width must fit in the cube, whatever the network says of its size. */
const WIDEST = 0.96;

/** Confidence from which the network's idea of where the front is turns the asset. */
const SURE_OF_FRONT = 0.7;

/** What the pose network says of a picture (training/README.md). */
interface Guess {
  elevation: number;
  /** Silhouette's longer side over distance; 0 is orthographic. */
  angle: number;
  /** Log of the silhouette's longer side over the object's longest side in the base frame. */
  logExtent: number;
  /** The camera's azimuth about the object's front, degrees, and how sure that is, 0–1. */
  azimuth: number;
  confidence: number;
}

/**
 * The camera of a single photograph, from the pose network: how high it stood, how strong its perspective is and how
 * large the object is in the picture.
 *
 * @param known the direction where the user gave it; the network then adds perspective and size.
 */
export async function poseSingle(
  cutout: Cutout,
  known: { azimuth: number; elevation: number } | null,
  { constants, pose }: Models,
): Promise<Posed> {
  const { width, height } = cutout.image;
  const box = measureBox(cutout.matte)!;
  const [wide, high] = [box.right - box.left, box.bottom - box.top];
  const longer = Math.max(wide, high);
  const crop = boxCrop(box, constants.framed / constants.pictureSize);
  const fill = longer / Math.max(width, height);
  const guess = read(await pose.run(cropForNetwork(cutout, crop, constants.pictureSize), Float32Array.of(fill)));

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

function read([elevation, angle, logExtent, sine, cosine]: Float32Array): Guess {
  return {
    elevation,
    angle,
    logExtent,
    azimuth: (Math.atan2(sine, cosine) * 180) / Math.PI,
    confidence: Math.min(1, Math.hypot(sine, cosine)),
  };
}

function clamp(v: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, v));
}
