import { boxCrop, cropForNetwork } from "../infer/network-pictures.ts";
import type { Models, SidesModel } from "../models.ts";
import type { Cutout } from "../types.ts";
import { framedPictures } from "./judge-namings.ts";
import { measureBox } from "./measure-box.ts";

/** Degrees on either side within which the chances of sectors add up to the confidence in an azimuth. */
const NEAR = 30;

/** What the networks say of how a picture was taken (training/README.md). */
export interface Guess {
  /** Degrees above the horizon. */
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
 * Asks the networks about a cutout, framed by its silhouette: the pose network for perspective and size, and for the
 * direction the one that names sides, where there is one. The pose network's own azimuths are within 30° for 24 of 100
 * objects that have a front, chance being 17.
 */
export async function guessPose(cutout: Cutout, { constants, pose, sides }: Models): Promise<Guess> {
  const { width, height } = cutout.image;
  const box = measureBox(cutout.matte)!;
  const crop = boxCrop(box, constants.framed / constants.pictureSize);
  const fill = Math.max(box.right - box.left, box.bottom - box.top) / Math.max(width, height);
  const planes = cropForNetwork(cutout, crop, constants.pictureSize);
  const [elevation, angle, logExtent, sine, cosine] = await pose.run(planes, Float32Array.of(fill));
  const direction = sides
    ? await guessDirection(cutout, sides)
    : {
        elevation,
        azimuth: (Math.atan2(sine, cosine) * 180) / Math.PI,
        confidence: Math.min(1, Math.hypot(sine, cosine)),
      };
  return { angle, logExtent, ...direction };
}

/** The likeliest sector, made finer by its neighbours; confidence is the chance that the azimuth is near it. */
async function guessDirection(cutout: Cutout, sides: SidesModel) {
  const { directions } = await sides.run(framedPictures([cutout], sides), [0, 1, 1, 1]);
  const [elevation, ...odds] = directions;
  const most = Math.max(...odds);
  const chances = odds.map((v) => Math.exp(v - most));
  const sum = chances.reduce((a, b) => a + b, 0);
  const width = 360 / odds.length;
  const best = odds.indexOf(most);
  const reach = Math.floor(NEAR / width);
  let [near, sine, cosine] = [0, 0, 0];
  for (let k = best - reach; k <= best + reach; k++) {
    const chance = chances[(k + odds.length) % odds.length] / sum;
    const turn = (k * width * Math.PI) / 180;
    near += chance;
    sine += chance * Math.sin(turn);
    cosine += chance * Math.cos(turn);
  }
  return { elevation, azimuth: (Math.atan2(sine, cosine) * 180) / Math.PI, confidence: near };
}
