import type { Quality } from "@maquette/engine/types";
import { balloon } from "./balloon.ts";
import { extrusion } from "./extrusion.ts";
import { hull } from "./hull.ts";
import type { Method } from "./method.ts";

export const METHOD_NAMES = ["maquette", "maquette-no-prior", "hull", "balloon", "extrusion"] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

/** What of the product is measured: the file that it delivers, or the dense surface that the file is made from. */
export type Measured = "asset" | "surface";

/** The engine is loaded only where it takes part: it is large, and counts in the floors' peak memory otherwise. */
export async function makeMethod(
  name: MethodName,
  quality: Quality,
  seed: number,
  measured: Measured,
  weights?: string,
): Promise<Method> {
  switch (name) {
    case "maquette":
    case "maquette-no-prior": {
      const prior = name === "maquette";
      if (measured === "surface") {
        const { maquetteSurface } = await import("./maquette-surface.ts");
        return maquetteSurface(name, quality, prior, seed, weights);
      }
      const { maquette } = await import("./maquette.ts");
      return maquette(name, quality, prior, seed, weights);
    }
    case "hull":
      return hull;
    case "balloon":
      return balloon;
    case "extrusion":
      return extrusion;
  }
}
