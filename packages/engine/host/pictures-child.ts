import { createHash } from "node:crypto";
import sharp from "sharp";
import { EngineError } from "../src/errors.ts";
import { LEVELS } from "../src/levels.ts";
import type { Models } from "../src/models.ts";
import type { Cutout, ViewHint } from "../src/types.ts";
import { loadContentCheck } from "./load-content-check.ts";
import { MatteLoader } from "./load-matte-model.ts";
import { loadModels } from "./load-models.ts";
import { lookAtPicture, lookTogether, type Seen } from "./look-at-picture.ts";
import type { PictureReply, Question, Sight, Sights } from "./pictures.ts";

/** Longest side of the cut-out that is shown, pixels. */
const CUTOUT_SIDE = 320;
/** Pictures whose findings are kept: a person adds them one by one, and all are sent again each time. */
const KEPT = 24;

interface Finding {
  /** Null when the file cannot be read. */
  seen: Seen | null;
  sight: Omit<Sight, "view" | "notes" | "problem">;
  error: EngineError | null;
}

const mattes = new MatteLoader(process.env.MAQUETTE_MATTE_MODEL);
const content = loadContentCheck(process.env, 1);
const findings = new Map<string, Finding>();

let loading: Promise<Models | null> | null = null;

/** The learned prior, loaded when it is first needed; without it, views are told from order and outlines. */
function prior(): Promise<Models | null> {
  loading ??= loadModels(undefined, 1).catch(() => null);
  return loading;
}

async function inspect(pictures: Uint8Array[], views: ViewHint[]): Promise<Sights> {
  const found: Finding[] = [];
  for (const bytes of pictures) found.push(await lookAt(bytes));
  const usable = found.flatMap(({ seen, error }, i) => (seen && !error ? [{ ...seen, i }] : []));
  const together = await findTogether(usable, views);
  const sights = found.map(({ sight, error }, i) => {
    const problem = error ?? (together.error?.picture === i ? together.error : null);
    return {
      ...sight,
      view: together.views.get(i) ?? null,
      notes: together.notes.get(i) ?? [],
      // The number of the picture is the caller's to tell.
      problem: problem && { code: problem.code, message: problem.message.replace(/^Image \d+: /, "") },
    };
  });
  // Numbers in these are those of the pictures only if all of them are used; otherwise something else comes first.
  return { sights, warnings: usable.length === pictures.length ? together.warnings : [] };
}

interface Together {
  /** By number of the picture; of a sheet, the first. */
  views: Map<number, NonNullable<Sight["view"]>>;
  notes: Map<number, string[]>;
  /** About no one picture, but how they go together. */
  warnings: string[];
  error: EngineError | null;
}

/** What only all pictures together tell: views, repetitions, and whether they show one object. */
async function findTogether(usable: (Seen & { i: number })[], hints: ViewHint[]): Promise<Together> {
  const result: Together = { views: new Map(), notes: new Map(), warnings: [], error: null };
  if (usable.length === 0) return result;
  const numberOf = (k: number) => usable[k]!.i;
  try {
    const { inspected, posed, warnings } = await lookTogether(
      usable,
      usable.map(({ i }) => hints[i] ?? "auto"),
      prior,
    );
    for (const warning of warnings) {
      const [, number, text] = /^Image (\d+):? (.*)$/s.exec(warning) ?? [];
      if (number === undefined) {
        result.warnings.push(warning);
        continue;
      }
      const picture = numberOf(Number(number) - 1);
      const note = /^is /.test(text!) ? `This picture ${text}` : `${text![0]!.toUpperCase()}${text!.slice(1)}`;
      result.notes.set(picture, [...(result.notes.get(picture) ?? []), note]);
    }
    posed.views.forEach(({ label, posedBy, camera }, k) => {
      const picture = numberOf(inspected.sources[k]!);
      const azimuth = (camera.azimuth + posed.yaw + 360) % 360;
      if (!result.views.has(picture))
        result.views.set(picture, { label, azimuth, elevation: camera.elevation, posedBy });
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const picture = error.picture === null ? null : numberOf(error.picture);
    result.error = new EngineError(error.code, error.detail, picture);
  }
  return result;
}

async function lookAt(bytes: Uint8Array): Promise<Finding> {
  const key = createHash("sha256").update(bytes).digest("hex");
  const known = findings.get(key);
  findings.delete(key);
  const finding = known ?? (await examine(bytes));
  findings.set(key, finding);
  if (findings.size > KEPT) findings.delete(findings.keys().next().value!);
  return finding;
}

async function examine(bytes: Uint8Array): Promise<Finding> {
  const { seen, problem } = await lookAtPicture(bytes, 0, {
    maxSide: LEVELS.standard.picture,
    matteModel: mattes.model,
    content,
  });
  if (!seen) return { seen: null, sight: { width: null, height: null, matte: null, cutout: null }, error: problem };
  const { ingested, cutout } = seen;
  const { matte, source, confidence } = cutout;
  const coverage = matte.data.reduce((sum, c) => sum + c, 0) / (255 * matte.data.length);
  const sight = {
    width: ingested.width,
    height: ingested.height,
    matte: { source, confidence, coverage },
    cutout: await drawCutout(cutout),
  };
  return { seen, sight, error: problem };
}

/** The object on nothing, as the stages after this one get to see it. */
async function drawCutout({ image, matte }: Cutout): Promise<Uint8Array> {
  const data = new Uint8Array(image.data);
  for (let at = 0; at < matte.data.length; at++) data[4 * at + 3] = matte.data[at]!;
  const png = await sharp(data, { raw: { width: image.width, height: image.height, channels: 4 } })
    .resize({ width: CUTOUT_SIDE, height: CUTOUT_SIDE, fit: "inside", withoutEnlargement: true })
    .png({ palette: true, quality: 90, effort: 3 })
    .toBuffer();
  return new Uint8Array(png);
}

async function thumbnail({ picture, side, tile }: Question & { kind: "thumbnail" }): Promise<Uint8Array> {
  let image = sharp(picture, { limitInputPixels: 50_000_000, pages: 1, autoOrient: true });
  if (tile) {
    const { width, height } = await image.metadata();
    const [w, h] = [Math.floor(width / tile.columns), Math.floor(height / tile.rows)];
    const left = (tile.index % tile.columns) * w;
    const top = Math.floor(tile.index / tile.columns) * h;
    image = image.extract({ left, top, width: w, height: h });
  }
  const webp = await image
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
    .timeout({ seconds: 20 })
    .webp({ quality: 82 })
    .toBuffer();
  return new Uint8Array(webp);
}

// The parent is gone: nobody wants an answer any more.
process.on("disconnect", () => process.exit(0));

process.on("message", async (question: Question) => {
  const reply = await answer(question);
  process.send!(reply);
});

async function answer(question: Question): Promise<PictureReply> {
  try {
    const value =
      question.kind === "inspect" ? await inspect(question.pictures, question.views) : await thumbnail(question);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
