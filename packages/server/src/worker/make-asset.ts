import { createHash } from "node:crypto";
import type { Asset, EngineJob, Progress } from "@maquette/engine/asset";
import { EngineError } from "@maquette/engine/errors";
import type { Job } from "pg-boss";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { newId } from "../db/ids.ts";
import type { AbortReason } from "../jobs/consumer.ts";
import type { AssetJob } from "../jobs/jobs.ts";
import { FetchError } from "./fetch-picture.ts";
import {
  type Begun,
  beginIteration,
  completeIteration,
  dismissIteration,
  putBackIteration,
  reportProgress,
  type StoredFile,
} from "./iterations.ts";
import { loadPictures } from "./load-pictures.ts";

/** Between two writes of progress. */
const PROGRESS_MS = 500;

/**
 * Does one asset job: fetches the pictures, runs the engine in a process of its own, stores the files, and ends the
 * iteration and the job in one transaction. Whatever happens in between, another attempt can start over.
 */
export async function makeAsset(context: Context, job: Job<AssetJob>, signal: AbortSignal): Promise<void> {
  const begun = await beginIteration(context, job.data.iterationID);
  if (!begun) {
    await context.db.transaction().execute((trx) => context.jobs.complete(trx, "asset", job));
    return;
  }
  const log = context.log.child({ requestID: begun.request_id, iteration: begun.number, attempt: begun.attempt });
  const finish = async (outcome: string, ended: boolean) => {
    if (ended) context.metrics.finished.inc({ outcome });
    log.info({ outcome, ended }, "asset ended");
  };
  if (begun.lost > LIMITS.lostAttempts) {
    await finish("internal", await dismissIteration(context, job, begun, internalCause(begun), "internal"));
    return;
  }
  log.info("asset started");
  const lost = new AbortController();
  const abort = AbortSignal.any([signal, lost.signal]);
  try {
    const asset = await run(context, begun, abort, () => lost.abort("claim-lost" satisfies AbortReason));
    const files = await storeFiles(context, begun, asset);
    const ended = await completeIteration(context, job, begun, files, asset.report);
    if (!ended) await context.storage.removeAll(attemptPrefix(begun));
    await finish("completed", ended);
  } catch (error) {
    if (abort.aborted) {
      log.info({ reason: abort.reason }, "asset interrupted");
      if (abort.reason === "stopping") await putBackIteration(context, job, begun, "stopping");
      // Whoever holds the job now is not touched: the queue looks at the attempt that was fetched.
      else await context.db.transaction().execute((trx) => context.jobs.putBack(trx, "asset", job));
      return;
    }
    if (isRefusal(error)) {
      await finish(error.code, await dismissIteration(context, job, begun, error.message, error.code));
      return;
    }
    log.error({ err: error, failures: begun.failures + 1 }, "attempt failed");
    if (begun.failures + 1 < LIMITS.engineFailures) await putBackIteration(context, job, begun, "failure");
    else await finish("internal", await dismissIteration(context, job, begun, internalCause(begun), "internal"));
  }
}

async function run(context: Context, begun: Begun, signal: AbortSignal, onLost: () => void): Promise<Asset> {
  let written = 0;
  let writing = false;
  const report = (stage: Progress["stage"] | "fetch", fraction: number) => {
    const now = Date.now();
    if (writing || now - written < PROGRESS_MS) return;
    writing = true;
    written = now;
    reportProgress(context, begun, stage, fraction).then(
      (current) => {
        writing = false;
        if (!current) onLost();
      },
      () => {
        // A missed report is made up for by the next one; losing the database shows where it matters.
        writing = false;
      },
    );
  };
  let job: EngineJob;
  if (begun.test) job = { kind: "cube", options: begun.options };
  else {
    report("fetch", 0);
    const pictures = await loadPictures(context, begun.request_id, begun.inputs, signal);
    const views = begun.inputs.map((input) => input.view);
    job = { kind: "asset", pictures, options: { ...begun.options, views } };
  }
  const stop = context.metrics.engineSeconds.startTimer({ quality: begun.quality });
  try {
    return await context.runEngine(job, {
      signal,
      onProgress: ({ stage, fraction }) => report(stage, fraction),
    });
  } finally {
    stop();
  }
}

/** Where an attempt writes. Each has its own place, so that a late one overwrites nothing. */
function attemptPrefix(begun: Begun): string {
  return `requests/${begun.request_id}/${begun.id}/${begun.attempt}/`;
}

function storeFiles(context: Context, begun: Begun, asset: Asset): Promise<StoredFile[]> {
  return Promise.all(
    asset.files.map(async (file) => {
      const id = newId();
      const key = `${attemptPrefix(begun)}${id}`;
      await context.storage.put(key, file.data, file.mime);
      return {
        id,
        format: file.format,
        name: file.name,
        mime: file.mime,
        bytes: file.data.length,
        sha256: createHash("sha256").update(file.data).digest("hex"),
        storage_key: key,
      };
    }),
  );
}

/** Whether the pictures or options are at fault, so that trying again changes nothing. */
function isRefusal(error: unknown): error is (EngineError | FetchError) & { code: string } {
  return error instanceof FetchError || (error instanceof EngineError && error.family !== "internal");
}

function internalCause(begun: Begun): string {
  return `Internal error: the asset could not be made in several attempts. Please report it with the requestID ${begun.request_id}.`;
}
