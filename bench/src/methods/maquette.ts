import { loadModels } from "@maquette/engine/host/load-models";
import { makeAsset } from "@maquette/engine/pipeline";
import type { Quality } from "@maquette/engine/types";
import { CASES } from "../inputs/cases.ts";
import { loadGlb } from "../load/glb.ts";
import type { Method } from "./method.ts";

/**
 * The product, from the bytes of the pictures to the delivered GLB, which is loaded like anybody's file. Labels go in
 * as hints where a case has them. The longest side is ordered as 100 cm, so that the asset's metres are cube units; its
 * pivot is the centre of its box, and so is the truth's origin.
 */
export async function maquette(
  name: string,
  quality: Quality,
  prior: boolean,
  seed: number,
  weights?: string,
): Promise<Method> {
  // Without its weights the product falls back to silhouettes; a bench that did so would measure something else.
  const models = prior ? await loadModels(weights) : null;
  return {
    name,
    cases: CASES,
    async run(pictures, _cameras, { longest }) {
      const labelled = pictures.every((p) => p.label);
      const { files } = await makeAsset(
        pictures.map((p) => p.bytes),
        {
          quality,
          seed,
          prior,
          name: "bench",
          [longest]: 100,
          ...(labelled && { views: pictures.map((p) => p.label!) }),
        },
        {},
        async () => models,
      );
      const glb = files.find((file) => file.format === "glb");
      if (!glb) throw new Error("the asset came without a GLB");
      return loadGlb(glb.data);
    },
  };
}
