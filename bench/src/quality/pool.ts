import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Quality } from "@maquette/engine/types";
import type { CaseName } from "../inputs/cases.ts";
import type { ModelRef } from "../load/models.ts";
import type { Measured, MethodName } from "../methods/registry.ts";
import type { ObjectOutcome } from "./evaluate.ts";

export interface Settings {
  cases: readonly CaseName[];
  methods: readonly MethodName[];
  measured: Measured;
  weights: string | undefined;
  quality: Quality;
  seed: number;
  /** Whether strips for contact sheets are wanted. */
  pictures: boolean;
}

export interface Job {
  model: ModelRef;
  settings: Settings;
}

export type Reply = { kind: "outcome"; outcome: ObjectOutcome } | { kind: "failure"; message: string };

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/**
 * Evaluates models in `jobs` processes. A process that dies takes one object down, not the run; its place is taken by
 * a new one.
 * @param onDone is told of every model, as it is done.
 */
export async function evaluateAll(
  models: readonly ModelRef[],
  settings: Settings,
  jobs: number,
  onDone: (model: ModelRef, reply: Reply) => void,
): Promise<void> {
  const queue = [...models];
  const work = async () => {
    let child: ChildProcess | null = null;
    for (let model = queue.shift(); model; model = queue.shift()) {
      child ??= fork(CHILD, [], { serialization: "advanced" });
      const reply = await ask(child, { model, settings });
      if (child.exitCode !== null || child.signalCode !== null) child = null;
      onDone(model, reply);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, models.length) }, work));
}

function ask(child: ChildProcess, job: Job): Promise<Reply> {
  return new Promise((resolve) => {
    const settle = (reply: Reply) => {
      child.off("message", settle);
      child.off("exit", died);
      resolve(reply);
    };
    const died = (code: number | null, signal: string | null) =>
      settle({ kind: "failure", message: `the process ended with ${signal ?? `code ${code}`}` });
    child.on("message", settle);
    child.on("exit", died);
    child.send(job);
  });
}
