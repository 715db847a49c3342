import { type AssetOptions, STYLE_DEFAULTS, UP_AXES } from "@maquette/engine/asset";
import { VIEW_LABELS } from "@maquette/engine/frames";
import { LEVELS } from "@maquette/engine/levels";
import { OPTION_LIMITS } from "@maquette/engine/options";
import type { Collision, Compression, Pivot, Quality, Topology, ViewHint } from "@maquette/engine/types";
import { LIMITS } from "../config/limits.ts";
import type { FinishSource, ProjectStyle } from "../db/schema.ts";
import { ApiError, invalid } from "./errors.ts";
import { checkText, type Fields, oneLine } from "./fields.ts";
import { parseJson } from "./parse-json.ts";

const QUALITIES: readonly string[] = Object.keys(LEVELS);
const VIEWS: readonly string[] = [...VIEW_LABELS, "auto"];
const TEXTURE_SIZES = [256, 512, 1024, 2048, 4096];

/** What a request asks of the engine, without the name, which is settled when it is stored. */
export interface ParsedOptions {
  options: Omit<AssetOptions, "name">;
  warnings: string[];
}

/** @throws ApiError quality_invalid */
export function parseQuality(fields: Fields): Quality | null {
  const value = fields.get("LoQ", "quality");
  if (value === undefined) return null;
  const quality = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (!QUALITIES.includes(quality)) throw new ApiError("quality_invalid");
  return quality as Quality;
}

/**
 * Reads the options of an asset on top of a base: nothing for a new request, the former options for a revision. What a
 * project's style sets holds where the request is silent.
 * @throws ApiError quality_invalid, request_invalid
 */
export function parseOptions(
  fields: Fields,
  style: ProjectStyle = {},
  base: Partial<AssetOptions> = {},
): ParsedOptions {
  const warnings: string[] = [];
  const quality = parseQuality(fields) ?? base.quality ?? "standard";
  const size = {
    height: centimetres(fields, "height") ?? base.height,
    width: centimetres(fields, "width") ?? base.width,
    depth: centimetres(fields, "depth") ?? base.depth,
  };
  const topology = oneOf<Topology>(fields, "topology", ["quad", "triangle"]) ?? base.topology ?? style.topology;
  const pivot = oneOf<Pivot>(fields, "pivot", ["center", "base"]) ?? base.pivot;
  const polycount = parsePolycount(fields, warnings) ?? base.polycount ?? style.polycount;
  const textureSize = parseTextureSize(fields) ?? base.textureSize ?? densityToSize(style.texelDensity, size);
  const lods = integer(fields, "lods", OPTION_LIMITS.lods) ?? base.lods;
  const collision = oneOf<Collision>(fields, "collision", ["none", "convex"]) ?? base.collision;
  const compression = oneOf<Compression>(fields, "compression", ["none", "meshopt"]) ?? base.compression;
  const seed = integer(fields, "seed", LIMITS.seed) ?? base.seed;
  const look = {
    ...(style.shading === undefined ? {} : { shading: style.shading }),
    ...(style.palette === undefined ? {} : { palette: style.palette }),
    ...(style.texturing === undefined ? {} : { texturing: style.texturing }),
    ...base.style,
  };
  const options: Omit<AssetOptions, "name"> = { quality };
  const given = { ...size, polycount, topology, pivot, textureSize, lods, collision, compression, seed };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) Object.assign(options, { [name]: value });
  if (Object.keys(look).length > 0) options.style = look;
  return { options, warnings };
}

/**
 * How a model shall be read, on top of how it was read before.
 * @param options of the asset; what of them means nothing for a model is noted in `warnings`
 * @throws ApiError request_invalid
 */
export function parseFinish(
  fields: Fields,
  { style = {} }: Pick<AssetOptions, "style">,
  warnings: string[],
  former: Omit<FinishSource, "modelID"> = {},
): Omit<FinishSource, "modelID"> {
  const kept = Object.entries({
    palette: style.palette ?? null,
    texturing: style.texturing ?? STYLE_DEFAULTS.texturing,
  })
    .filter(([name, value]) => value !== STYLE_DEFAULTS[name as "palette" | "texturing"])
    .map(([name]) => name);
  if (kept.length > 0) warnings.push(`The model keeps its own colours: ${kept.join(" and ")} of the style was ignored`);
  const up = oneOf(fields, "up", UP_AXES) ?? former.up;
  const flag = (name: "keepLoose" | "keepBase") => (fields.has(name) ? fields.flag(name) : (former[name] ?? false));
  return {
    ...(up === undefined ? {} : { up }),
    ...(flag("keepLoose") ? { keepLoose: true } : {}),
    ...(flag("keepBase") ? { keepBase: true } : {}),
  };
}

/** Who shall make the shape; undefined when the request does not say. @throws ApiError request_invalid */
export function parseGenerator(fields: Fields, names: readonly string[]): string | undefined {
  const name = fields.text("generator")?.toLowerCase();
  if (name !== undefined && !names.includes(name)) {
    throw invalid(`generator ${show(name)}: expected ${names.join(" or ")}`);
  }
  return name;
}

/** Directions parallel to the pictures; those not named are `auto`. @throws ApiError request_invalid */
export function parseViews(fields: Fields, pictures: number): ViewHint[] {
  const given = fields.all("views").flatMap(splitList);
  if (given.length > pictures) {
    throw invalid(`views, which names ${given.length} directions for ${pictures} images`);
  }
  const views = given.map((value) => parseView(value));
  checkViews(views);
  return Array.from({ length: pictures }, (_, i) => views[i] ?? "auto");
}

/** @throws ApiError request_invalid when two pictures claim the same side */
export function checkViews(views: readonly ViewHint[]): void {
  const labels = views.filter((view) => typeof view === "string" && view !== "auto");
  const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
  if (repeated !== undefined) throw invalid(`views, which names "${repeated}" twice`);
}

function parseView(value: unknown): ViewHint {
  if (value === null || value === "") return "auto";
  if (typeof value === "string") {
    const label = value.trim().toLowerCase();
    if (VIEWS.includes(label)) return label as ViewHint;
    if (label.startsWith("{")) return parseView(parseJson(label));
  } else if (typeof value === "object") {
    const { azimuth, elevation = 0 } = value as { azimuth?: unknown; elevation?: unknown };
    const angles = { azimuth: toNumber(azimuth), elevation: toNumber(elevation) };
    if (Math.abs(angles.azimuth) <= 360 && Math.abs(angles.elevation) <= 90) return angles;
  }
  throw invalid(
    `a view of ${JSON.stringify(value)?.slice(0, 80)}: use ${VIEWS.join(", ")} or {azimuth, elevation} in degrees`,
  );
}

/** @throws ApiError request_invalid */
export function parseTags(fields: Fields): string[] {
  const tags = fields
    .all("tags")
    .flatMap(splitList)
    .map((tag) => {
      if (typeof tag !== "string" && typeof tag !== "number") {
        throw invalid(`tags, which must hold texts, not ${show(tag)}`);
      }
      checkText("tags", String(tag));
      return oneLine(String(tag));
    })
    .filter(Boolean);
  if (tags.length > LIMITS.tags) throw invalid(`${tags.length} tags: at most ${LIMITS.tags} can be kept`);
  for (const tag of tags) {
    if (tag.length > LIMITS.tagCharacters)
      throw invalid(`a tag of ${tag.length} characters: at most ${LIMITS.tagCharacters} can be kept`);
  }
  return [...new Set(tags)];
}

/** @throws ApiError request_invalid */
export function parseName(fields: Fields): string | null {
  const name = fields.line("name");
  if (name !== null && name.length > LIMITS.nameCharacters) {
    throw invalid(`a name of ${name.length} characters: at most ${LIMITS.nameCharacters} can be kept`);
  }
  return name;
}

/** A list as JSON, as JSON in a string, repeated, or joined with commas. */
export function splitList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap((entry) => (Array.isArray(entry) ? entry : [entry]));
  if (typeof value !== "string") return [value];
  const text = value.trim();
  if (text.startsWith("[")) {
    const list = parseJson(text);
    return Array.isArray(list) ? list : [list];
  }
  if (text.startsWith("{")) return [text];
  return text.split(",").map((entry) => entry.trim());
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : Number.NaN;
}

function centimetres(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const number = toNumber(value);
  if (!(number > 0 && number <= OPTION_LIMITS.centimetres.max)) {
    throw invalid(
      `${name} ${show(value)}: expected centimetres, more than 0 and at most ${OPTION_LIMITS.centimetres.max}`,
    );
  }
  return number;
}

/** A value that is no number (a plugin sends the text of its empty field) is ignored, with a warning. */
function parsePolycount(fields: Fields, warnings: string[]): number | undefined {
  const value = fields.get("polycount");
  if (value === undefined) return undefined;
  const number = toNumber(value);
  const { min, max } = OPTION_LIMITS.polycount;
  if (Number.isNaN(number)) {
    warnings.push(`polycount ${show(value)} is not a number and was ignored`);
    return undefined;
  }
  if (number < min || number > max) throw invalid(`polycount ${show(value)}: expected ${min} to ${max}`);
  return Math.floor(number);
}

function parseTextureSize(fields: Fields): number | undefined {
  const value = fields.get("textureSize");
  if (value === undefined) return undefined;
  if (!TEXTURE_SIZES.includes(toNumber(value))) {
    throw invalid(`textureSize ${show(value)}: expected one of ${TEXTURE_SIZES.join(", ")}`);
  }
  return toNumber(value);
}

function integer(fields: Fields, name: string, { min, max }: { min: number; max: number }): number | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const number = toNumber(value);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw invalid(`${name} ${show(value)}: expected a whole number from ${min} to ${max}`);
  }
  return number;
}

function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T | undefined {
  const value = fields.text(name)?.toLowerCase();
  if (value === undefined) return undefined;
  if (!allowed.includes(value as T)) throw invalid(`${name} ${show(value)}: expected ${allowed.join(" or ")}`);
  return value as T;
}

/**
 * The texture side that gives about `density` texels a metre: an atlas holds the surface some two object sides across.
 */
function densityToSize(
  density: number | undefined,
  size: { height?: number; width?: number; depth?: number },
): number | undefined {
  if (density === undefined) return undefined;
  const metres = Math.max(size.height ?? 0, size.width ?? 0, size.depth ?? 0, 0) / 100 || 2;
  const wanted = density * metres * 2;
  return TEXTURE_SIZES.find((side) => side >= wanted) ?? TEXTURE_SIZES.at(-1);
}

function show(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The texturing method that an iteration reports: null unless the style chose one. */
export function texturingMethod(options: Pick<AssetOptions, "style">): string | null {
  const method = options.style?.texturing;
  return method === undefined || method === STYLE_DEFAULTS.texturing ? null : method;
}
