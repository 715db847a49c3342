import type { AssetOptions } from "@maquette/engine";
import { carve } from "@maquette/engine/carve/carve";
import { turnAboutY } from "@maquette/engine/fit/turn-about-y";
import { infer } from "@maquette/engine/infer/infer";
import { ingestPicture } from "@maquette/engine/ingest/ingest-picture";
import { inspectPictures } from "@maquette/engine/inspect/inspect-pictures";
import { LEVELS } from "@maquette/engine/levels";
import type { Models } from "@maquette/engine/models";
import { planAsset } from "@maquette/engine/options";
import { pose } from "@maquette/engine/pose/pose";
import { type MatteModel, segmentPictureWith } from "@maquette/engine/segment/segment";
import { triangulateQuads } from "@maquette/engine/simplify/triangulate-quads";
import { contour } from "@maquette/engine/surface/contour";
import type { Field, Mesh, View } from "@maquette/engine/types";

/** What the later stages start from. */
export interface Dense {
  field: Field;
  /** The contour of the field, turned to the object frame; cube units. */
  mesh: Mesh;
  /** The same in the frame of the field and the views. */
  inField: Mesh;
  views: View[];
  /** Degrees from the frame of the field to that of the object. */
  yaw: number;
}

/** The stages up to the surface, as the pipeline runs them: the same pictures and options give the same surface. */
export async function makeDense(
  pictures: readonly Uint8Array[],
  options: AssetOptions,
  prior: Models | null,
  matte: MatteModel | null,
): Promise<Dense> {
  const plan = planAsset(pictures.length, options);
  const level = LEVELS[plan.quality];
  const ingested = await Promise.all(pictures.map((bytes, i) => ingestPicture(bytes, i, { maxSide: level.picture })));
  const segmented = await Promise.all(ingested.map((p) => segmentPictureWith(matte, p.image, p.hasAlpha)));
  const inspected = inspectPictures(segmented, plan.views);
  const { views, yaw } = await pose(inspected.cutouts, inspected.hints, plan.prior ? prior : null, inspected.sources);
  const field = carve(views, await infer(views, plan.prior ? prior : null), level.field);
  const inField = triangulateQuads(contour(field));
  return { field, inField, mesh: { ...inField, positions: turnAboutY(inField.positions, yaw) }, views, yaw };
}
