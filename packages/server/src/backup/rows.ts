import { sql, type Transaction } from "kysely";
import type { Db } from "../db/open-database.ts";
import type { Schema } from "../db/schema.ts";
import type { Jobs } from "../jobs/jobs.ts";

/** One line of a backup: a row and its table. */
export interface BackupRow {
  table: string;
  row: Record<string, unknown>;
}

const PAGE = 500;
/** Counters of the last minute, processes that run, and what the queue and the migrations keep for themselves. */
const LEFT_OUT = ["auth_failure", "process", "kysely_migration", "kysely_migration_lock"];

/** The product's tables, each after those that it refers to. */
async function listTables(db: Db | Transaction<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string; needs: string[] }>`
    select c.relname as name, coalesce(array_agg(f.relname::text) filter (where f.relname is not null), '{}') as needs
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid
    left join pg_class f on f.oid = k.confrelid
    where n.nspname = 'public' and c.relkind = 'r' group by c.relname order by c.relname`.execute(db);
  const waiting = rows.filter(({ name }) => !LEFT_OUT.includes(name));
  const ordered: string[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ needs }) => needs.every((need) => ordered.includes(need)));
    ordered.push(waiting.splice(Math.max(0, next), 1)[0]!.name);
  }
  return ordered;
}

/** Hands out all rows as they are at one moment; others go on writing meanwhile (in the embedded database, after it). */
export async function exportRows(db: Db, write: (row: BackupRow) => Promise<void>): Promise<number> {
  let count = 0;
  await db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      for (const table of await listTables(trx)) {
        await sql`declare backup cursor for select to_jsonb(t) as row from ${sql.table(table)} t`.execute(trx);
        for (;;) {
          const { rows } = await sql<{ row: BackupRow["row"] }>`fetch ${sql.lit(PAGE)} from backup`.execute(trx);
          for (const { row } of rows) await write({ table, row });
          count += rows.length;
          if (rows.length < PAGE) break;
        }
        await sql`close backup`.execute(trx);
      }
    });
  return count;
}

/**
 * Puts rows into an empty database and gives what had not ended its jobs again, all in one transaction.
 * @throws Error when the database holds accounts
 */
export async function importRows(db: Db, jobs: Jobs, rows: AsyncIterable<BackupRow>): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (await trx.selectFrom("account").select("id").limit(1).executeTakeFirst()) {
      throw new Error("the database holds accounts already: restore into an empty one");
    }
    await trx.deleteFrom("setting").execute();
    let count = 0;
    let table = "";
    let batch: BackupRow["row"][] = [];
    const flush = async () => {
      if (batch.length === 0) return;
      // Only the columns that the backup has: those that came later keep their defaults.
      const columns = sql.join(Object.keys(batch[0]!).map((name) => sql.ref(name)));
      await sql`insert into ${sql.table(table)} (${columns}) overriding system value
        select ${columns} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(batch)}::jsonb)`.execute(
        trx,
      );
      count += batch.length;
      batch = [];
    };
    for await (const { table: next, row } of rows) {
      if (next !== table || batch.length === PAGE) await flush();
      table = next;
      batch.push(row);
    }
    await flush();
    await sql`select setval(pg_get_serial_sequence('audit_event', 'id'), coalesce((select max(id) from audit_event), 0) + 1)`.execute(
      trx,
    );
    await addJobs(trx, jobs);
    return count;
  });
}

async function addJobs(trx: Transaction<Schema>, jobs: Jobs): Promise<void> {
  const iterations = await trx
    .updateTable("iteration")
    .set({ status: "queued", stage: null, progress: 0 })
    .where("status", "in", ["queued", "running"])
    .returning(["id", "queue_tag"])
    .execute();
  for (const { id, queue_tag } of iterations) await jobs.addAsset(trx, id, -Number(queue_tag));
  const deliveries = await trx
    .selectFrom("delivery")
    .select(["id", "destination_id"])
    .where("state", "=", "pending")
    .execute();
  for (const { id, destination_id } of deliveries) await jobs.addDelivery(trx, id, destination_id, "healthy");
}
