import sharp, { type Metadata } from "sharp";
import { EngineError } from "../errors.ts";
import type { RgbaImage } from "../types.ts";
import { type PictureFormat, sniffFormat } from "./sniff-format.ts";
import { readPngHeader, stripPng } from "./strip-png.ts";

/** Limits of a picture (contract, sections 3 and 6). */
export const PICTURE_LIMITS = {
  /** The contract's 5 MB, read generously. */
  bytes: 5 * 1024 * 1024,
  pixels: 50_000_000,
  /** Shortest side, pixels. Below it no object has enough of an outline. */
  shortestSide: 64,
  /** Longest to shortest side. At 16 : 1 the short side has 64 pixels left when the long one is reduced to 1,024. */
  aspect: 16,
  /** Seconds of decoding after which a picture counts as damaged. 50 megapixels of AVIF, the slowest, take about 3. */
  decodeSeconds: 20,
};

export interface IngestOptions {
  /** Longest side to which pictures are reduced, pixels. Smaller ones are not enlarged. */
  maxSide: number;
}

export interface IngestedPicture {
  /** Upright, sRGB, straight alpha, no metadata. */
  image: RgbaImage;
  format: PictureFormat;
  /** Size of the picture as sent, upright, pixels. */
  width: number;
  height: number;
  /** Whether the file has an alpha channel at all; `segment` decides whether it means something. */
  hasAlpha: boolean;
}

/**
 * Reads an encoded picture: PNG, JPEG, WebP, AVIF, or the first frame of GIF or TIFF, told by its bytes. Applies the
 * EXIF orientation, converts to 8-bit sRGB with alpha, reduces to `maxSide`, and drops all metadata.
 *
 * @param index number of the picture in the request, for error messages.
 * @throws EngineError image_empty, image_unsupported, image_corrupt, image_too_large, image_too_small, image_too_long
 */
export async function ingestPicture(
  bytes: Uint8Array,
  index: number,
  options: IngestOptions,
): Promise<IngestedPicture> {
  if (bytes.length === 0) throw new EngineError("image_empty", "0 bytes", index);
  const sniffed = sniffFormat(bytes);
  if (sniffed.format === null) throw new EngineError("image_unsupported", sniffed.looksLike, index);
  if (bytes.length > PICTURE_LIMITS.bytes) {
    throw new EngineError("image_too_large", `${(bytes.length / 1e6).toFixed(1)} MB`, index);
  }
  const { format } = sniffed;
  const source = sourceBytes(bytes, format, index);
  const header = await readHeader(source, format, index);
  checkSize(header.autoOrient.width, header.autoOrient.height, index);
  const image = await decode(source, index, options.maxSide);
  return {
    image,
    format,
    width: header.autoOrient.width,
    height: header.autoOrient.height,
    hasAlpha: header.hasAlpha,
  };
}

/** What the decoder gets to see. Sizes are checked here where they can be had without it. */
function sourceBytes(bytes: Uint8Array, format: PictureFormat, index: number): Uint8Array {
  if (format === "png") {
    const header = readPngHeader(bytes);
    if (header === null) throw new EngineError("image_corrupt", "its PNG header is missing", index);
    checkPixels(header.width, header.height, index);
    const stripped = stripPng(bytes);
    if (stripped === null) throw new EngineError("image_corrupt", "the PNG ends too early", index);
    return stripped;
  }
  if (format === "gif" && bytes.length >= 10) {
    checkPixels(bytes[6] | (bytes[7] << 8), bytes[8] | (bytes[9] << 8), index);
  }
  return bytes;
}

async function readHeader(source: Uint8Array, format: PictureFormat, index: number): Promise<Metadata> {
  let header: Metadata;
  try {
    // Without a pixel limit: nothing is decoded yet, and the refusal can then say how large the picture is.
    header = await sharp(source, { failOn: "error", limitInputPixels: false, pages: 1 }).metadata();
  } catch (error) {
    throw new EngineError("image_corrupt", `the ${format.toUpperCase()} header: ${decoderMessage(error)}`, index);
  }
  if (header.compression === "hevc") {
    throw new EngineError("image_unsupported", "it is a HEIC photo, as phones take them", index);
  }
  return header;
}

function checkPixels(width: number, height: number, index: number): void {
  if (width * height > PICTURE_LIMITS.pixels) {
    const megapixels = Math.round((width * height) / 1e6);
    throw new EngineError("image_too_large", `${width} × ${height} pixels (${megapixels} megapixels)`, index);
  }
}

function checkSize(width: number, height: number, index: number): void {
  checkPixels(width, height, index);
  const size = `${width} × ${height} pixels`;
  if (Math.min(width, height) < PICTURE_LIMITS.shortestSide) throw new EngineError("image_too_small", size, index);
  if (Math.max(width, height) / Math.min(width, height) > PICTURE_LIMITS.aspect) {
    throw new EngineError("image_too_long", size, index);
  }
}

async function decode(source: Uint8Array, index: number, maxSide: number): Promise<RgbaImage> {
  try {
    const { data, info } = await sharp(source, {
      // "truncated" lets damaged TIFF through, "warning" refuses files that every viewer shows. A broken colour profile
      // is ignored at any level.
      failOn: "error",
      limitInputPixels: PICTURE_LIMITS.pixels,
      pages: 1,
      autoOrient: true,
    })
      // Mitchell: Lanczos, the default, rings; the halos it puts around objects on grey end up in mattes and textures.
      .resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true, kernel: "mitchell" })
      .toColourspace("srgb")
      .ensureAlpha()
      .timeout({ seconds: PICTURE_LIMITS.decodeSeconds })
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 4) throw new Error(`${info.channels} channels after conversion`);
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    throw new EngineError("image_corrupt", decoderMessage(error), index);
  }
}

/** First line of the decoder's message, without what only its authors understand. */
function decoderMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n")[0].replace(/^Input buffer (has|contains) /, "");
  return line.replace(/^(vipspng|VipsJpeg|tiff2vips|gifload_buffer|webp2vips): /, "").trim();
}
