import type { Asset, AssetReport } from "@maquette/engine/asset";
import { EngineError } from "@maquette/engine/errors";
import type { FileFormat } from "@maquette/engine/types";
import type { RunEngine } from "../../src/context.ts";

const FORMATS: [FileFormat, string, string][] = [
  ["glb", "glb", "model/gltf-binary"],
  ["gltf", "gltf", "model/gltf+json"],
  ["obj", "obj", "model/obj"],
  ["mtl", "mtl", "model/mtl"],
  ["fbx", "fbx", "application/octet-stream"],
  ["zip", "zip", "application/zip"],
  ["preview", "png", "image/png"],
];

export interface StandInOptions {
  /** How long one asset takes. */
  ms?: number;
  /** Called with each job; may throw what the engine would. */
  onJob?: (job: Parameters<RunEngine>[0]) => void | Promise<void>;
}

/**
 * Something that takes the place of the engine where a test is about everything around it: it honours signal and
 * progress, and its files hold their own name and the options.
 */
export function standInEngine(options: StandInOptions = {}): RunEngine {
  return async (job, { onProgress, signal } = {}) => {
    await options.onJob?.(job);
    const steps = 5;
    for (let step = 0; step < steps; step++) {
      onProgress?.({ stage: step < 3 ? "carve" : "bake", fraction: step / steps });
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, (options.ms ?? 20) / steps);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      });
      signal?.throwIfAborted();
    }
    const { name } = job.options;
    return {
      files: FORMATS.map(([format, extension, mime]) => ({
        name: `${name}.${extension}`,
        format,
        mime,
        data: Buffer.from(`${format} of ${name} ${JSON.stringify(job.options)}`.padEnd(2000, ".")),
      })),
      report: { options: job.options, warnings: [], triangles: 12 } as unknown as AssetReport,
    } satisfies Asset;
  };
}

/** What the engine throws at a picture without an object. */
export const refuse = (): never => {
  throw new EngineError("no_object", "uniform colour", 0);
};
