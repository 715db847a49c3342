import type { Style } from "@maquette/engine/asset";
import { OPTION_LIMITS } from "@maquette/engine/options";
import type { Topology } from "@maquette/engine/types";

import type { ProjectStyle } from "../db/schema.ts";
import { invalid } from "./errors.ts";

const CHOICES = {
  topology: ["quad", "triangle"] satisfies Topology[],
  shading: ["smooth", "flat", "angle"] satisfies Style["shading"][],
  texturing: ["projected", "painted", "vertex", "none"] satisfies Style["texturing"][],
} as const;

const RANGES = {
  palette: OPTION_LIMITS.palette,
  polycount: OPTION_LIMITS.polycount,
  texelDensity: { min: 1, max: 100_000 },
} as const;

/**
 * A project's style from JSON. Null takes a setting away.
 * @param generators names among which the project's may be chosen.
 * @throws ApiError request_invalid naming the setting and what it may be
 */
export function parseStyle(value: unknown, former: ProjectStyle, generators: readonly string[]): ProjectStyle {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("style, which must be an object");
  const style: Record<string, unknown> = { ...former };
  for (const [name, entry] of Object.entries(value)) {
    if (entry === null || entry === "") {
      delete style[name];
    } else if (name in CHOICES) {
      const allowed: readonly string[] = CHOICES[name as keyof typeof CHOICES];
      if (typeof entry !== "string" || !allowed.includes(entry))
        throw invalid(`style.${name}: expected ${allowed.join(", ")}`);
      style[name] = entry;
    } else if (name in RANGES) {
      const { min, max } = RANGES[name as keyof typeof RANGES];
      const number = typeof entry === "number" || typeof entry === "string" ? Number(entry) : Number.NaN;
      if (!Number.isInteger(number) || number < min || number > max) {
        throw invalid(`style.${name}: expected a whole number from ${min} to ${max}`);
      }
      style[name] = number;
    } else if (name === "generator") {
      if (typeof entry !== "string" || !generators.includes(entry))
        throw invalid(`style.generator: expected ${generators.join(", ")}`);
      style[name] = entry;
    } else {
      throw invalid(
        `style.${name.slice(0, 40)}: expected ${[...Object.keys(CHOICES), ...Object.keys(RANGES), "generator"].join(", ")}`,
      );
    }
  }
  return style as ProjectStyle;
}
