import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { learnedMatte, type MatteNetwork } from "../src/segment/learned-matte.ts";
import type { MatteModel } from "../src/segment/segment.ts";
import { MODEL_FOLDER } from "./load-models.ts";

/** What stands beside the weights, in a file of the same name that ends in .json. */
interface Sidecar {
  format: 1;
  /** File name of the weights; by default that of the sidecar. */
  file?: string;
  /** Pixels a side of the network's square picture. */
  size: number;
  /** Of R, G, B at 0–1. Defaults: nothing subtracted, divided by one. */
  mean?: number[];
  deviation?: number[];
  output: "logits" | "coverage";
}

/**
 * Loads the learned matte into ONNX Runtime: the one that comes with the package, or an operator's.
 *
 * @param weights path of another model's .onnx file, its sidecar beside it (`MAQUETTE_MATTE_MODEL`). It takes one tensor
 *   1 × 3 × size × size and its first output has size² numbers.
 * @param threads of the runtime; 0 leaves it to the runtime.
 * @throws Error that says what is missing or wrong, when weights, sidecar or runtime cannot be used.
 */
export async function loadMatteModel(weights = join(MODEL_FOLDER, "matte.onnx"), threads = 0): Promise<MatteModel> {
  const sidecar = readSidecar(weights);
  const file = sidecar.file === undefined ? weights : join(dirname(weights), sidecar.file);
  if (!existsSync(file)) throw new Error(`there is no matting model ${file}`);
  const runtime = await import("onnxruntime-node").catch((error: Error) => {
    throw new Error(`ONNX Runtime cannot be loaded on this machine (${error.message.split("\n")[0]})`);
  });
  const session = await runtime.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const { size, mean = [0, 0, 0], deviation = [1, 1, 1], output } = sidecar;
  const network: MatteNetwork = {
    size,
    mean,
    deviation,
    output,
    async run(planes) {
      const input = new runtime.Tensor("float32", planes, [1, 3, size, size]);
      const answer = await session.run({ [session.inputNames[0]!]: input });
      const data = answer[session.outputNames[0]!]!.data as Float32Array;
      if (data.length !== size * size) {
        throw new Error(`the matting model ${file} answers with ${data.length} numbers; ${size * size} are needed`);
      }
      return data;
    },
  };
  return learnedMatte(network);
}

/**
 * Loads the learned matte when the first picture needs it: most don't. A picture is then better cut out by its border
 * than not at all, as long as the report says so.
 */
export class MatteLoader {
  /** Why there is no learned matte, once it was needed. */
  warning: string | null = null;
  private readonly weights: string | undefined;
  private loaded: Promise<MatteModel | null> | null = null;

  /** @param weights as for `loadMatteModel`; empty or undefined takes the one that comes with the package. */
  constructor(weights?: string) {
    this.weights = weights || undefined;
  }

  readonly model: MatteModel = async (image) => {
    this.loaded ??= loadMatteModel(this.weights).catch((error: Error) => {
      this.warning = `Backgrounds that are not plain were left to the border model: ${error.message}.`;
      return null;
    });
    const model = await this.loaded;
    if (model) return model(image);
    const { width, height } = image;
    return { matte: { width, height, data: new Uint8Array(width * height) }, confidence: 0 };
  };
}

function readSidecar(weights: string): Sidecar {
  const path = weights.replace(/\.onnx$/i, ".json");
  let sidecar: Sidecar;
  try {
    sidecar = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`the matting model's description cannot be read (${(error as Error).message})`);
  }
  const triple = (v: unknown) => v === undefined || (Array.isArray(v) && v.length === 3 && v.every(Number.isFinite));
  const wrong =
    sidecar.format !== 1
      ? "format must be 1"
      : !(Number.isInteger(sidecar.size) && sidecar.size >= 32 && sidecar.size <= 2048)
        ? "size must be a whole number from 32 to 2048"
        : !(triple(sidecar.mean) && triple(sidecar.deviation))
          ? "mean and deviation must be lists of three numbers"
          : sidecar.output !== "logits" && sidecar.output !== "coverage"
            ? "output must be logits or coverage"
            : null;
  if (wrong) throw new Error(`${path}: ${wrong}`);
  return sidecar;
}
