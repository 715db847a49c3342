import { EngineError } from "../src/errors.ts";
import { type IngestedPicture, ingestPicture } from "../src/ingest/ingest-picture.ts";
import { type ContentCheck, type ContentVerdict, checkContent } from "../src/inspect/check-content.ts";
import { inspectPicture } from "../src/inspect/inspect.ts";
import { inspectPictures } from "../src/inspect/inspect-pictures.ts";
import type { Models } from "../src/models.ts";
import { pose } from "../src/pose/pose.ts";
import { type MatteModel, segmentPictureWith } from "../src/segment/segment.ts";
import type { Cutout, ViewHint } from "../src/types.ts";

export interface LookOptions {
  /** Pixels to which the picture is reduced. */
  maxSide: number;
  matteModel: MatteModel | null;
  /** The operator's check of what pictures show; null accepts all. */
  content: ContentCheck | null;
  /** Whether it may be a sheet of several views. */
  mayBeSheet?: boolean;
}

export interface Seen {
  ingested: IngestedPicture;
  cutout: Cutout;
  content: ContentVerdict;
}

/** What one picture shows by itself. */
export interface Looked {
  /** Null when the file cannot be read. */
  seen: Seen | null;
  /** Why nothing would be made of it. */
  problem: EngineError | null;
}

const UNASKED: ContentVerdict = { score: null, unchecked: null };

/** Ingests, checks, segments and inspects one picture, and keeps what was seen when it would be refused. */
export async function lookAtPicture(bytes: Uint8Array, index: number, options: LookOptions): Promise<Looked> {
  const ingested = await attempt(() => ingestPicture(bytes, index, { maxSide: options.maxSide }));
  if (ingested instanceof EngineError) return { seen: null, problem: ingested };
  const { image, hasAlpha } = ingested;
  const content = options.content ? await attempt(() => checkContent(options.content!, image, index)) : UNASKED;
  const cutout = await segmentPictureWith(options.matteModel, image, hasAlpha);
  const inspection = await attempt(() => inspectPicture(cutout, index, options.mayBeSheet));
  if (content instanceof EngineError) return { seen: { ingested, cutout, content: UNASKED }, problem: content };
  return { seen: { ingested, cutout, content }, problem: inspection instanceof EngineError ? inspection : null };
}

/** What only all pictures together tell: whether they show one object, and from where. @throws EngineError */
export async function lookTogether(
  seen: readonly Pick<Seen, "cutout" | "content">[],
  hints: readonly ViewHint[],
  prior: () => Promise<Models | null>,
) {
  const cutouts = seen.map(({ cutout }) => cutout);
  const contents = seen.map(({ content }) => content);
  const inspected = inspectPictures(cutouts, hints, contents);
  // Networks are asked for the camera of a single picture, and for names that nobody gave.
  const asked = inspected.cutouts.some((_, i) => (inspected.hints[i] ?? "auto") === "auto");
  const models = asked || inspected.cutouts.length === 1 ? await prior() : null;
  const posed = await pose(inspected.cutouts, inspected.hints, models, inspected.sources);
  return { inspected, posed, warnings: [...inspected.warnings, ...posed.warnings] };
}

/** The refusal in place of a result. */
export async function attempt<T>(run: () => T | Promise<T>): Promise<T | EngineError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}
