import type { Quality } from "@maquette/engine/types";
import { balloon } from "./balloon.ts";
import { extrusion } from "./extrusion.ts";
import { hull } from "./hull.ts";
import type { Method } from "./method.ts";

export const METHOD_NAMES = ["maquette", "maquette-no-prior", "hull", "balloon", "extrusion"] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

/** The engine is loaded only where it takes part: it is large, and counts in the floors' peak memory otherwise. */
export async function makeMethod(name: MethodName, quality: Quality, seed: number): Promise<Method> {
  switch (name) {
    case "maquette":
    case "maquette-no-prior": {
      const { maquette } = await import("./maquette.ts");
      return maquette(name, quality, name === "maquette", seed);
    }
    case "hull":
      return hull;
    case "balloon":
      return balloon;
    case "extrusion":
      return extrusion;
  }
}
