import sharp from "sharp";
import { measureBox } from "../pose/measure-box.ts";
import type { Cutout } from "../types.ts";

/** Share of the picture's side that the object fills: what the open models' own preparation leaves is 0.8–0.9. */
const FILL = 0.85;
/** Side of the picture, pixels; what the open models take is 512 to 1,024. */
const SIDE = 1024;

/** The object on nothing, centred in a square PNG. Matte and decontaminated colours go along as straight alpha. */
export async function encodeCutout({ image, matte }: Cutout): Promise<Uint8Array> {
  const { width, height } = matte;
  const data = new Uint8Array(image.data);
  for (let at = 0; at < matte.data.length; at++) data[4 * at + 3] = matte.data[at]!;
  const box = measureBox(matte);
  const left = Math.max(0, Math.floor(box?.left ?? 0) - 1);
  const top = Math.max(0, Math.floor(box?.top ?? 0) - 1);
  const right = Math.min(width, Math.ceil(box?.right ?? width) + 1);
  const bottom = Math.min(height, Math.ceil(box?.bottom ?? height) + 1);
  const inner = Math.round(FILL * SIDE);
  const nothing = { r: 0, g: 0, b: 0, alpha: 0 };
  const before = Math.floor((SIDE - inner) / 2);
  const after = SIDE - inner - before;
  const png = await sharp(data, { raw: { width, height, channels: 4 } })
    .extract({ left, top, width: right - left, height: bottom - top })
    .resize({ width: inner, height: inner, fit: "contain", background: nothing })
    .extend({ top: before, left: before, bottom: after, right: after, background: nothing })
    .png({ compressionLevel: 6 })
    .toBuffer();
  return new Uint8Array(png);
}
