import sharp from "sharp";
import type { PictureReport } from "../src/asset.ts";
import { EngineError } from "../src/errors.ts";
import { type IngestedPicture, ingestPicture } from "../src/ingest/ingest-picture.ts";
import { inspectPicture } from "../src/inspect/inspect.ts";
import { inspectPictures } from "../src/inspect/inspect-pictures.ts";
import { LEVELS } from "../src/levels.ts";
import { pose } from "../src/pose/pose.ts";
import { reportPictures } from "../src/report-pictures.ts";
import { segmentPictureWith } from "../src/segment/segment.ts";
import type { Cutout, Quality, ViewHint } from "../src/types.ts";
import { MatteLoader } from "./load-matte-model.ts";

export interface ExamineOptions {
  quality: Quality;
  /** Parallel to the pictures. */
  views: ViewHint[];
  /** Weights of another matting model. */
  matteModel?: string;
}

/** What would become of pictures, without anything being made of them. */
export interface Examination {
  /** Parallel to the pictures. */
  pictures: ExaminedPicture[];
  warnings: string[];
  /** Why nothing would be made; the first of the pictures' problems, or what is wrong with all of them together. */
  refusal: EngineError | null;
}

export interface ExaminedPicture {
  /** What was measured and how the picture would be used; null when it cannot be read or the set is refused. */
  report: PictureReport | null;
  problem: EngineError | null;
  /** PNG: the picture with its background faded, the outline drawn and the views framed; null when it cannot be read. */
  overlay: Uint8Array | null;
}

/** Looks at pictures as `makeAsset` does, up to their cameras, and says all that is wrong instead of the first thing. */
export async function examinePictures(pictures: Uint8Array[], options: ExamineOptions): Promise<Examination> {
  const mattes = new MatteLoader(options.matteModel);
  const { picture: maxSide } = LEVELS[options.quality];
  const seen = await Promise.all(
    pictures.map(async (bytes, i) => {
      const ingested = await attempt(() => ingestPicture(bytes, i, { maxSide }));
      if (ingested instanceof EngineError) return { problem: ingested };
      const cutout = await segmentPictureWith(mattes.model, ingested.image, ingested.hasAlpha);
      const inspection = await attempt(() => inspectPicture(cutout, i, (options.views[i] ?? "auto") === "auto"));
      return { ingested, cutout, problem: inspection instanceof EngineError ? inspection : null };
    }),
  );
  const first = seen.find((s) => s.problem)?.problem ?? null;
  const together = first ?? (await attempt(() => lookTogether(seen as Seen[], options.views)));
  const refusal = together instanceof EngineError ? together : null;
  const { reports, warnings } = together instanceof EngineError ? { reports: null, warnings: [] } : together;
  return {
    refusal,
    warnings: [...warnings, ...(mattes.warning ? [mattes.warning] : [])],
    pictures: await Promise.all(
      seen.map(async ({ cutout, ingested, problem }, i) => {
        const report = reports?.[i] ?? null;
        const overlay = cutout && ingested ? await drawOverlay(cutout, ingested, report) : null;
        return { report, problem: problem ?? (refusal?.picture === i ? refusal : null), overlay };
      }),
    ),
  };
}

interface Seen {
  ingested: IngestedPicture;
  cutout: Cutout;
}

async function lookTogether(seen: readonly Seen[], views: readonly ViewHint[]) {
  const cutouts = seen.map((s) => s.cutout);
  const inspected = inspectPictures(cutouts, views);
  const posed = await pose(inspected.cutouts, inspected.hints, null, inspected.sources);
  const ingested = seen.map((s) => s.ingested);
  return {
    reports: reportPictures(ingested, cutouts, inspected, posed.views, posed.yaw),
    warnings: [...inspected.warnings, ...posed.warnings],
  };
}

async function attempt<T>(run: () => T | Promise<T>): Promise<T | EngineError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

/** How much of the background's colour is left in an overlay, and the colour that it fades to. */
const FADED = 0.3;
const FADE_TO = 128;
const OUTLINE = [255, 0, 200];

async function drawOverlay({ image, matte }: Cutout, ingested: IngestedPicture, report: PictureReport | null) {
  const { width, height, data } = image;
  const out = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const covered = matte.data[at] / 255;
      const edge =
        matte.data[at] >= 128 &&
        ((x > 0 && matte.data[at - 1] < 128) ||
          (x < width - 1 && matte.data[at + 1] < 128) ||
          (y > 0 && matte.data[at - width] < 128) ||
          (y < height - 1 && matte.data[at + width] < 128));
      const alpha = data[4 * at + 3] / 255;
      for (let c = 0; c < 3; c++) {
        const color = alpha * data[4 * at + c] + (1 - alpha) * FADE_TO;
        const faded = FADED * color + (1 - FADED) * FADE_TO;
        out[3 * at + c] = edge ? OUTLINE[c] : Math.round(covered * color + (1 - covered) * faded);
      }
    }
  }
  const zoom = width / ingested.width;
  const frames = (report?.views ?? []).map(({ box, label, azimuth, elevation }) => {
    const [x, y, w, h] = [box.left, box.top, box.width, box.height].map((v) => v * zoom);
    const name = label ?? `${Math.round(azimuth)}°, ${Math.round(elevation)}°`;
    const size = Math.max(12, Math.round(height / 32));
    return (
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="#fff" stroke-width="2" stroke-dasharray="8 5"/>` +
      `<text x="${x + 4}" y="${Math.max(size, y - 5)}" font-family="sans-serif" font-size="${size}" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${name}</text>`
    );
  });
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${frames.join("")}</svg>`;
  const png = await sharp(out, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(drawing) }])
    .png({ compressionLevel: 6 })
    .toBuffer();
  return new Uint8Array(png);
}
