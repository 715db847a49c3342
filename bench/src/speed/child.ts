/**
 * What `maquette make` does, telling its parent about every stage: reads pictures, runs the engine in its own process,
 * writes the files. The parent measures from outside.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runEngine } from "@maquette/engine/host";
import type { SpeedJob, SpeedMessage } from "./measure-run.ts";

const send = (message: SpeedMessage) => process.send!(message);

process.once("message", async ({ pictures, views, quality, out }: SpeedJob) => {
  try {
    const bytes = pictures.map((path) => new Uint8Array(readFileSync(path)));
    const asset = await runEngine(
      { kind: "asset", pictures: bytes, options: { name: "speed", quality, views } },
      { onProgress: ({ stage }) => send({ kind: "stage", stage }) },
    );
    send({ kind: "stage", stage: "write" });
    for (const file of asset.files) writeFileSync(join(out, file.name), file.data);
    send({ kind: "done", triangles: asset.report.triangles });
  } catch (error) {
    send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
  process.disconnect();
});
