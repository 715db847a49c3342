/** Chunks that decide how the pixels look, or which way up they are. */
const KEPT = new Set(["IHDR", "PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "cICP", "iCCP", "sBIT", "eXIf", "IDAT", "IEND"]);

/** Compressed colour profiles above this are not profiles (the largest in use have about 0.5 MB). */
const PROFILE_LIMIT = 1 << 20;
const EXIF_LIMIT = 1 << 16;

export interface PngHeader {
  width: number;
  height: number;
}

/** Size from the header chunk, or null when the file does not start with one. */
export function readPngHeader(bytes: Uint8Array): PngHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || chunkType(bytes, 8) !== "IHDR" || view.getUint32(8) !== 13) return null;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * The PNG without what does not concern its first picture: text chunks (a few kilobytes of zTXt unpack to gigabytes),
 * further frames of an animation, what follows the end (polyglots).
 *
 * @returns null when the chunks end before IEND: the file is cut short.
 */
export function stripPng(bytes: Uint8Array): Uint8Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, 8)];
  let at = 8;
  let total = 8;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const type = chunkType(bytes, at);
    const end = at + 12 + length;
    if (end > bytes.length) return null;
    const tooLong = (type === "iCCP" && length > PROFILE_LIMIT) || (type === "eXIf" && length > EXIF_LIMIT);
    if (KEPT.has(type) && !tooLong) {
      parts.push(bytes.subarray(at, end));
      total += end - at;
    }
    at = end;
    if (type === "IEND") {
      const result = new Uint8Array(total);
      let to = 0;
      for (const part of parts) {
        result.set(part, to);
        to += part.length;
      }
      return result;
    }
  }
  return null;
}

function chunkType(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]);
}
