import { EngineError } from "../errors.ts";
import type { RgbaImage } from "../types.ts";

/** An operator's check of what pictures show. None comes with the engine. */
export interface ContentCheck {
  /** How surely a picture shows what is not accepted, 0–1. May throw. */
  score(image: RgbaImage): Promise<number>;
  /** Scores from here on are refused. */
  threshold: number;
  /** What becomes of pictures that cannot be checked. */
  onFailure: "refuse" | "pass";
}

/** What the check said of one picture. */
export interface ContentVerdict {
  /** Null when it was not checked. */
  score: number | null;
  /** Why it could not be checked and passes all the same; else null. */
  unchecked: string | null;
}

/**
 * Asks the operator's check about the pictures of a request.
 *
 * @returns parallel to the pictures.
 * @throws EngineError inappropriate, content_unchecked: for the first of the pictures that is refused.
 */
export async function checkContents(check: ContentCheck, images: readonly RgbaImage[]): Promise<ContentVerdict[]> {
  const verdicts: ContentVerdict[] = [];
  for (const [i, image] of images.entries()) verdicts.push(await checkContent(check, image, i));
  return verdicts;
}

/**
 * As `checkContents`, of one picture.
 * @param index number of the picture in the request, for messages.
 */
export async function checkContent(check: ContentCheck, image: RgbaImage, index: number): Promise<ContentVerdict> {
  let score: number;
  try {
    score = await check.score(onWhite(image));
    if (!(score >= 0 && score <= 1)) throw new Error(`it answers ${score}; a number from 0 to 1 is needed`);
  } catch (error) {
    const { message } = error as Error;
    if (check.onFailure === "refuse") throw new EngineError("content_unchecked", message, index);
    return { score: null, unchecked: message };
  }
  if (score < check.threshold) return { score, unchecked: null };
  const detail = `the operator's check gives it ${score.toFixed(2)}, and refuses from ${check.threshold} on`;
  throw new EngineError("inappropriate", detail, index);
}

/** What a transparent pixel's colour is nobody sees: neither a person nor the asset. */
function onWhite({ width, height, data }: RgbaImage): RgbaImage {
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] / 255;
    for (let c = 0; c < 3; c++) out[at + c] = Math.round(data[at + c] * alpha + 255 * (1 - alpha));
    out[at + 3] = 255;
  }
  return { width, height, data: out };
}
