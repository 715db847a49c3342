import { borderPixels } from "../image/flood.ts";
import { median } from "../image/quantile.ts";
import type { Cutout, Matte, RgbaImage } from "../types.ts";
import { alphaMatte } from "./alpha-matte.ts";
import { borderMatte } from "./border-matte.ts";

/** A learned matte: coverage of the object at the picture's size, and how far it can be trusted (0–1). */
export type MatteModel = (image: RgbaImage) => Promise<{ matte: Matte; confidence: number }>;

/** A model is asked when the border says less than this of the background. */
const ASK_MODEL_BELOW = 0.6;

/**
 * Cuts the object out of a picture, by the best evidence there is: its own alpha channel where that means something, else
 * what its border says of the background.
 *
 * @param hasAlpha whether the file had an alpha channel at all.
 * @returns a matte at the picture's size; its confidence is low where the background is not plain enough to tell, and
 *   the matte is empty where nothing differs from the background. `inspect` turns both into refusals.
 */
export function segmentPicture(image: RgbaImage, hasAlpha: boolean): Cutout {
  const byAlpha = hasAlpha ? alphaMatte(image) : null;
  if (byAlpha !== null) return byAlpha;
  const { explained: _, ...border } = borderMatte(hasAlpha ? flattened(image) : image);
  return { ...border, image };
}

/** As `segmentPicture`, with a learned matte (where there is one) for the pictures whose border does not tell. */
export async function segmentPictureWith(
  model: MatteModel | null,
  image: RgbaImage,
  hasAlpha: boolean,
): Promise<Cutout> {
  const byAlpha = hasAlpha ? alphaMatte(image) : null;
  if (byAlpha !== null) return byAlpha;
  const { explained, ...border } = borderMatte(hasAlpha ? flattened(image) : image);
  const plain = { ...border, image };
  if (model === null || plain.confidence >= ASK_MODEL_BELOW) return plain;
  // The border explains everything and nothing stands out: a model would see things on an empty sheet.
  if (explained === 1 && plain.matte.data.every((c) => c === 0)) return plain;
  const { matte, confidence } = await model(image);
  return confidence > plain.confidence ? { image, matte, source: "learned", confidence } : plain;
}

/**
 * The picture over the usual colour of its border, so that an alpha channel which means nothing (rounded corners, one
 * transparent pixel) shows no black.
 */
function flattened(image: RgbaImage): RgbaImage {
  const { width, height, data } = image;
  if (!hasTransparency(data)) return image;
  const opaque = [...borderPixels(width, height)].filter((at) => data[4 * at + 3] > 127);
  const under = [0, 1, 2].map((c) => median(opaque.map((at) => data[4 * at + c])));
  const result = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] / 255;
    for (let c = 0; c < 3; c++) result[at + c] = Math.round(data[at + c] * alpha + under[c] * (1 - alpha));
    result[at + 3] = 255;
  }
  return { width, height, data: result };
}

function hasTransparency(data: Uint8Array): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}
