import { basename, dirname } from "node:path";
import { stretchedPlanes } from "../src/image/stretched-planes.ts";
import type { ContentCheck } from "../src/inspect/check-content.ts";
import type { RgbaImage } from "../src/types.ts";
import { type DescribedNetwork, describeNetwork, openNetwork } from "./picture-network.ts";

/** What a classifier of inappropriate imagery says of itself, beside what all networks say. */
interface Classifier {
  /**
   * `logits`: of classes of which one holds. `log-odds`: of each class by itself. `probabilities`: either, as 0–1.
   */
  output: "logits" | "log-odds" | "probabilities";
  /** Numbers of the outputs, from 0, that speak for refusing. */
  inappropriate: number[];
  /** `channels-first` (1 × 3 × size × size) unless it takes 1 × size × size × 3. */
  layout?: "channels-first" | "channels-last";
  /** Order of the channels; `rgb` unless it was trained on what OpenCV reads. */
  order?: "rgb" | "bgr";
}

/** Yahoo's open_nsfw calls scores from here on surely unfit, and its followers use the same. */
const THRESHOLD = 0.8;

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that cannot be used; the message is one line, `NAME: why`. */
export class ContentSettingError extends Error {
  readonly setting: string;
  readonly why: string;

  constructor(setting: string, why: string) {
    super(`${setting}: ${why}`);
    this.name = "ContentSettingError";
    this.setting = setting;
    this.why = why;
  }
}

/**
 * Says at the start what would go wrong with every picture.
 * @throws ContentSettingError
 */
export function checkContentSettings(env: Environment): void {
  const settings = readSettings(env);
  if (settings === null) return;
  try {
    describe(settings.model);
  } catch (error) {
    throw new ContentSettingError("MAQUETTE_MODERATION_MODEL", (error as Error).message);
  }
}

/**
 * The operator's check of what pictures show, by `MAQUETTE_MODERATION_MODEL` (path of an ONNX classifier, its description
 * beside it), `MAQUETTE_MODERATION_THRESHOLD` and `MAQUETTE_MODERATION_FAILURE`. The classifier is loaded with the first
 * picture; what is wrong with it then counts as a check that failed.
 *
 * @param threads of the runtime; 0 leaves it to the runtime.
 * @returns null where no classifier is named.
 * @throws ContentSettingError
 */
export function loadContentCheck(env: Environment, threads = 0): ContentCheck | null {
  const settings = readSettings(env);
  if (settings === null) return null;
  const { model, ...rules } = settings;
  let opening: ReturnType<typeof open> | null = null;
  return {
    ...rules,
    async score(image) {
      opening ??= open(model, threads);
      try {
        return await (await opening)(image);
      } catch (error) {
        // Clients get to read it, and where things lie on the server is none of their business.
        throw new Error((error as Error).message.replaceAll(`${dirname(model)}/`, ""));
      }
    },
  };
}

function readSettings(env: Environment) {
  const get = (name: string) => env[name]?.trim() || null;
  const model = get("MAQUETTE_MODERATION_MODEL");
  const text = get("MAQUETTE_MODERATION_THRESHOLD") ?? String(THRESHOLD);
  const onFailure = get("MAQUETTE_MODERATION_FAILURE") ?? "refuse";
  const threshold = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(threshold > 0 && threshold <= 1)) {
    throw new ContentSettingError(
      "MAQUETTE_MODERATION_THRESHOLD",
      `expected a number above 0 and up to 1, got "${text}"`,
    );
  }
  if (onFailure !== "refuse" && onFailure !== "pass") {
    throw new ContentSettingError("MAQUETTE_MODERATION_FAILURE", `expected "refuse", "pass", got "${onFailure}"`);
  }
  return model === null ? null : { model, threshold, onFailure: onFailure as ContentCheck["onFailure"] };
}

function describe(model: string): DescribedNetwork<Classifier> {
  return describeNetwork(model, "classifier", wrongWith);
}

async function open(model: string, threads: number): Promise<ContentCheck["score"]> {
  const network = describe(model);
  const run = await openNetwork(network.file, threads);
  return async (image) => scoreOf(await run(...inputOf(image, network)), network);
}

function wrongWith({ output, inappropriate, layout, order }: Partial<Classifier>): string | null {
  if (!["logits", "log-odds", "probabilities"].includes(output!))
    return "output must be logits, log-odds or probabilities";
  if (!(Array.isArray(inappropriate) && inappropriate.length > 0 && inappropriate.every((k) => k >= 0 && k % 1 === 0)))
    return "inappropriate must be a list of outputs, counted from 0";
  if (![undefined, "channels-first", "channels-last"].includes(layout))
    return "layout must be channels-first or channels-last";
  if (![undefined, "rgb", "bgr"].includes(order)) return "order must be rgb or bgr";
  return null;
}

function inputOf(image: RgbaImage, network: DescribedNetwork<Classifier>): [Float32Array, number[]] {
  const { size, own } = network;
  const planes = stretchedPlanes(image, network);
  const area = size * size;
  const channels = own.order === "bgr" ? [2, 1, 0] : [0, 1, 2];
  const last = own.layout === "channels-last";
  const values = new Float32Array(3 * area);
  for (const [k, c] of channels.entries()) {
    for (let at = 0; at < area; at++) values[last ? 3 * at + k : k * area + at] = planes[c * area + at];
  }
  return [values, last ? [1, size, size, 3] : [1, 3, size, size]];
}

function scoreOf(outputs: Float32Array, { file, own }: DescribedNetwork<Classifier>): number {
  const { output, inappropriate } = own;
  const missing = inappropriate.find((k) => k >= outputs.length);
  if (missing !== undefined) {
    throw new Error(`${basename(file)} has ${outputs.length} outputs, so none has the number ${missing}`);
  }
  const counted = inappropriate.map((k) => outputs[k]);
  if (output === "log-odds") return Math.max(...counted.map((v) => 1 / (1 + Math.exp(-v))));
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
  // Of classes that do not exclude each other the sum can be more.
  if (output === "probabilities") return Math.min(1, sum(counted));
  const most = outputs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return sum(counted.map((v) => Math.exp(v - most))) / sum(outputs.map((v) => Math.exp(v - most)));
}
