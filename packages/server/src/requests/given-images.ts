import { EngineError } from "@maquette/engine/errors";
import { type PictureFormat, sniffFormat } from "@maquette/engine/ingest/sniff-format";
import { ApiError, invalid } from "../api/errors.ts";
import type { Fields } from "../api/fields.ts";
import { parseJson } from "../api/parse-json.ts";
import { LIMITS } from "../config/limits.ts";
import { type AddressPolicy, checkUrl } from "../webhooks/address-policy.ts";

/** A picture as it came: its bytes, or where to fetch them. */
export type GivenImage =
  | { kind: "bytes"; data: Buffer; format: PictureFormat; name: string | null }
  | { kind: "url"; url: string; name: string | null };

/**
 * The pictures of a request, in order: files under any field name, then URLs, `data:` URLs included.
 * @param look false for test requests: they are counted and not looked at.
 * @throws ApiError request_invalid, image_refused
 */
export function readImages(fields: Fields, policy: AddressPolicy, look: boolean): GivenImage[] {
  const urls = fields.all("imageUrls", "imageUrl", "images", "image").flatMap(splitUrls);
  const count = fields.uploads.length + urls.length;
  if (count > LIMITS.images) throw invalid(`${count} images: at most ${LIMITS.images} can be used`);
  const files = fields.uploads.map(({ filename, data }, i) => fromBytes(data, filename, i, look));
  return [...files, ...urls.map((url, i) => fromUrl(url, files.length + i, policy, look))];
}

/** JSON, JSON in a string, repeated, or joined with commas. The commas inside `data:` URLs are their own. */
function splitUrls(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(splitUrls);
  if (typeof value !== "string")
    throw invalid(`imageUrls, which must hold texts, not ${JSON.stringify(value)?.slice(0, 60)}`);
  const text = value.trim();
  if (text === "") return [];
  if (text.startsWith("[")) return splitUrls(parseJson(text));
  return text.split(/,(?=\s*(?:https?:|data:))/i).map((url) => url.trim());
}

function fromBytes(data: Buffer, filename: string | null, index: number, look: boolean): GivenImage {
  const refuse = (error: EngineError) => new ApiError("image_refused", { value: error.message.replace(/\.$/, "") });
  const sniffed = sniffFormat(data);
  if (!look) return { kind: "bytes", data, format: sniffed.format ?? "png", name: stem(filename) };
  if (data.length === 0) throw refuse(new EngineError("image_empty", "0 bytes", index));
  if (sniffed.format === null) throw refuse(new EngineError("image_unsupported", sniffed.looksLike, index));
  if (data.length > LIMITS.imageBytes) {
    throw refuse(new EngineError("image_too_large", `${(data.length / 1024 / 1024).toFixed(1)} MB`, index));
  }
  return { kind: "bytes", data, format: sniffed.format, name: stem(filename) };
}

function fromUrl(url: string, index: number, policy: AddressPolicy, look: boolean): GivenImage {
  const what = `image ${index + 1}`;
  if (/^data:/i.test(url)) return fromBytes(decodeDataUrl(url, what), null, index, look);
  return readUrl(url, what, "image_refused", policy, look);
}

/**
 * What is fetched later: an address that may be asked, and the name that it gives the asset.
 * @throws ApiError request_invalid, and `refusal` where the address is a forbidden one
 */
export function readUrl(
  url: string,
  what: string,
  refusal: "image_refused" | "model_refused",
  policy: AddressPolicy,
  look: boolean,
): { kind: "url"; url: string; name: string | null } {
  if (url.length > LIMITS.urlCharacters) {
    throw invalid(`${what}, whose URL has ${url.length} characters: at most ${LIMITS.urlCharacters} can be used`);
  }
  if (!url.isWellFormed() || url.includes("\0")) throw invalid(`${what}, whose URL holds characters that are not text`);
  if (!look) return { kind: "url", url, name: null };
  try {
    const checked = checkUrl(url, policy);
    return { kind: "url", url, name: stem(checked.pathname.split("/").pop()!) };
  } catch (error) {
    throw new ApiError(refusal, { value: `${what}, whose URL ${url} cannot be used: ${(error as Error).message}` });
  }
}

export function decodeDataUrl(url: string, what: string): Buffer {
  const comma = url.indexOf(",");
  if (comma < 0) throw invalid(`${what}, whose data: URL has no comma`);
  try {
    const content = decodeURIComponent(url.slice(comma + 1));
    return Buffer.from(content, /;\s*base64\s*$/i.test(url.slice(0, comma)) ? "base64" : "latin1");
  } catch {
    throw invalid(`${what}, whose data: URL is malformed`);
  }
}

/** What a file's name says about the object: its last part without extension, in characters that are safe anywhere. */
export function stem(filename: string | null): string | null {
  if (filename === null) return null;
  const last = filename.split(/[\\/]/).pop()!;
  const safe = last
    .replace(/\.[a-z0-9]{1,5}$/i, "")
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}_-]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  return Array.from(safe).slice(0, 60).join("") || null;
}
