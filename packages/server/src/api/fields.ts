import { isUtf8 } from "node:buffer";
import { sniffFormat } from "@maquette/engine/ingest/sniff-format";
import { LIMITS } from "../config/limits.ts";
import { ApiError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import { type Part, parseMultipart } from "./parse-multipart.ts";

/** Names as they are compared, of those that came before: there are some fifty, and each request asks for several. */
const knownNames = new Map<string, string>();
const KNOWN = { names: 500, characters: 30 };

/** A file of a multipart body. */
export interface Upload {
  filename: string | null;
  data: Buffer;
}

/**
 * What a request says, whichever way it was written: JSON, a form, a multipart body or a query. Names are compared
 * without case, dashes, underscores and a trailing `[]`. Empty strings and nulls count as not given.
 */
export class Fields {
  readonly uploads: Upload[] = [];
  readonly #values = new Map<string, unknown[]>();

  add(name: string, value: unknown): void {
    if (value === null || value === undefined || (typeof value === "string" && value.trim() === "")) return;
    const key = canonical(name);
    const values = this.#values.get(key);
    if (values) values.push(value);
    else this.#values.set(key, [value]);
  }

  /** Adds the text of a form or a query, in which JavaScript writes a missing value as a word. */
  addText(name: string, text: string): void {
    if (!/^\s*(null|undefined)\s*$/.test(text)) this.add(name, text);
  }

  /** All values given under any of the names. */
  all(...names: string[]): unknown[] {
    if (names.length === 1) return this.#values.get(canonical(names[0]!)) ?? [];
    return names.flatMap((name) => this.#values.get(canonical(name)) ?? []);
  }

  /** The last value given, as a parameter that is repeated usually means. */
  get(...names: string[]): unknown {
    return this.all(...names).at(-1);
  }

  has(...names: string[]): boolean {
    return this.all(...names).length > 0;
  }

  /**
   * The value as trimmed text, or null.
   * @throws ApiError request_invalid when it is an object or a list, or holds characters that cannot be stored
   */
  text(...names: string[]): string | null {
    const value = this.get(...names);
    if (value === undefined) return null;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw new ApiError("request_invalid", { value: `${names[0]}, which must be text` });
    }
    const text = String(value).trim();
    checkText(names[0]!, text);
    return text;
  }

  /** The value as `text` gives it, in one line that shows as it is written: for what people call things. */
  line(...names: string[]): string | null {
    const text = this.text(...names);
    return text === null ? null : oneLine(text) || null;
  }

  /** True for `true`, `"true"`, `1`, `"1"`, `"yes"`, `"on"` in any case. */
  flag(...names: string[]): boolean {
    const value = this.get(...names);
    return value === true || value === 1 || (typeof value === "string" && /^\s*(true|1|yes|on)\s*$/i.test(value));
  }
}

/**
 * Control characters and changes of direction as spaces: in a terminal or a log they would forge lines and colours, in a
 * list they would turn a name around.
 */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ").trim();
}

/** PostgreSQL cannot store NUL, and lone surrogates are no text. */
export function checkText(name: string, text: string): void {
  if (text.includes("\0") || !text.isWellFormed()) {
    throw new ApiError("request_invalid", { value: `${name}, which holds characters that are not text` });
  }
}

/** @param query without its question mark */
export function readQuery(query: string): Fields {
  const fields = new Fields();
  if (query !== "") for (const [name, value] of new URLSearchParams(query)) fields.addText(name, value);
  return fields;
}

/**
 * Reads a body in any of the forms that clients send (contract, section 3): what is in it decides, since several
 * announce something else.
 * @throws ApiError body_invalid
 */
export function readBody(contentType: string | undefined, body: Buffer | undefined): Fields {
  const fields = new Fields();
  if (!body || body.length === 0) return fields;
  const announced = contentType ?? "";
  const isMultipart = /^\s*multipart\//i.test(announced);
  const boundary = isMultipart ? /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(announced) : null;
  if (boundary) {
    addParts(fields, parseMultipart(body, (boundary[1] ?? boundary[2])!));
    return fields;
  }
  const sniffed = /^--([^\r\n]{1,200}?)[ \t]*\r\n/.exec(body.subarray(0, 256).toString("latin1"));
  if (sniffed) {
    addParts(fields, parseMultipart(body, sniffed[1]!));
    return fields;
  }
  if (!isUtf8(body)) throw new ApiError("body_invalid", { value: "a body that is neither JSON nor a form" });
  const text = body.toString("utf8").trim();
  if (/^\uFEFF?[{[]/.test(text)) addJson(fields, parseJson(text));
  else if (/^[^\s"<>{}]*=/.test(text)) {
    for (const [name, value] of new URLSearchParams(text)) fields.addText(name, value);
  } else if (text !== "") throw new ApiError("body_invalid", { value: "a body that is neither JSON nor a form" });
  return fields;
}

function addJson(fields: Fields, value: unknown): void {
  if (Array.isArray(value)) throw new ApiError("body_invalid", { value: "a JSON body that is a list, not an object" });
  for (const [name, entry] of Object.entries(value as object)) fields.add(name, entry);
}

/** Fields that are text even if a client sends them with a file name, as some do with blobs. */
const TEXT_FIELDS = new Set(
  [
    "devID",
    "LoQ",
    "test",
    "polycount",
    "height",
    "width",
    "depth",
    "projectID",
    "studioID",
    "imageUrls",
    "imageUrl",
    "views",
    "name",
    "tags",
    "seed",
    "topology",
    "pivot",
    "textureSize",
    "lods",
    "collision",
    "compression",
    "destination",
    "editDescription",
    "generator",
    "modelUrl",
    "up",
    "keepLoose",
    "keepBase",
  ].map(canonical),
);

function addParts(fields: Fields, parts: Part[]): void {
  for (const part of parts) {
    if (TEXT_FIELDS.has(canonical(part.name)) || !isFile(part)) {
      if (part.data.length > LIMITS.fieldBytes) {
        throw new ApiError("body_invalid", {
          value: `the field ${part.name.slice(0, 50)}, which is larger than 64 kB`,
        });
      }
      fields.addText(part.name, part.data.toString("utf8"));
    } else if (part.data.length > 0 || part.filename) {
      // Neither name nor data: what a browser sends for a file input that was left empty.
      fields.uploads.push({ filename: part.filename, data: part.data });
    }
  }
}

function isFile(part: Part): boolean {
  if (part.filename !== null) return true;
  if (part.type !== null && /^(image\/|application\/octet-stream)/.test(part.type)) return true;
  return sniffFormat(part.data).format !== null || !isUtf8(part.data);
}

function canonical(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const short = name
    .toLowerCase()
    .replace(/\[[^\]]*\]$/, "")
    .replace(/[-_\s]/g, "");
  if (knownNames.size < KNOWN.names && name.length <= KNOWN.characters) knownNames.set(name, short);
  return short;
}
