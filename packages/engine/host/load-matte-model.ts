import { join } from "node:path";
import { learnedMatte } from "../src/segment/learned-matte.ts";
import type { MatteModel } from "../src/segment/segment.ts";
import { MODEL_FOLDER } from "./load-models.ts";
import { describeNetwork, openNetwork } from "./picture-network.ts";

/** What the description of a matting model says beside what all say. */
interface Own {
  output: "logits" | "coverage";
  /** Whether four looks are worth their time; one is enough for a model that sees fine things at once. */
  again?: boolean;
}

/**
 * Loads the learned matte into ONNX Runtime: the one that comes with the package, or an operator's.
 *
 * @param weights path of another model's .onnx file, its description beside it (`MAQUETTE_MATTE_MODEL`). It takes one tensor
 *   1 × 3 × size × size and its first output has size² numbers.
 * @param threads of the runtime; 0 leaves it to the runtime.
 * @throws Error that says what is missing or wrong, when weights, description or runtime cannot be used.
 */
export async function loadMatteModel(weights = join(MODEL_FOLDER, "matte.onnx"), threads = 0): Promise<MatteModel> {
  const { file, own, ...input } = describeNetwork<Own>(weights, "matting model", ({ output, again }) => {
    if (output !== "logits" && output !== "coverage") return "output must be logits or coverage";
    return again === undefined || typeof again === "boolean" ? null : "again must be true or false";
  });
  const { size } = input;
  const run = await openNetwork(file, threads);
  return learnedMatte({
    ...input,
    output: own.output,
    again: own.again ?? false,
    async run(planes) {
      const data = await run(planes, [1, 3, size, size]);
      if (data.length !== size * size) {
        throw new Error(`the matting model ${file} answers with ${data.length} numbers; ${size * size} are needed`);
      }
      return data;
    },
  });
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
