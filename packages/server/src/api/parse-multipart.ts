import { LIMITS } from "../config/limits.ts";
import { ApiError } from "./errors.ts";

export interface Part {
  name: string;
  /** null when the part names none; it is text from outside and never a path. */
  filename: string | null;
  type: string | null;
  data: Buffer;
}

const MAX_PART_HEADERS = 8 * 1024;

/**
 * Splits a multipart body (RFC 2046, 7578). The body is in memory already, bounded by the route's limit, so this is a
 * matter of slices: nothing streams, nothing can be left half read.
 * @throws ApiError body_invalid
 */
export function parseMultipart(body: Buffer, boundary: string): Part[] {
  const fail = (why: string) => new ApiError("body_invalid", { value: `a multipart body that ${why}` });
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  if (at < 0 || (at > 0 && body[at - 1] !== 0x0a)) throw fail("does not hold its boundary");
  for (;;) {
    at += delimiter.length;
    if (body[at] === 0x2d && body[at + 1] === 0x2d) return parts;
    const line = body.indexOf("\r\n", at);
    // Only padding may stand between a delimiter and the end of its line.
    if (line < 0 || body.subarray(at, line).toString("latin1").trim() !== "") throw fail("is malformed");
    const start = line + 2;
    const next = body.indexOf(`\r\n--${boundary}`, start - 2, "latin1");
    if (next < 0) throw fail("ends early");
    if (parts.length === LIMITS.multipartParts) throw fail(`has more than ${LIMITS.multipartParts} parts`);
    // A part without headers starts with the empty line itself.
    const headless = body[start] === 0x0d && body[start + 1] === 0x0a;
    const blank = headless ? start - 2 : body.indexOf("\r\n\r\n", start);
    if (blank < 0 || blank > next) throw fail("has a part without its empty line");
    if (blank - start > MAX_PART_HEADERS) throw fail("has a part with headers over 8 kB");
    const headers = headless ? new Map<string, string>() : parseHeaders(body.subarray(start, blank).toString("utf8"));
    const disposition = headers.get("content-disposition") ?? "";
    const filename = parameter(disposition, "filename*") ?? parameter(disposition, "filename");
    parts.push({
      name: parameter(disposition, "name") ?? "",
      filename,
      type: headers.get("content-type")?.replace(/;.*$/, "").trim().toLowerCase() ?? null,
      data: body.subarray(blank + 4, Math.max(blank + 4, next)),
    });
    at = next + 2;
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** A parameter of a header, quoted or not; `name*` in the form of RFC 5987. */
function parameter(header: string, name: string): string | null {
  const escaped = name.replace("*", "\\*");
  const match = new RegExp(`;\\s*${escaped}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, "i").exec(header);
  if (!match) return null;
  const raw = match[1] === undefined ? match[2]! : match[1].replace(/\\(["\\])/g, "$1");
  if (!name.endsWith("*")) return raw;
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(raw)?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
