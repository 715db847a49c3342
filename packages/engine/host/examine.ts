import sharp from "sharp";
import type { PictureReport } from "../src/asset.ts";
import { EngineError } from "../src/errors.ts";
import type { IngestedPicture } from "../src/ingest/ingest-picture.ts";
import type { ContentCheck } from "../src/inspect/check-content.ts";
import { LEVELS } from "../src/levels.ts";
import type { Models } from "../src/models.ts";
import { reportPictures } from "../src/report-pictures.ts";
import type { Cutout, Quality, ViewHint } from "../src/types.ts";
import { MatteLoader } from "./load-matte-model.ts";
import { loadModels } from "./load-models.ts";
import { attempt, lookAtPicture, lookTogether, type Seen } from "./look-at-picture.ts";

export interface ExamineOptions {
  quality: Quality;
  /** Parallel to the pictures. */
  views: ViewHint[];
  /** Weights of another matting model. */
  matteModel?: string;
  /** The operator's check of what pictures show. */
  content?: ContentCheck | null;
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
  const looked = await Promise.all(
    pictures.map((bytes, i) =>
      lookAtPicture(bytes, i, {
        maxSide,
        matteModel: mattes.model,
        content: options.content ?? null,
        mayBeSheet: (options.views[i] ?? "auto") === "auto",
      }),
    ),
  );
  const first = looked.find(({ problem }) => problem)?.problem ?? null;
  const seen = looked.map((each) => each.seen);
  let unloaded: string | null = null;
  const prior = () =>
    loadModels().catch((error: Error) => {
      unloaded = `Views were told from order and outlines alone: ${error.message}.`;
      return null;
    });
  const together = first ?? (await attempt(() => report(seen as Seen[], options.views, prior)));
  const refusal = together instanceof EngineError ? together : null;
  const { reports, warnings } = together instanceof EngineError ? { reports: null, warnings: [] } : together;
  return {
    refusal,
    warnings: [...warnings, ...[mattes.warning, unloaded].filter((w) => w !== null)],
    pictures: await Promise.all(
      looked.map(async ({ seen, problem }, i) => {
        const report = reports?.[i] ?? null;
        const overlay = seen && (await drawOverlay(seen.cutout, seen.ingested, report));
        return { report, problem: problem ?? (refusal?.picture === i ? refusal : null), overlay };
      }),
    ),
  };
}

async function report(seen: readonly Seen[], views: readonly ViewHint[], prior: () => Promise<Models | null>) {
  const cutouts = seen.map(({ cutout }) => cutout);
  const { inspected, posed, warnings } = await lookTogether(seen, views, prior);
  const ingested = seen.map((each) => each.ingested);
  return { reports: reportPictures(ingested, cutouts, inspected, posed.views, posed.yaw), warnings };
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
