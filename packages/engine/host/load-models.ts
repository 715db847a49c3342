import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { InferenceSession, TensorConstructor } from "onnxruntime-node";
import type { Models, SidesModel } from "../src/models.ts";

/** Where the weights come with the package. */
export const MODEL_FOLDER = fileURLToPath(new URL("../models/", import.meta.url));

/** The model's description as `training/` writes it. */
interface Sidecar {
  format: number;
  version: string;
  pictureSize: number;
  framed: number;
  fit: number;
  shape: { file: string };
  pose: { file: string };
}

/** The description of the network that names sides, which may be absent. */
interface SidesSidecar {
  format: number;
  file: string;
  pictureSize: number;
  framed: number;
}

const FORMAT = 1;

/**
 * Loads the learned prior into ONNX Runtime.
 * @param threads of the runtime; 0 leaves it to the runtime.
 * @throws Error that says what is missing and what to do, when weights or runtime cannot be loaded.
 */
export async function loadModels(folder = MODEL_FOLDER, threads = 0): Promise<Models> {
  const sidecar = readSidecar<Sidecar>(`${folder}/prior.json`);
  const described = `${folder}/sides.json`;
  const sidesSidecar = existsSync(described) ? readSidecar<SidesSidecar>(described) : null;
  const runtime = await import("onnxruntime-node").catch((error: Error) => {
    throw new Error(`ONNX Runtime cannot be loaded on this machine (${error.message.split("\n")[0]})`);
  });
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  };
  const open = (file: string) => runtime.InferenceSession.create(`${folder}/${file}`, options);
  const [shape, pose, sides] = await Promise.all([
    open(sidecar.shape.file),
    open(sidecar.pose.file),
    sidesSidecar && open(sidesSidecar.file),
  ]);
  const { pictureSize: size } = sidecar;
  const tensor = (data: Float32Array, ...dims: number[]) => new runtime.Tensor("float32", data, dims);
  return {
    constants: sidecar,
    shape: {
      async run(pictures, cameras) {
        const count = cameras.length / 16;
        const answer = await shape.run({
          pictures: tensor(pictures, count, 4, size, size),
          cameras: tensor(cameras, count, 4, 4),
        });
        return { occupancy: answer.occupancy.data as Float32Array, colors: answer.colors.data as Float32Array };
      },
    },
    pose: {
      async run(pictures, fills) {
        const answer = await pose.run({
          pictures: tensor(pictures, fills.length, 4, size, size),
          fills: tensor(fills, fills.length),
        });
        return answer.pose.data as Float32Array;
      },
    },
    sides: sides && sidesSidecar && sidesModel(sides, sidesSidecar, runtime.Tensor),
  };
}

function sidesModel(session: InferenceSession, sidecar: SidesSidecar, Tensor: TensorConstructor): SidesModel {
  const { pictureSize: size, framed } = sidecar;
  return {
    pictureSize: size,
    framed,
    async run(pictures, namings) {
      const answer = await session.run({
        pictures: new Tensor("float32", pictures, [pictures.length / (4 * size * size), 4, size, size]),
        namings: new Tensor("int64", BigInt64Array.from(namings, BigInt), [namings.length / 4, 4]),
      });
      return { scores: answer.scores.data as Float32Array, directions: answer.directions.data as Float32Array };
    },
  };
}

function readSidecar<T extends { format: number }>(path: string): T {
  let sidecar: T;
  try {
    sidecar = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`the learned prior is not there (${(error as Error).message})`);
  }
  if (sidecar.format !== FORMAT) {
    throw new Error(`the learned prior has format ${sidecar.format}, this version reads ${FORMAT}`);
  }
  return sidecar;
}
