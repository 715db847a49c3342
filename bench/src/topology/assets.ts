import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ViewLabel } from "@maquette/engine/frames";
import { renderCase } from "../inputs/cases.ts";
import { choose, listPacks, loadModel } from "../load/models.ts";

export const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));
export const SIDES: readonly ViewLabel[] = ["front", "right", "back", "left"];

/** Pictures of which an asset is made. */
export interface Order {
  name: string;
  /** Encoded. */
  pictures: Uint8Array[];
  views?: ViewLabel[];
}

export function exampleNames(): string[] {
  return readdirSync(EXAMPLES).sort();
}

/** Each example from its one picture, and from its four sides where it has them. */
export function exampleOrders(names: readonly string[]): Order[] {
  return names.flatMap((name) =>
    [["picture"], SIDES].flatMap((pictures): Order[] => {
      const paths = pictures.map((picture) => join(EXAMPLES, name, `${picture}.png`));
      if (!paths.every((path) => existsSync(path))) return [];
      const bytes = paths.map((path) => new Uint8Array(readFileSync(path)));
      return [{ name, pictures: bytes, ...(pictures === SIDES && { views: [...SIDES] }) }];
    }),
  );
}

/** Coloured validation objects of the packs, which the prior never saw: in perspective from one place, and from four sides. */
export async function* packOrders(directory: string, count: number, seed: number): AsyncGenerator<Order> {
  if (count === 0) return;
  const models = listPacks(directory, "validation").filter((model) => "entry" in model && !model.entry.untextured);
  for (const model of choose(models, count, seed)) {
    const mesh = await loadModel(model);
    for (const one of ["S1", "M4"] as const) {
      const { pictures } = await renderCase(mesh, one, seed, `${model.source}/${model.name}`);
      yield {
        name: model.name,
        pictures: pictures.map(({ bytes }) => bytes),
        ...(one === "M4" && { views: [...SIDES] }),
      };
    }
  }
}
