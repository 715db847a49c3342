import { sql, type Transaction } from "kysely";
import type { Context } from "../context.ts";
import type { Schema } from "../db/schema.ts";

/**
 * Locks the row of a request's owner. Whoever locks several rows takes account, request and iteration in this order, so
 * that no two transactions wait for each other.
 */
export async function lockOwner(trx: Transaction<Schema>, requestId: string): Promise<void> {
  await sql`select id from account where id = (select account_id from request where id = ${requestId}) for update`.execute(
    trx,
  );
}

/** Adds to what the owner of a request takes up; locks like `lockOwner`. */
export async function addStored(trx: Transaction<Schema>, requestId: string, bytes: number): Promise<void> {
  if (bytes === 0) return;
  await sql`update account set stored_bytes = greatest(0, stored_bytes + ${bytes}::bigint)
    where id = (select account_id from request where id = ${requestId})`.execute(trx);
}

/** Counts again from the rows: a server of a former version beside this one does not keep the sum. */
export async function recountStored(context: Pick<Context, "db">): Promise<void> {
  const accounts = await context.db.selectFrom("account").select("id").execute();
  for (const { id } of accounts) {
    await context.db.transaction().execute(async (trx) => {
      // Locked by a statement of its own: the sum then sees all that was added before, and nothing is added meanwhile.
      await trx.selectFrom("account").select("id").where("id", "=", id).forUpdate().execute();
      await sql`update account set stored_bytes =
        (select coalesce(sum(m.bytes), 0) from image m join request r on r.id = m.request_id
          where r.account_id = ${id} and r.deleted_at is null and m.storage_key is not null)
        + (select coalesce(sum(f.bytes), 0) from artifact f
          join iteration i on i.id = f.iteration_id join request r on r.id = i.request_id
          where r.account_id = ${id} and r.deleted_at is null and f.storage_key is not null)
        where id = ${id}`.execute(trx);
    });
  }
}
