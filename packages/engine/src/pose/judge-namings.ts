import { boxCrop, cropForNetwork } from "../infer/network-pictures.ts";
import type { SidesModel } from "../models.ts";
import type { Cutout } from "../types.ts";
import { measureBox } from "./measure-box.ts";

/**
 * Says how well ways to name pictures fit, as log-odds against each other. Each naming has the number of the picture that
 * shows the front, the right side, the back and the left side; null where none does.
 */
export type Judge = (namings: readonly (readonly (number | null)[])[]) => Promise<Float32Array>;

/** The network's opinion of namings of cutouts. */
export function judgeNamings(cutouts: readonly Cutout[], sides: SidesModel): Judge {
  const pictures = framedPictures(cutouts, sides);
  return async (namings) => {
    const numbers = namings.flatMap((naming) => naming.map((picture) => picture ?? cutouts.length));
    return (await sides.run(pictures, numbers)).scores;
  };
}

/** Cutouts as the network sees them, each framed by its own silhouette. */
export function framedPictures(cutouts: readonly Cutout[], { pictureSize, framed }: SidesModel): Float32Array {
  const each = 4 * pictureSize ** 2;
  const pictures = new Float32Array(each * cutouts.length);
  cutouts.forEach((cutout, i) => {
    const box = measureBox(cutout.matte);
    if (box) pictures.set(cropForNetwork(cutout, boxCrop(box, framed / pictureSize), pictureSize), i * each);
  });
  return pictures;
}
