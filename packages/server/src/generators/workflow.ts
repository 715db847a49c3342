import { VIEW_LABELS } from "@maquette/engine";
import type { GeneratorPicture, GeneratorRequest } from "@maquette/engine/generator";
import type { Workflow } from "./generator-client.ts";

const PLACEHOLDER = /\{\{\s*([a-z]+)\s*\}\}/g;
/** `image` is the base picture, whatever it shows. */
const PICTURES: readonly string[] = ["image", ...VIEW_LABELS];
const VALUES: readonly string[] = ["seed", "polycount", "quality"];

/** Every placeholder of a workflow. @throws Error naming one that does not exist */
export function placeholdersOf(workflow: Workflow): Set<string> {
  const names = new Set<string>();
  for (const [, name] of JSON.stringify(workflow).matchAll(PLACEHOLDER)) {
    if (!PICTURES.includes(name!) && !VALUES.includes(name!)) {
      throw new Error(`{{${name}}} is no placeholder; there are ${[...PICTURES, ...VALUES].join(", ")}`);
    }
    names.add(name!);
  }
  return names;
}

/** The pictures that a workflow asks for, and those among them that a request does not have. */
export function picturesOf(workflow: Workflow, { pictures }: GeneratorRequest) {
  const given = new Map<string, GeneratorPicture>([["image", pictures[0]!]]);
  for (const picture of pictures) if (picture.label) given.set(picture.label, picture);
  const wanted = [...placeholdersOf(workflow)].filter((name) => PICTURES.includes(name));
  return {
    pictures: wanted.flatMap((name) => (given.has(name) ? [[name, given.get(name)!] as const] : [])),
    missing: wanted.filter((name) => !given.has(name)),
  };
}

/** Puts names of pictures and values in place. A text that is nothing but a placeholder of a number becomes that number. */
export function fillWorkflow(
  workflow: Workflow,
  names: ReadonlyMap<string, string>,
  { seed, polycount, quality }: GeneratorRequest,
): Workflow {
  const values: Record<string, string | number> = { ...Object.fromEntries(names), seed, polycount, quality };
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry)]));
    }
    if (typeof value !== "string") return value;
    const [, only] = /^\{\{\s*([a-z]+)\s*\}\}$/.exec(value) ?? [];
    if (only !== undefined) return values[only];
    return value.replace(PLACEHOLDER, (_, name: string) => String(values[name]));
  };
  return fill(workflow) as Workflow;
}
