/** Formats that can be read. */
export type PictureFormat = "png" | "jpeg" | "webp" | "avif" | "gif" | "tiff";

export type Sniffed = { format: PictureFormat } | { format: null; looksLike: string };

/** Both byte orders, and BigTIFF (+). */
const TIFF_STARTS = ["II*\0", "MM\0*", "II+\0", "MM\0+"];

/** Bytes from the start that are looked at. */
const WINDOW = 4096;

/**
 * Tells a file's format by its first bytes alone; names and declared types count for nothing. Of what cannot be read it
 * says what it looks like, in words that fit after "it is not a picture that can be read:".
 */
export function sniffFormat(bytes: Uint8Array): Sniffed {
  const head = bytes.subarray(0, WINDOW);
  const ascii = latin1(head);
  if (ascii.startsWith("\x89PNG\r\n\x1a\n")) return { format: "png" };
  if (ascii.startsWith("\xff\xd8\xff")) return { format: "jpeg" };
  if (ascii.startsWith("RIFF") && ascii.startsWith("WEBP", 8)) return { format: "webp" };
  if (ascii.startsWith("GIF87a") || ascii.startsWith("GIF89a")) return { format: "gif" };
  if (TIFF_STARTS.some((start) => ascii.startsWith(start))) return { format: "tiff" };
  if (ascii.startsWith("ftyp", 4)) return ofBrands(brands(ascii));
  return { format: null, looksLike: looksLike(head, ascii) };
}

/** Bytes (as Latin-1) at the start, or from an offset on, and what they say. */
const SIGNATURES: [string, string, number?][] = [
  ["%PDF", "it looks like a PDF document"],
  ["%!PS", "it looks like a PostScript file"],
  ["\xc5\xd0\xd3\xc6", "it looks like a PostScript file"],
  ["\xff\x0a", "it looks like a JPEG XL picture"],
  ["\0\0\0\x0cJXL ", "it looks like a JPEG XL picture"],
  ["\0\0\0\x0cjP  ", "it looks like a JPEG 2000 picture"],
  ["\xff\x4f\xff\x51", "it looks like a JPEG 2000 picture"],
  ["8BPS", "it looks like a Photoshop document"],
  ["gimp xcf", "it looks like a GIMP document"],
  ["\0\0\x01\0", "it looks like an icon (ICO)"],
  ["v/1\x01", "it looks like an OpenEXR picture"],
  ["#?RADIANCE", "it looks like a Radiance HDR picture"],
  ["#?RGBE", "it looks like a Radiance HDR picture"],
  ["DDS ", "it looks like a GPU texture"],
  ["\xabKTX", "it looks like a GPU texture"],
  ["glTF", "it looks like a 3D model (GLB)"],
  ["Kaydara FBX", "it looks like a 3D model (FBX)"],
  ["PK\x03\x04", "it looks like a ZIP archive or an office document"],
  ["\x1f\x8b", "it looks like a compressed archive"],
  ["7z\xbc\xaf", "it looks like a compressed archive"],
  ["Rar!", "it looks like a compressed archive"],
  ["\xfd7zXZ", "it looks like a compressed archive"],
  ["\x28\xb5\x2f\xfd", "it looks like a compressed archive"],
  ["\x1aE\xdf\xa3", "it looks like a video"],
  ["AVI ", "it looks like a video", 8],
  ["WAVE", "it looks like a sound file", 8],
  ["ID3", "it looks like a sound file"],
  ["\x7fELF", "it looks like a program"],
  ["MZ", "it looks like a program"],
];

function looksLike(head: Uint8Array, ascii: string): string {
  const known = SIGNATURES.find(([bytes, , offset = 0]) => ascii.startsWith(bytes, offset));
  if (known && !(isText(head) && known[0].length < 4)) return known[1];
  if (ascii.startsWith("BM") && ascii.startsWith("\0\0\0\0", 6)) return "it looks like a BMP picture";
  if (!isText(head)) return "its bytes are of no known picture format";
  const text = ascii.replace("\xef\xbb\xbf", "").trimStart();
  if (/<svg[\s>]/i.test(text) || /^<!DOCTYPE svg/i.test(text)) return "it looks like an SVG drawing";
  if (/^(<!DOCTYPE html|<html|<head|<body)/i.test(text)) return "it looks like a web page (HTML)";
  if (/^<\?xml/i.test(text)) return "it looks like an XML file";
  if (/^data:image\//i.test(text)) return "it is a data: URL as text";
  return "it looks like a text file";
}

/** Major and compatible brands of an ISO base media file. */
function brands(ascii: string): string[] {
  const size = Math.min(ascii.length, (ascii.charCodeAt(2) << 8) | ascii.charCodeAt(3));
  const list = [ascii.slice(8, 12)];
  for (let at = 16; at + 4 <= size; at += 4) list.push(ascii.slice(at, at + 4));
  return list;
}

function ofBrands(list: string[]): Sniffed {
  // Many AVIF files have the major brand mif1 and name avif among the compatible ones; so do HEIC files with heic.
  const [major] = list;
  if (major === "avif" || major === "avis") return { format: "avif" };
  if (list.some((b) => /^(hei[cxms]|hev[cxms])$/.test(b))) {
    return { format: null, looksLike: "it is a HEIC photo, as phones take them" };
  }
  if (list.some((b) => b === "avif" || b === "avis")) return { format: "avif" };
  if (/^(mif1|msf1)$/.test(major))
    return { format: null, looksLike: "it is a HEIF picture of a kind that cannot be read" };
  if (major === "crx ") return { format: null, looksLike: "it looks like a camera's raw picture" };
  return { format: null, looksLike: "it looks like a video" };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return text;
}

/** Whether the bytes read as UTF-8 or UTF-16 text without control characters. */
function isText(head: Uint8Array): boolean {
  if (head[0] === 0xff && head[1] === 0xfe) return true;
  if (head[0] === 0xfe && head[1] === 0xff) return true;
  for (const b of head) if (b < 9 || (b > 13 && b < 32 && b !== 27)) return false;
  try {
    // A window may end within a character: up to three bytes of it are left for a next piece that never comes.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
