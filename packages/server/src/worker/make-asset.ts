import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Asset, EngineJob } from "@maquette/engine/asset";
import { EngineError } from "@maquette/engine/errors";
import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Job } from "pg-boss";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { newId } from "../db/ids.ts";
import { isDatabaseOutage } from "../db/outage.ts";
import type { AbortReason } from "../jobs/consumer.ts";
import type { AssetJob } from "../jobs/jobs.ts";
import { StorageUnavailable } from "../storage/storage.ts";
import { traced, traceStages } from "../tracing/tracing.ts";
import { FetchError } from "./fetch-file.ts";
import {
  type Begun,
  beginIteration,
  completeIteration,
  dismissIteration,
  hasCompleted,
  putBackIteration,
  type StoredFile,
} from "./iterations.ts";
import { loadModel, loadPictures } from "./load-inputs.ts";
import { ProgressWriter } from "./progress-writer.ts";

/** Between tries to commit a result while the database is away: together a minute. */
const SETTLE_PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/**
 * Does one asset job: fetches the pictures, runs the engine in a process of its own, stores the files, and ends the
 * iteration and the job in one transaction. Whatever happens in between, another attempt can start over.
 */
export async function makeAsset(context: Context, job: Job<AssetJob>, signal: AbortSignal): Promise<void> {
  const row = await beginIteration(context, job.data.iterationID);
  if (!row) {
    await context.db.transaction().execute((trx) => context.jobs.complete(trx, "asset", job));
    return;
  }
  const span = context.tracing.start("make asset", SpanKind.CONSUMER, job.data.trace ?? null, {
    "maquette.request_id": row.request_id,
    "maquette.iteration": row.number,
    "maquette.attempt": row.attempt,
    "maquette.quality": row.quality,
  });
  try {
    await attempt(context, job, { ...row, trace: context.tracing.carry(span) }, span, signal);
  } finally {
    span.end();
  }
}

async function attempt(
  context: Context,
  job: Job<AssetJob>,
  begun: Begun,
  span: Span,
  signal: AbortSignal,
): Promise<void> {
  const log = context.log.child({ requestID: begun.request_id, iteration: begun.number, attempt: begun.attempt });
  const finish = async (outcome: string, ended: boolean) => {
    if (ended) context.metrics.finished.inc({ outcome });
    span.setAttribute("maquette.outcome", outcome);
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
    const asset = await run(context, begun, span, abort, () => lost.abort("claim-lost" satisfies AbortReason));
    const files = await traced(context.tracing, "store files", span, () => storeFiles(context, begun, asset));
    const complete = () => completeIteration(context, job, begun, files, asset.report);
    const ended = (await throughOutage(complete, abort)) || (await hasCompleted(context, begun));
    await finish("completed", ended);
    await removeOtherAttempts(context, begun, ended);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
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
    if (isOutage(error) && context.now() < outageEnds(begun)) {
      const wait = outagePause(begun.attempt);
      log.warn({ err: error, wait }, "asset waits for the database or the storage");
      await putBackIteration(context, job, begun, "outage", wait);
      return;
    }
    log.error({ err: error, failures: begun.failures + 1 }, "attempt failed");
    if (begun.failures + 1 < LIMITS.engineFailures) await putBackIteration(context, job, begun, "failure");
    else await finish("internal", await dismissIteration(context, job, begun, internalCause(begun), "internal"));
  }
}

async function run(
  context: Context,
  begun: Begun,
  span: Span,
  signal: AbortSignal,
  onLost: () => void,
): Promise<Asset> {
  const progress = new ProgressWriter(context, begun, onLost);
  try {
    return await makeJob(context, begun, span, signal, progress);
  } finally {
    progress.end();
  }
}

async function makeJob(
  context: Context,
  begun: Begun,
  span: Span,
  signal: AbortSignal,
  progress: ProgressWriter,
): Promise<Asset> {
  // An attempt before this one may have found no storage: the engine need not work for nothing again.
  if (begun.attempt > 1) await context.storage.check();
  let job: EngineJob;
  const { finish, generator: chosen, ...options } = begun.options;
  if (begun.test) job = { kind: "cube", options };
  else if (finish) {
    progress.report("fetch", 0);
    const { modelID, ...reading } = finish;
    const model = await traced(context.tracing, "load model", span, () =>
      loadModel(context, begun.request_id, modelID, signal),
    );
    job = { kind: "finish", model, companions: [], options: { ...options, ...reading } };
  } else {
    progress.report("fetch", 0);
    const pictures = await traced(context.tracing, "load pictures", span, () =>
      loadPictures(context, begun.request_id, begun.inputs, signal),
    );
    const views = begun.inputs.map((input) => input.view);
    job = { kind: "asset", pictures, options: { ...begun.options, views } };
    const generator = context.generators.choose(chosen);
    if (generator) job.generator = generator;
  }
  const stop = context.metrics.engineSeconds.startTimer({ quality: begun.quality });
  try {
    return await traced(context.tracing, "engine", span, async (engine) => {
      const stages = traceStages(context.tracing, engine);
      try {
        return await context.runEngine(job, {
          signal,
          generate: (request, aborted, onProgress) =>
            context.generators.generate(generatorOf(job), request, aborted, onProgress),
          onProgress: ({ stage, fraction }) => {
            stages.enter(stage);
            progress.report(stage, fraction);
          },
        });
      } finally {
        stages.end();
      }
    });
  } finally {
    stop();
  }
}

function generatorOf(job: EngineJob): string {
  return (job.kind === "asset" && job.generator?.name) || "";
}

/** Where an attempt writes. Each has its own place, so that a late one overwrites nothing. */
function attemptPrefix(begun: Begun, attempt = begun.attempt): string {
  return `requests/${begun.request_id}/${begun.id}/${attempt}/`;
}

/** Takes away what attempts left behind that were cut short or too late. Files that stay harm nobody. */
async function removeOtherAttempts(context: Context, begun: Begun, ended: boolean): Promise<void> {
  const attempts = ended ? Array.from({ length: begun.attempt - 1 }, (_, i) => i + 1) : [begun.attempt];
  try {
    for (const attempt of attempts) await context.storage.removeAll(attemptPrefix(begun, attempt));
  } catch (error) {
    context.log.warn({ err: error, requestID: begun.request_id }, "cannot remove the files of another attempt");
  }
}

/** Keeps the result of minutes of work over a restart of the database instead of making it again. */
async function throughOutage<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const pause of SETTLE_PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseOutage(error) || signal.aborted) throw error;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
  return work();
}

async function storeFiles(context: Context, begun: Begun, asset: Asset): Promise<StoredFile[]> {
  const outcomes = await Promise.allSettled(
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
  // All have ended now: nothing is still being written when a failed attempt is given back.
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

/** Whether neither the request nor the engine is at fault, so that time may heal it. */
function isOutage(error: unknown): boolean {
  return error instanceof StorageUnavailable || isDatabaseOutage(error);
}

function outageEnds(begun: Begun): number {
  return (begun.started_at?.getTime() ?? 0) + LIMITS.outageSeconds * 1000;
}

/** 2, 4, 8 … 60 s, spread by a quarter. */
function outagePause(attempt: number): number {
  return Math.round(Math.min(60, 2 ** Math.min(attempt, 6)) * (0.75 + 0.5 * Math.random()));
}

/** Whether the pictures or options are at fault, so that trying again changes nothing. */
function isRefusal(error: unknown): error is (EngineError | FetchError) & { code: string } {
  return error instanceof FetchError || (error instanceof EngineError && error.family !== "internal");
}

function internalCause(begun: Begun): string {
  return `Internal error: the asset could not be made in several attempts. Please report it with the requestID ${begun.request_id}.`;
}
