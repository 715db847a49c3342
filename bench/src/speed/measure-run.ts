import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Stage } from "@maquette/engine/asset";
import type { Quality, ViewHint } from "@maquette/engine/types";
import { treeMb } from "./process-tree.ts";

export interface SpeedJob {
  /** Paths. */
  pictures: string[];
  views?: ViewHint[];
  quality: Quality;
  /** Folder for the files. */
  out: string;
}

/** Besides the engine's stages: `start` until the first of them begins, and `write` for the files. */
export type SpeedStage = "start" | Stage | "write";

export type SpeedMessage =
  | { kind: "stage"; stage: SpeedStage }
  | { kind: "done"; triangles: number }
  | { kind: "failed"; message: string };

export interface SpeedResult {
  /** From the start of the process to its end. */
  seconds: number;
  /** Highest resident memory of the process and all its descendants together, MB; null where /proc is missing. */
  peakMb: number | null;
  triangles: number;
  stages: { stage: SpeedStage; seconds: number; peakMb: number | null }[];
}

/** The kernel is asked this often; a stage shorter than that shares its neighbour's reading. */
const SAMPLE_MS = 25;

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * Makes one asset in a fresh process and watches it from outside.
 * @param cpus the processors that it may use, by number; null leaves that to the system.
 * @throws with the engine's sentence when no asset came out.
 */
export function measureRun(job: Omit<SpeedJob, "out">, cpus: readonly number[] | null): Promise<SpeedResult> {
  const out = mkdtempSync(join(tmpdir(), "maquette-speed-"));
  const [command, ...args] = cpus
    ? ["taskset", "--cpu-list", cpus.join(","), process.execPath, CHILD]
    : [process.execPath, CHILD];
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const stages: { stage: SpeedStage; from: number; peakMb: number | null }[] = [
    { stage: "start", from: started, peakMb: null },
  ];
  let triangles = 0;
  let failure: string | null = null;
  const sample = () => {
    const mb = treeMb(child.pid!);
    const stage = stages[stages.length - 1];
    if (mb !== null) stage.peakMb = Math.max(stage.peakMb ?? 0, mb);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return new Promise<SpeedResult>((resolve, reject) => {
    child.on("message", (message: SpeedMessage) => {
      if (message.kind === "stage") {
        if (stages[stages.length - 1].stage === message.stage) return;
        sample();
        stages.push({ stage: message.stage, from: performance.now(), peakMb: null });
        sample();
      } else if (message.kind === "done") triangles = message.triangles;
      else failure = message.message;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const ended = performance.now();
      if (failure !== null || code !== 0) {
        reject(new Error(failure ?? `the process ended with ${signal ?? `code ${code}`}`));
        return;
      }
      const peaks = stages.map((stage) => stage.peakMb).filter((mb) => mb !== null);
      resolve({
        seconds: (ended - started) / 1000,
        peakMb: peaks.length > 0 ? Math.max(...peaks) : null,
        triangles,
        stages: stages.map(({ stage, from, peakMb }, i) => ({
          stage,
          seconds: ((stages[i + 1]?.from ?? ended) - from) / 1000,
          peakMb,
        })),
      });
    });
    child.send({ ...job, out } satisfies SpeedJob);
  }).finally(() => {
    clearInterval(timer);
    rmSync(out, { recursive: true });
  });
}
