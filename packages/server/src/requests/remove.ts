import { sql, type Transaction } from "kysely";
import { ApiError } from "../api/errors.ts";
import type { Context } from "../context.ts";
import type { Schema } from "../db/schema.ts";
import { announce } from "../worker/iterations.ts";
import { addStored, lockOwner } from "./stored-bytes.ts";

/** Of an iteration that somebody stopped. */
export const CANCELLED = { cause: "Cancelled at your request.", code: "cancelled" } as const;

/**
 * Deletes a request: nobody can fetch it or its files from now on, and what waits or runs for it stops. The files go
 * right after; `purgeDeleted` makes up for a crash in between.
 */
export async function deleteRequest(context: Context, requestId: string): Promise<void> {
  const at = new Date(context.now());
  await context.db.transaction().execute(async (trx) => {
    await lockOwner(trx, requestId);
    await addStored(trx, requestId, -(await sumOfRequest(trx, requestId)));
    await trx.updateTable("request").set({ deleted_at: at }).where("id", "=", requestId).execute();
    const stopped = await trx
      .updateTable("iteration")
      .set({ status: "dismissed", cause: CANCELLED.cause, cause_code: CANCELLED.code, completed_at: at, stage: null })
      .where("request_id", "=", requestId)
      .where("status", "in", ["queued", "running"])
      .returning("id")
      .execute();
    for (const { id } of stopped) await context.jobs.cancel(trx, "asset", id);
    await trx
      .updateTable("delivery")
      .set({ state: "dead", last_error: "the request was deleted", next_at: null, finished_at: at })
      .where("state", "=", "pending")
      .where("iteration_id", "in", (eb) => eb.selectFrom("iteration").select("id").where("request_id", "=", requestId))
      .execute();
  });
  await purge(context, requestId);
}

async function sumOfRequest(trx: Transaction<Schema>, requestId: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select ((select coalesce(sum(m.bytes), 0) from image m where m.request_id = ${requestId} and m.storage_key is not null)
      + (select coalesce(sum(f.bytes), 0) from artifact f join iteration i on i.id = f.iteration_id
        where i.request_id = ${requestId} and f.storage_key is not null))::float8 as bytes`.execute(trx);
  return rows[0]!.bytes;
}

/** Removes the files of deleted requests that are still there. */
export async function purgeDeleted(context: Context): Promise<void> {
  const rows = await context.db
    .selectFrom("request")
    .select("id")
    .where("deleted_at", "is not", null)
    .where("purged_at", "is", null)
    .limit(1000)
    .execute();
  for (const { id } of rows) await purge(context, id);
}

async function purge(context: Context, requestId: string): Promise<void> {
  try {
    await context.storage.removeAll(`requests/${requestId}/`);
    await context.db
      .updateTable("request")
      .set({ purged_at: new Date(context.now()) })
      .where("id", "=", requestId)
      .execute();
  } catch (error) {
    context.log.warn({ err: error, requestID: requestId }, "cannot remove the files of a deleted request yet");
  }
}

/**
 * Stops an iteration that waits or runs. It ends as dismissed, and webhooks hear of it like of any end.
 * @throws ApiError state_conflict when it has ended
 */
export async function cancelIteration(context: Context, iteration: { id: string; account_id: string }): Promise<void> {
  await context.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("iteration")
      .set({
        status: "dismissed",
        cause: CANCELLED.cause,
        cause_code: CANCELLED.code,
        completed_at: new Date(context.now()),
        stage: null,
      })
      .where("id", "=", iteration.id)
      .where("status", "in", ["queued", "running"])
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new ApiError("state_conflict", { value: "The iteration has ended already" });
    await context.jobs.cancel(trx, "asset", iteration.id);
    await announce(context, trx, iteration);
  });
}
