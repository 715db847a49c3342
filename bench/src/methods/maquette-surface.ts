import { carve } from "@maquette/engine/carve/carve";
import { fit } from "@maquette/engine/fit/fit";
import { turnAboutY } from "@maquette/engine/fit/turn-about-y";
import { loadModels } from "@maquette/engine/host/load-models";
import { infer } from "@maquette/engine/infer/infer";
import { ingestPicture } from "@maquette/engine/ingest/ingest-picture";
import { inspectPictures } from "@maquette/engine/inspect/inspect-pictures";
import { LEVELS } from "@maquette/engine/levels";
import { planAsset } from "@maquette/engine/options";
import { pose } from "@maquette/engine/pose/pose";
import { segmentPictureWith } from "@maquette/engine/segment/segment";
import { triangulateQuads } from "@maquette/engine/simplify/triangulate-quads";
import { contour } from "@maquette/engine/surface/contour";
import type { Quality } from "@maquette/engine/types";
import { CASES } from "../inputs/cases.ts";
import type { Method } from "./method.ts";

/**
 * The product as far as its dense surface: nothing is simplified, coloured and written, which takes most of the time.
 * Size and place are as in `maquette`.
 */
export async function maquetteSurface(
  name: string,
  quality: Quality,
  prior: boolean,
  seed: number,
  weights?: string,
): Promise<Method> {
  const models = prior ? await loadModels(weights) : null;
  const level = LEVELS[quality];
  return {
    name,
    cases: CASES,
    async run(pictures, _cameras, { longest }) {
      const labelled = pictures.every((p) => p.label);
      const views = labelled ? { views: pictures.map((p) => p.label!) } : {};
      const plan = planAsset(pictures.length, { quality, seed, name: "bench", [longest]: 100, ...views });
      const ingested = await Promise.all(
        pictures.map(({ bytes }, i) => ingestPicture(bytes, i, { maxSide: level.picture })),
      );
      const segmented = await Promise.all(ingested.map((p) => segmentPictureWith(null, p.image, p.hasAlpha)));
      const { cutouts, hints, sources } = inspectPictures(segmented, plan.views);
      const posed = await pose(cutouts, hints, models, sources);
      const field = carve(posed.views, await infer(posed.views, models), level.field);
      const dense = triangulateQuads(contour(field));
      return { ...dense, positions: fit(turnAboutY(dense.positions, posed.yaw), plan).positions };
    },
  };
}
