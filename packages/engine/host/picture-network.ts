import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NetworkInput } from "../src/image/stretched-planes.ts";

/** What stands beside the weights of a network that looks at pictures, in a file of the same name that ends in .json. */
interface Description {
  format: 1;
  /** File name of the weights; by default that of the description. */
  file?: string;
  size: number;
  /** Of R, G, B at 0–1. Defaults: nothing subtracted, divided by one. */
  mean?: number[];
  deviation?: number[];
}

export interface DescribedNetwork<Own> extends NetworkInput {
  /** The weights. */
  file: string;
  /** What this kind of network says beside what all say. */
  own: Own;
}

/**
 * Reads the description of weights.
 *
 * @param kind of network, for messages.
 * @param wrongWith what cannot be used of that which this kind of network says beside what all say; null if nothing.
 * @throws Error that says what is missing or wrong
 */
export function describeNetwork<Own>(
  weights: string,
  kind: string,
  wrongWith: (own: Partial<Own>) => string | null,
): DescribedNetwork<Own> {
  const path = weights.replace(/\.onnx$/i, ".json");
  let description: Description & Own;
  try {
    description = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`the ${kind}'s description cannot be read (${(error as Error).message})`);
  }
  const triple = (v: unknown) => v === undefined || (Array.isArray(v) && v.length === 3 && v.every(Number.isFinite));
  const { format, size, mean = [0, 0, 0], deviation = [1, 1, 1] } = description;
  const wrong =
    format !== 1
      ? "format must be 1"
      : !(Number.isInteger(size) && size >= 32 && size <= 2048)
        ? "size must be a whole number from 32 to 2048"
        : !(triple(mean) && triple(deviation))
          ? "mean and deviation must be lists of three numbers"
          : wrongWith(description);
  if (wrong) throw new Error(`${path}: ${wrong}`);
  const file = description.file === undefined ? weights : join(dirname(weights), description.file);
  if (!existsSync(file)) throw new Error(`there is no ${kind} ${file}`);
  return { file, size, mean, deviation, own: description };
}

/**
 * Loads weights with one input and takes their first output.
 *
 * @param threads of the runtime; 0 leaves it to the runtime.
 * @returns numbers for numbers.
 * @throws Error that says what is missing or wrong
 */
export async function openNetwork(file: string, threads: number) {
  const runtime = await import("onnxruntime-node").catch((error: Error) => {
    throw new Error(`ONNX Runtime cannot be loaded on this machine (${error.message.split("\n")[0]})`);
  });
  const session = await runtime.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  return async (values: Float32Array, dimensions: number[]): Promise<Float32Array> => {
    const input = new runtime.Tensor("float32", values, dimensions);
    const answer = await session.run({ [session.inputNames[0]!]: input });
    return answer[session.outputNames[0]!]!.data as Float32Array;
  };
}
