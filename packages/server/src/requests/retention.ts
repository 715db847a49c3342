import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Context } from "../context.ts";
import type { Schema } from "../db/schema.ts";
import { addStored, lockOwner } from "./stored-bytes.ts";

const DAY_MS = 24 * 3600 * 1000;
const BATCH = 200;

export interface Removed {
  iterations: number;
  requests: number;
}

/**
 * Deletes the files of iterations, and the pictures of requests, that ended longer ago than the operator keeps them. Their
 * records stay. Files go before the rows say so: a crash in between costs another try, never a file that nobody knows of.
 */
export async function applyRetention(context: Context): Promise<Removed> {
  const { keepFilesDays, keepPicturesDays } = context.config;
  const before = (days: number) => new Date(context.now() - days * DAY_MS);
  return {
    iterations: keepFilesDays === 0 ? 0 : await inBatches(() => removeFiles(context, before(keepFilesDays))),
    requests: keepPicturesDays === 0 ? 0 : await inBatches(() => removePictures(context, before(keepPicturesDays))),
  };
}

async function inBatches(work: () => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const count = await work();
    total += count;
    if (count < BATCH) return total;
  }
}

async function removeFiles(context: Context, endedBefore: Date): Promise<number> {
  // What was deleted has been subtracted, and its files are gone (`deleteRequest`).
  const { rows: ended } = await sql<{ id: string; request_id: string }>`
    select i.id, i.request_id from iteration i join request r on r.id = i.request_id
    where i.completed_at < ${endedBefore} and i.files_removed_at is null and r.deleted_at is null
    order by i.completed_at limit ${BATCH}::int`.execute(context.db);
  for (const { id, request_id: requestId } of ended) {
    await context.storage.removeAll(`requests/${requestId}/${id}/`);
    await context.db.transaction().execute(async (trx) => {
      await lockOwner(trx, requestId);
      await forget(
        trx,
        requestId,
        sql`update artifact set storage_key = null where iteration_id = ${id} and storage_key is not null`,
      );
      await sql`update iteration set files_removed_at = ${new Date(context.now())} where id = ${id}`.execute(trx);
    });
  }
  return ended.length;
}

/** Of requests whose iterations have all ended: a picture is read again by every new one. */
async function removePictures(context: Context, endedBefore: Date): Promise<number> {
  const { rows: ended } = await sql<{ id: string }>`
    select r.id from request r
    where r.deleted_at is null and r.pictures_removed_at is null and r.created_at < ${endedBefore} and not exists (
      select from iteration i where i.request_id = r.id and (i.completed_at is null or i.completed_at >= ${endedBefore})
    ) order by r.created_at limit ${BATCH}::int`.execute(context.db);
  for (const { id } of ended) {
    await context.db.transaction().execute(async (trx) => {
      // Under the lock with which a revision begins: one that has got its pictures checked keeps them.
      await lockOwner(trx, id);
      const { rows: waiting } = await sql`
        select id from iteration where request_id = ${id} and completed_at is null`.execute(trx);
      if (waiting.length > 0) return;
      await context.storage.removeAll(`requests/${id}/input/`);
      await forget(
        trx,
        id,
        sql`update image set storage_key = null where request_id = ${id} and storage_key is not null`,
      );
      await sql`update request set pictures_removed_at = ${new Date(context.now())} where id = ${id}`.execute(trx);
    });
  }
  return ended.length;
}

/** Takes from rows that their bytes are there, and the bytes from what the request's owner takes up. */
async function forget(trx: Transaction<Schema>, requestId: string, update: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql<{ bytes: number }>`with gone as (${update} returning bytes)
    select coalesce(sum(bytes), 0)::float8 as bytes from gone`.execute(trx);
  await addStored(trx, requestId, -rows[0]!.bytes);
}
