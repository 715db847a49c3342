import type { PictureReport, ViewReport } from "./asset.ts";
import type { IngestedPicture } from "./ingest/ingest-picture.ts";
import type { Inspected } from "./inspect/inspect-pictures.ts";
import { measureBox } from "./pose/measure-box.ts";
import type { Cutout, Matte, View } from "./types.ts";

/**
 * What was seen of each picture and how it was used.
 *
 * @param views parallel to the inspected cut-outs, in the base frame.
 * @param yaw that turns it into the object frame.
 */
export function reportPictures(
  ingested: readonly IngestedPicture[],
  segmented: readonly Cutout[],
  inspected: Inspected,
  views: readonly View[],
  yaw: number,
): PictureReport[] {
  return ingested.map(({ width, height, format }, picture) => {
    const { matte, source, confidence } = segmented[picture];
    const zoom = width / matte.width;
    const own = views.flatMap((view, k): ViewReport[] => {
      if (inspected.sources[k] !== picture) return [];
      const { label, posedBy, camera } = view;
      const { elevation } = camera;
      const azimuth = (camera.azimuth + yaw + 360) % 360;
      return [{ label, azimuth, elevation, posedBy, box: boxOf(inspected.cutouts[k], zoom) }];
    });
    return {
      width,
      height,
      format,
      matte: { source, confidence, coverage: coverageOf(matte) },
      inspection: inspected.measured[picture],
      pose: own[0] ?? null,
      views: own,
    };
  });
}

/** The object's box in the picture as it was sent, whole pixels. */
function boxOf({ matte, left, top }: Inspected["cutouts"][number], zoom: number): ViewReport["box"] {
  const box = measureBox(matte)!;
  return {
    left: Math.floor(zoom * (left + box.left)),
    top: Math.floor(zoom * (top + box.top)),
    width: Math.ceil(zoom * (box.right - box.left)),
    height: Math.ceil(zoom * (box.bottom - box.top)),
  };
}

function coverageOf({ data }: Matte): number {
  let sum = 0;
  for (const c of data) sum += c;
  return sum / (255 * data.length);
}
