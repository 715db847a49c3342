import type { AssetOptions } from "@maquette/engine/asset";
import { LEVELS } from "@maquette/engine/levels";
import { OPTION_LIMITS } from "@maquette/engine/options";
import type { Quality } from "@maquette/engine/types";
import { ApiError } from "../api/errors.ts";

/** What an `editDescription` may ask for, in the words of the refusal and of the reference. */
export const WISHES = [
  "level of quality (high quality, better quality)",
  "polygons (at most 5000 triangles, half the polygons, fewer polygons)",
  "size (120 cm tall, twice as big, 20% wider)",
  "topology (quads, triangles)",
  "shading (smooth, flat, by angle)",
  "colours (reduce to 8 colours, all colours)",
  "texturing (no texture, vertex colours, painted texture, projected texture)",
  "texture size (2k texture)",
  "pivot (pivot at the base, pivot at the centre)",
  "levels of detail (3 LODs, no LODs)",
  "variant (another variant)",
];

/** What the wishes start from: the former options and what was made with them. */
export interface WishBase {
  options: AssetOptions;
  triangles: number | null;
  /** Centimetres, as delivered. */
  size: { height: number; width: number; depth: number } | null;
}

export interface GrantedWishes {
  options: Partial<AssetOptions>;
  /** What was done, in words. */
  applied: string[];
}

type Grant = { options: Partial<AssetOptions>; text: string } | null;

const QUALITIES = Object.keys(LEVELS) as Quality[];
const CM: Record<string, number> = {
  mm: 0.1,
  cm: 1,
  m: 100,
  in: 2.54,
  inch: 2.54,
  inches: 2.54,
  ft: 30.48,
  feet: 30.48,
};
const AXES: Record<string, "height" | "width" | "depth"> = {
  tall: "height",
  high: "height",
  height: "height",
  taller: "height",
  shorter: "height",
  wide: "width",
  width: "width",
  wider: "width",
  narrower: "width",
  deep: "depth",
  long: "depth",
  depth: "depth",
  length: "depth",
  deeper: "depth",
  longer: "depth",
  shallower: "depth",
};
const NUMBER = "(\\d+(?:[.,]\\d+)?)\\s*(k\\b)?";
const UNIT = "(mm|cm|m|inch(?:es)?|in|feet|ft)";
const POLYGONS = "(?:triangles|tris|polygons|polys|polycount|faces)";

/** Tried in order; the first that knows a clause grants it. */
const RULES: ((clause: string, base: WishBase) => Grant)[] = [
  quality,
  polygons,
  absoluteSize,
  relativeSize,
  topology,
  shading,
  palette,
  textureSize,
  texturing,
  pivot,
  lods,
  variant,
];

/**
 * Reads an edit description as a list of wishes. All of them are understood, or none is applied.
 * @throws ApiError wish_unknown naming those that are not understood and all that could be
 */
export function grantWishes(description: string, base: WishBase): GrantedWishes {
  const clauses = description
    .toLowerCase()
    .split(/[;\n]|[,.](?!\d)|\band\b|\bthen\b/)
    .map((clause) =>
      clause
        .replace(/[!?"']/g, "")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter(Boolean);
  const granted: GrantedWishes = { options: {}, applied: [] };
  const unknown: string[] = [];
  for (const clause of clauses) {
    const merged = { ...base, options: { ...base.options, ...granted.options } };
    const grant = RULES.map((rule) => rule(clause, merged)).find((result) => result !== null);
    if (!grant) {
      unknown.push(clause);
      continue;
    }
    const style = grant.options.style && { style: { ...merged.options.style, ...grant.options.style } };
    Object.assign(granted.options, grant.options, style);
    granted.applied.push(grant.text);
  }
  if (unknown.length > 0 || clauses.length === 0) {
    const list = unknown.map((clause) => `"${clause.slice(0, 100)}"`).join(", ") || "nothing";
    throw new ApiError("wish_unknown", {
      value: `an editDescription of which ${list} is not understood`,
      cause: `Understood are: ${WISHES.join("; ")}`,
    });
  }
  return granted;
}

function quality(clause: string, { options }: WishBase): Grant {
  const named = /\b(standard|high|ultra)\b(?: level of)? quality|quality (?:to |of )?(standard|high|ultra)\b/.exec(
    clause,
  );
  const step = /\b(better|higher|more|lower|less|worse)\b.*\b(quality|details?|detailed)\b/.exec(clause);
  if (!named && !step) return null;
  const up = !/lower|less|worse/.test(step?.[1] ?? "");
  const at = QUALITIES.indexOf(options.quality) + (up ? 1 : -1);
  const wanted = ((named?.[1] ?? named?.[2]) as Quality | undefined) ?? QUALITIES[Math.min(Math.max(at, 0), 2)]!;
  return { options: { quality: wanted }, text: `quality ${wanted}` };
}

function polygons(clause: string, { options, triangles }: WishBase): Grant {
  const count = new RegExp(`${NUMBER}\\s*${POLYGONS}|${POLYGONS}\\s*(?:to|of|at most|=|:)?\\s*${NUMBER}`).exec(clause);
  const scale = new RegExp(`\\b(half|twice|double|fewer|less|reduce|more)\\b.*${POLYGONS}`).exec(clause)?.[1];
  if (!count && !scale) return null;
  const now = triangles ?? options.polycount ?? LEVELS[options.quality].polycount;
  const wanted = count
    ? toNumber(count[1] ?? count[3]!) * (count[2] || count[4] ? 1000 : 1)
    : now * (/twice|double|more/.test(scale!) ? 2 : 0.5);
  const polycount = Math.round(Math.min(Math.max(wanted, OPTION_LIMITS.polycount.min), OPTION_LIMITS.polycount.max));
  return { options: { polycount }, text: `at most ${polycount} triangles` };
}

function absoluteSize(clause: string): Grant {
  const match =
    new RegExp(`${NUMBER}\\s*${UNIT}\\s*(?:in )?(tall|high|height|wide|width|deep|long|depth|length)\\b`).exec(
      clause,
    ) ?? new RegExp(`\\b(height|width|depth|length)\\s*(?:to|of|=|:|is)?\\s*${NUMBER}\\s*${UNIT}\\b`).exec(clause);
  if (!match) return null;
  const axisFirst = match[1]! in AXES;
  const [axis, value, unit] = axisFirst ? [match[1]!, match[2]!, match[4]!] : [match[4]!, match[1]!, match[3]!];
  return resize({ [AXES[axis]!]: toNumber(value) * CM[unit]! });
}

function relativeSize(clause: string, { options, size }: WishBase): Grant {
  const percent =
    /(\d+(?:\.\d+)?)\s*(?:%|percent)\s*(bigger|larger|smaller|taller|shorter|wider|narrower|deeper|shallower|longer)\b/.exec(
      clause,
    );
  const times =
    /\b(half|twice|double)\b(?: as| the)?\s*(big|large|size|tall|high|height|wide|width|deep|long|depth)\b/.exec(
      clause,
    );
  if (!percent && !times) return null;
  const word = (percent?.[2] ?? times?.[2])!;
  const factor = percent
    ? 1 + (toNumber(percent[1]!) / 100) * (/smaller|shorter|narrower|shallower/.test(word) ? -1 : 1)
    : times![1] === "half"
      ? 0.5
      : 2;
  if (factor <= 0) return null;
  const given = Object.fromEntries(
    (["height", "width", "depth"] as const).flatMap((axis) =>
      options[axis] === undefined ? [] : [[axis, options[axis]]],
    ),
  );
  const now: { height: number; width?: number; depth?: number } = size ?? { height: 200, ...given };
  const axis = AXES[word];
  if (axis) return now[axis] === undefined ? null : resize({ ...given, [axis]: now[axis] * factor });
  const scaled = Object.keys(given).length > 0 ? given : { height: now.height };
  return resize(Object.fromEntries(Object.entries(scaled).map(([name, value]) => [name, value * factor])));
}

function resize(size: Record<string, number>): Grant {
  const rounded = Object.entries(size).map(([axis, cm]) => [axis, Math.round(cm * 100) / 100] as const);
  if (rounded.some(([, cm]) => !(cm > 0 && cm <= OPTION_LIMITS.centimetres.max))) return null;
  return {
    options: Object.fromEntries(rounded),
    text: rounded.map(([axis, cm]) => `${axis} ${cm} cm`).join(", "),
  };
}

function topology(clause: string): Grant {
  if (/\bquads?\b/.test(clause)) return { options: { topology: "quad" }, text: "topology quad" };
  if (/\b(triangles|triangulated?|triangle (topology|mesh))\b/.test(clause)) {
    return { options: { topology: "triangle" }, text: "topology triangle" };
  }
  return null;
}

function shading(clause: string): Grant {
  const kind = /\bsmooth\b/.test(clause)
    ? "smooth"
    : /\b(flat|faceted|low[- ]poly (look|shading))\b/.test(clause)
      ? "flat"
      : /\b(by angle|sharp edges|hard edges)\b/.test(clause)
        ? "angle"
        : null;
  return kind && { options: { style: { shading: kind } }, text: `shading ${kind}` };
}

function palette(clause: string): Grant {
  if (/\b(all|full|original) (colou?rs|palette)\b/.test(clause))
    return { options: { style: { palette: null } }, text: "all colours" };
  const count = /(\d+)\s*colou?rs|(?:palette|colou?rs)\s*(?:to|of)?\s*(\d+)/.exec(clause);
  const colours = Number(count?.[1] ?? count?.[2] ?? 0);
  if (!(colours >= 2 && colours <= 256)) return null;
  return { options: { style: { palette: colours } }, text: `${colours} colours` };
}

function textureSize(clause: string): Grant {
  const match =
    /\b(256|512|1024|2048|4096|1k|2k|4k)\b.*\btextures?\b|\btextures?\b.*\b(256|512|1024|2048|4096|1k|2k|4k)\b/.exec(
      clause,
    );
  const text = match?.[1] ?? match?.[2];
  if (text === undefined) return null;
  const side = text.endsWith("k") ? Number.parseInt(text, 10) * 1024 : Number(text);
  return { options: { textureSize: side }, text: `texture ${side} × ${side}` };
}

function texturing(clause: string): Grant {
  const method = /\b(no|without|remove the) (texture|textures|colou?rs?)\b|\buntextured\b|\bplain gr[ea]y\b/.test(
    clause,
  )
    ? "none"
    : /\bvertex colou?rs\b/.test(clause)
      ? "vertex"
      : /\bpainted\b/.test(clause)
        ? "painted"
        : /\bprojected\b/.test(clause)
          ? "projected"
          : null;
  return method && { options: { style: { texturing: method } }, text: `texturing ${method}` };
}

function pivot(clause: string): Grant {
  const place = /\b(?:pivot|origin)\b.*\b(base|bottom|feet|cent(?:er|re)|middle)\b/.exec(clause)?.[1];
  if (place === undefined) return null;
  const at = /^(cent|middle)/.test(place) ? "center" : "base";
  return { options: { pivot: at }, text: `pivot ${at}` };
}

function lods(clause: string): Grant {
  const match = /\b(no|\d)\s*(?:more )?(?:lods?|levels? of detail)\b/.exec(clause);
  if (!match) return null;
  const count = match[1] === "no" ? 0 : Number(match[1]);
  return count > OPTION_LIMITS.lods.max
    ? null
    : { options: { lods: count }, text: `${count} coarser levels of detail` };
}

function variant(clause: string, { options }: WishBase): Grant {
  if (!/\b(another|different|new) (variant|variation|version|seed)\b|\btry again\b/.test(clause)) return null;
  const seed = (options.seed ?? 0) + 1;
  return { options: { seed }, text: `seed ${seed}` };
}

function toNumber(text: string): number {
  return Number(text.replace(",", "."));
}
