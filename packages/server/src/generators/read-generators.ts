import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UP_AXES } from "@maquette/engine";
import type { GeneratorSettings, Workflow } from "./generator-client.ts";
import { picturesOf, placeholdersOf } from "./workflow.ts";

/** The engine itself, as a choice among generators. */
export const BUILT_IN = "builtin";

export interface GeneratorsConfig {
  /** Who makes the shape of assets that do not say. */
  default: string;
  generators: GeneratorSettings[];
}

export const NO_GENERATORS: GeneratorsConfig = { default: BUILT_IN, generators: [] };

/** Of all kinds; docs/generators.md explains them. */
const COMMON = [
  "type",
  "url",
  "headers",
  "timeoutSeconds",
  "tries",
  "concurrency",
  "maxMegabytes",
  "fallback",
  "up",
  "front",
];
const OWN: Record<GeneratorSettings["type"], string[]> = {
  hunyuan3d: ["texture", "parameters"],
  comfyui: ["workflow", "outputNode"],
  http: [],
};

/**
 * Reads `MAQUETTE_GENERATORS`: the path of a JSON file, or the JSON itself. Paths in it are relative to the file.
 * @throws Error in one line that says which setting and why
 */
export function readGenerators(text: string | null): GeneratorsConfig {
  if (text === null) return NO_GENERATORS;
  const inline = text.startsWith("{");
  const folder = inline ? process.cwd() : dirname(resolve(text));
  const root = object(parse(inline ? text : read(text), inline ? "the JSON" : text), "the settings");
  for (const key of Object.keys(root)) {
    if (key !== "default" && key !== "generators")
      throw new Error(`"${key}" is not known; expected default, generators`);
  }
  const generators = Object.entries(object(root.generators, "generators")).map(([name, value]) =>
    readOne(name, object(value, name), folder),
  );
  const chosen = root.default ?? BUILT_IN;
  const names = [BUILT_IN, ...generators.map((generator) => generator.name)];
  if (typeof chosen !== "string" || !names.includes(chosen)) {
    throw new Error(`default is ${JSON.stringify(chosen)}; expected one of ${names.join(", ")}`);
  }
  return { default: chosen, generators };
}

function readOne(name: string, given: Record<string, unknown>, folder: string): GeneratorSettings {
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(name) || name === BUILT_IN) {
    throw new Error(`"${name}" cannot be a generator's name: use small letters, digits, dashes, and not "${BUILT_IN}"`);
  }
  const fail = (key: string, expected: string): never => {
    throw new Error(`${name}.${key} is ${JSON.stringify(given[key]) ?? "missing"}; expected ${expected}`);
  };
  const { type } = given;
  if (type !== "hunyuan3d" && type !== "comfyui" && type !== "http") return fail("type", "hunyuan3d, comfyui or http");
  for (const key of Object.keys(given)) {
    if (![...COMMON, ...OWN[type]].includes(key)) {
      throw new Error(`${name}.${key} is not known; expected ${[...COMMON, ...OWN[type]].join(", ")}`);
    }
  }
  const number = (key: string, fallback: number, min: number, max: number): number => {
    const value = given[key] ?? fallback;
    if (typeof value !== "number" || !(value >= min && value <= max)) fail(key, `a number from ${min} to ${max}`);
    return value as number;
  };
  const flag = (key: string, fallback: boolean): boolean => {
    const value = given[key] ?? fallback;
    if (typeof value !== "boolean") fail(key, "true or false");
    return value as boolean;
  };
  const up = given.up ?? "y";
  if (!UP_AXES.some((axis) => axis === up)) fail("up", UP_AXES.join(", "));
  const headers = object(given.headers ?? {}, `${name}.headers`);
  for (const value of Object.values(headers)) if (typeof value !== "string") fail("headers", "texts");
  if (typeof given.url !== "string" || !/^https?:\/\/[^/]+/.test(given.url) || !URL.canParse(given.url)) {
    fail("url", "an http or https URL");
  }
  return {
    name,
    type,
    url: given.url as string,
    headers: headers as Record<string, string>,
    timeoutMs: 1000 * number("timeoutSeconds", 600, 1, 7200),
    tries: Math.round(number("tries", 2, 1, 10)),
    concurrency: Math.round(number("concurrency", 1, 1, 64)),
    maxBytes: Math.round(1024 * 1024 * number("maxMegabytes", 256, 1, 1024)),
    fallback: flag("fallback", true),
    up: up as GeneratorSettings["up"],
    front: number("front", 0, -360, 360),
    texture: flag("texture", false),
    parameters: object(given.parameters ?? {}, `${name}.parameters`),
    workflows: type === "comfyui" ? readWorkflows(name, given.workflow, folder) : [],
    outputNode: given.outputNode === undefined ? null : String(given.outputNode),
  };
}

function readWorkflows(name: string, given: unknown, folder: string): Workflow[] {
  const paths = Array.isArray(given) ? given : [given];
  if (paths.length === 0 || paths.some((path) => typeof path !== "string")) {
    throw new Error(
      `${name}.workflow is ${JSON.stringify(given) ?? "missing"}; expected the path of a workflow, or several`,
    );
  }
  return (paths as string[]).map((path) => {
    const what = `${name}.workflow ${path}`;
    const workflow = object(parse(read(resolve(folder, path)), what), what);
    for (const node of Object.values(workflow)) {
      if (typeof (node as { class_type?: unknown } | null)?.class_type !== "string") {
        throw new Error(`${what} is not in ComfyUI's API format: export it with "Export (API)"`);
      }
    }
    try {
      placeholdersOf(workflow as Workflow);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
    const none = { pictures: [{} as never], quality: "standard", polycount: 0, seed: 0 } as const;
    const { pictures, missing } = picturesOf(workflow as Workflow, { ...none, pictures: [...none.pictures] });
    if (pictures.length + missing.length === 0) {
      throw new Error(
        `${what} takes no picture: put {{image}} (or {{front}}, {{back}} …) where LoadImage names its file`,
      );
    }
    return workflow as Workflow;
  });
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what}: expected a JSON object, got ${JSON.stringify(value)?.slice(0, 60) ?? "nothing"}`);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`cannot be read: ${(error as Error).message}`);
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is not valid JSON: ${(error as Error).message}`);
  }
}
