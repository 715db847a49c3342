import type { AssetReport, Stage } from "@maquette/engine/asset";
import { type Selectable, sql, type Transaction } from "kysely";
import type { JobAttempt } from "pg-boss";
import type { Context } from "../context.ts";
import { newId } from "../db/ids.ts";
import type { ArtifactTable, IterationTable, Schema } from "../db/schema.ts";
import { addStored } from "../requests/stored-bytes.ts";
import { sumBytes } from "../requests/submit.ts";
import type { TraceCarrier } from "../tracing/tracing.ts";

/** An iteration that this worker has begun. Whoever holds the newest attempt may change it, nobody else. */
export type Begun = Selectable<IterationTable> & {
  test: boolean;
  /** Of the attempt, for what follows from it. */
  trace?: TraceCarrier;
};

/**
 * Takes an iteration for a new attempt; null when there is nothing left to do (done, cancelled, deleted). One that says
 * it is running was lost with its server.
 */
export async function beginIteration(context: Context, iterationId: string): Promise<Begun | null> {
  const { rows } = await sql<Begun>`
    update iteration i set
      status = 'running', attempt = i.attempt + 1, lost = i.lost + (i.status = 'running')::int,
      stage = null, progress = 0, started_at = coalesce(i.started_at, ${new Date(context.now())}),
      process_id = ${context.processId}
    from request r
    where i.id = ${iterationId} and r.id = i.request_id and i.status in ('queued', 'running') and r.deleted_at is null
    returning i.*, r.test
  `.execute(context.db);
  return rows[0] ?? null;
}

/** Writes where the work stands. False when the attempt is no longer the one that counts. */
export async function reportProgress(
  context: Context,
  { id, attempt }: Pick<Begun, "id" | "attempt">,
  stage: Stage | "fetch",
  progress: number,
): Promise<boolean> {
  const { numUpdatedRows } = await context.db
    .updateTable("iteration")
    .set({ stage, progress })
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("status", "=", "running")
    // For this statement alone: progress that a power cut takes is written again, and a flush costs as much as a result's.
    .where(sql<string>`set_config('synchronous_commit', 'off', true)`, "=", "off")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export interface StoredFile extends Omit<Selectable<ArtifactTable>, "iteration_id"> {
  storage_key: string;
}

/**
 * Ends an iteration with its files: the rows, the webhook messages and the end of the job commit together or not at
 * all. False when another attempt has begun or the iteration was cancelled; the job is given back then, so that an
 * iteration which has not ended is never left without one (the next attempt finds nothing to do if it has).
 */
export function completeIteration(
  context: Context,
  job: JobAttempt,
  begun: Begun,
  files: StoredFile[],
  report: AssetReport,
): Promise<boolean> {
  const bytes = sumBytes(files);
  return context.db.transaction().execute(async (trx) => {
    await addStored(trx, begun.request_id, bytes);
    const ended = await end(context, trx, begun, {
      status: "completed",
      progress: 1,
      report: JSON.stringify(report),
      warnings: JSON.stringify([...new Set([...begun.warnings, ...report.warnings])]),
    });
    if (ended) {
      await trx
        .insertInto("artifact")
        .values(files.map((file) => ({ ...file, iteration_id: begun.id })))
        .execute();
      await announce(context, trx, begun);
      await context.jobs.complete(trx, "asset", job);
    } else {
      await addStored(trx, begun.request_id, -bytes);
      await context.jobs.putBack(trx, "asset", job);
    }
    return ended;
  });
}

/** Ends an iteration without files and says why; otherwise like `completeIteration`. */
export function dismissIteration(
  context: Context,
  job: JobAttempt,
  begun: Begun,
  cause: string,
  code: string,
): Promise<boolean> {
  return context.db.transaction().execute(async (trx) => {
    const ended = await end(context, trx, begun, { status: "dismissed", cause, cause_code: code });
    if (ended) {
      await announce(context, trx, begun);
      await context.jobs.complete(trx, "asset", job);
    } else await context.jobs.putBack(trx, "asset", job);
    return ended;
  });
}

/**
 * Whether this very attempt has completed the iteration: what `completeIteration` cannot know when the connection was
 * lost at the commit.
 */
export async function hasCompleted(context: Context, { id, attempt }: Pick<Begun, "id" | "attempt">): Promise<boolean> {
  const row = await context.db
    .selectFrom("iteration")
    .select("id")
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("status", "not in", ["queued", "running", "dismissed"])
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Gives an attempt back: after a fault of the engine, which counts; because the server stops, or its database or storage
 * is away, which do not.
 */
export async function putBackIteration(
  context: Context,
  job: JobAttempt,
  begun: Begun,
  why: "failure" | "stopping" | "outage",
  afterSeconds = 0,
): Promise<void> {
  await context.db.transaction().execute(async (trx) => {
    await trx
      .updateTable("iteration")
      .set((eb) => ({
        status: "queued",
        stage: null,
        progress: 0,
        failures: eb("failures", "+", why === "failure" ? 1 : 0),
      }))
      .where("id", "=", begun.id)
      .where("attempt", "=", begun.attempt)
      .where("status", "=", "running")
      .execute();
    await context.jobs.putBack(trx, "asset", job, afterSeconds);
  });
}

/** Compare-and-set on the attempt. */
async function end(
  context: Context,
  trx: Transaction<Schema>,
  begun: Begun,
  values: { status: "completed" | "dismissed" } & Partial<
    Record<"cause" | "cause_code" | "report" | "warnings", string>
  > & {
      progress?: number;
    },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("iteration")
    .set({ ...values, stage: null, completed_at: new Date(context.now()) })
    .where("id", "=", begun.id)
    .where("attempt", "=", begun.attempt)
    .where("status", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Writes one message for each of the account's destinations, and its first delivery. */
export async function announce(
  context: Context,
  trx: Transaction<Schema>,
  iteration: { id: string; account_id: string; trace?: TraceCarrier },
): Promise<void> {
  const at = new Date(context.now());
  const destinations = await trx
    .selectFrom("destination")
    .select(["id", "failing_since"])
    .where("account_id", "=", iteration.account_id)
    .where("state", "=", "active")
    .execute();
  for (const destination of destinations) {
    const id = newId(at.getTime());
    await trx
      .insertInto("delivery")
      .values({
        id,
        account_id: iteration.account_id,
        destination_id: destination.id,
        iteration_id: iteration.id,
        state: "pending",
        created_at: at,
        window_start: at,
        next_at: at,
      })
      .execute();
    const lane = destination.failing_since ? "failing" : "healthy";
    await context.jobs.addDelivery(trx, id, destination.id, lane, 0, iteration.trace);
  }
}
