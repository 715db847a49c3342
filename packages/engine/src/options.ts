import { type AssetOptions, STYLE_DEFAULTS, type Style } from "./asset.ts";
import { EngineError } from "./errors.ts";
import { VIEW_LABELS } from "./frames.ts";
import { LEVELS } from "./levels.ts";
import type { Collision, Compression, Pivot, Quality, Topology, ViewHint } from "./types.ts";

/** What may be asked for (contract, section 3). */
export const OPTION_LIMITS = {
  pictures: { min: 1, max: 6 },
  polycount: { min: 500, max: 300_000 },
  centimetres: { min: 0, max: 100_000 },
  textureSize: { min: 256, max: 4096 },
  lods: { min: 0, max: 4 },
  palette: { min: 2, max: 256 },
} as const;

/** Options with every default filled in. */
export interface Plan {
  name: string;
  quality: Quality;
  polycount: number;
  height?: number;
  width?: number;
  depth?: number;
  views: ViewHint[];
  topology: Topology;
  pivot: Pivot;
  textureSize: number;
  lods: number;
  seed: number;
  style: Style;
  prior: boolean;
  collision: Collision;
  compression: Compression;
}

/**
 * Checks options and fills in defaults.
 * @throws EngineError `option_invalid` or `picture_count`, naming the option, its value and what is allowed.
 */
export function planAsset(pictureCount: number, options: AssetOptions): Plan {
  const { min, max } = OPTION_LIMITS.pictures;
  if (pictureCount < min || pictureCount > max) throw new EngineError("picture_count", String(pictureCount));
  const level = LEVELS[options.quality];
  if (!level) invalid("quality", options.quality, `one of ${Object.keys(LEVELS).join(", ")}`);
  const polycount = options.polycount ?? level.polycount;
  whole("polycount", polycount, OPTION_LIMITS.polycount);
  for (const axis of ["height", "width", "depth"] as const) {
    const cm = options[axis];
    if (cm === undefined) continue;
    const limit = OPTION_LIMITS.centimetres;
    if (!(cm > limit.min && cm <= limit.max)) {
      invalid(axis, cm, `a number of centimetres above ${limit.min} and up to ${limit.max}`);
    }
  }
  const textureSize = options.textureSize ?? level.texture;
  whole("textureSize", textureSize, OPTION_LIMITS.textureSize);
  if ((textureSize & (textureSize - 1)) !== 0) invalid("textureSize", textureSize, "a power of two");
  const lods = options.lods ?? 0;
  whole("lods", lods, OPTION_LIMITS.lods);
  const seed = options.seed ?? 0;
  if (!Number.isSafeInteger(seed)) invalid("seed", seed, "a whole number");
  const topology = options.topology ?? "quad";
  if (topology !== "quad" && topology !== "triangle") invalid("topology", topology, "quad or triangle");
  const pivot = options.pivot ?? "center";
  if (pivot !== "center" && pivot !== "base") invalid("pivot", pivot, "center or base");
  const collision = options.collision ?? "none";
  if (collision !== "none" && collision !== "convex") invalid("collision", collision, "none or convex");
  const compression = options.compression ?? "none";
  if (compression !== "none" && compression !== "meshopt") invalid("compression", compression, "none or meshopt");
  const style = { ...STYLE_DEFAULTS, ...options.style };
  if (style.palette !== null) whole("palette", style.palette, OPTION_LIMITS.palette);
  const views = checkViews(options.views ?? [], pictureCount);
  return {
    name: options.name,
    quality: options.quality,
    polycount,
    height: options.height,
    width: options.width,
    depth: options.depth,
    views,
    topology,
    pivot,
    textureSize,
    lods,
    seed,
    style,
    prior: options.prior ?? true,
    collision,
    compression,
  };
}

function checkViews(views: readonly ViewHint[], pictureCount: number): ViewHint[] {
  if (views.length > pictureCount) {
    invalid("views", `${views.length} entries`, `at most one entry for each of the ${pictureCount} pictures`);
  }
  const labels = views.filter((v) => typeof v === "string" && v !== "auto");
  for (const label of labels) {
    if (!VIEW_LABELS.some((l) => l === label)) invalid("views", label, `${VIEW_LABELS.join(", ")} or auto`);
    if (labels.indexOf(label) !== labels.lastIndexOf(label)) {
      invalid("views", `${label} twice`, "each side once; leave the other one out or give its azimuth");
    }
  }
  for (const v of views) {
    if (typeof v !== "object") continue;
    if (!Number.isFinite(v.azimuth)) invalid("views.azimuth", v.azimuth, "a number of degrees");
    if (!(Math.abs(v.elevation) <= 90)) invalid("views.elevation", v.elevation, "degrees from -90 to 90");
  }
  return Array.from({ length: pictureCount }, (_, i) => views[i] ?? "auto");
}

function whole(name: string, value: number, limit: { min: number; max: number }): void {
  if (!Number.isInteger(value) || value < limit.min || value > limit.max) {
    invalid(name, value, `a whole number from ${limit.min} to ${limit.max}`);
  }
}

function invalid(name: string, value: unknown, allowed: string): never {
  throw new EngineError("option_invalid", `${name} is ${String(value)}; expected ${allowed}`);
}
