import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Db } from "../../packages/server/src/db/open-database.ts";
import type { Storage } from "../../packages/server/src/storage/storage.ts";
import type { Ledger } from "./clients.ts";
import type { Receivers } from "./receivers.ts";

/** What must hold after everything that happened. All but the first three are faults: they must be 0. */
export interface Verdict {
  accepted: number;
  /** Messages that were answered with a 2xx. */
  delivered: number;
  /** Attempts that were lost with their server and made again. */
  repeated: number;
  /** Accepted requests that are not there, or not completed. */
  lost: number;
  /** Requests of one Idempotency-Key beyond the first, and iterations with two sets of files. */
  twice: number;
  /** Completed requests of which no receiver was told. */
  untold: number;
  /** Requests that were told of under more than one webhook-id. */
  severalIds: number;
  /** Files that are missing or not what their row says. */
  damagedFiles: number;
  /** Rows that contradict each other, and damaged indexes. */
  inconsistencies: number;
  /** Answers that no failure explains. */
  wrongAnswers: number;
}

export const FAULTS = [
  "lost",
  "twice",
  "untold",
  "severalIds",
  "damagedFiles",
  "inconsistencies",
  "wrongAnswers",
] as const;

export async function verify(
  db: Db,
  storage: Storage,
  ledger: Ledger,
  receivers: Receivers,
  note: (fault: string) => void,
): Promise<Verdict> {
  const { rows: requests } = await sql<{
    id: string;
    status: string;
    iterations: number;
    failures: number;
    lost: number;
  }>`
    select r.id, min(i.status) as status, count(*)::int as iterations, sum(i.failures)::int as failures, sum(i.lost)::int as lost
    from request r join iteration i on i.request_id = r.id group by r.id`.execute(db);
  const byId = new Map(requests.map((row) => [row.id, row]));
  let lost = 0;
  let untold = 0;
  let severalIds = 0;
  for (const id of ledger.accepted.values()) {
    const row = byId.get(id);
    if (row?.status !== "completed") {
      lost++;
      note(`accepted request ${id} is ${row?.status ?? "not there"}`);
      continue;
    }
    if (!receivers.taken.has(id)) {
      untold++;
      note(`nobody was told of ${id}`);
    }
    if ((receivers.ids.get(id)?.size ?? 0) > 1) {
      severalIds++;
      note(`${id} was told of under ${[...receivers.ids.get(id)!].join(", ")}`);
    }
  }
  const accepted = new Set(ledger.accepted.values());
  let twice = requests.filter((row) => !accepted.has(row.id)).length;
  if (twice > 0) note(`${twice} requests are there that no client was given`);
  twice += ledger.accepted.size - accepted.size;

  const { rows: files } = await sql<{
    iteration_id: string;
    attempt: number;
    format: string;
    name: string;
    key: string;
    sha: string;
  }>`
    select a.iteration_id, i.attempt, a.format, a.name, a.storage_key as key, a.sha256 as sha
    from artifact a join iteration i on i.id = a.iteration_id`.execute(db);
  const seen = new Set<string>();
  let damagedFiles = 0;
  for (const file of files) {
    // A real asset has several textures.
    const name = `${file.iteration_id} ${file.format} ${file.name}`;
    if (seen.has(name) || !file.key.includes(`/${file.attempt}/`)) {
      twice++;
      note(`a second ${name}`);
    }
    seen.add(name);
    const data = await storage.get(file.key).catch(() => null);
    if (!data || createHash("sha256").update(data).digest("hex") !== file.sha) {
      damagedFiles++;
      note(`file ${file.key} is ${data ? "not what it was" : "missing"}`);
    }
  }

  const contradictions = await sql<{ what: string; n: number }>`
    select 'an iteration that has not ended' as what, count(*)::int as n from iteration where status in ('queued', 'running')
    union all select 'a completed iteration without files', count(*)::int from iteration i
      where status = 'completed' and not exists (select 1 from artifact a where a.iteration_id = i.id)
    union all select 'a message not delivered', count(*)::int from delivery where state <> 'delivered'
    union all select 'a second message about one end', count(*)::int
      from (select 1 from delivery group by iteration_id, destination_id having count(*) > 1) d
    union all select 'an end without its message', count(*)::int from iteration i
      where not exists (select 1 from delivery d where d.iteration_id = i.id)
    union all select 'a job not completed', count(*)::int from pgboss.job
      where name in ('asset', 'delivery') and state <> 'completed'`.execute(db);
  let inconsistencies = 0;
  for (const { what, n } of contradictions.rows) {
    inconsistencies += n;
    if (n > 0) note(`${n} times ${what}`);
  }
  inconsistencies += await checkIndexes(db, note);
  for (const answer of ledger.wrong) note(answer);
  return {
    accepted: accepted.size,
    delivered: [...receivers.taken.values()].reduce((sum, ids) => sum + ids.length, 0),
    repeated: requests.reduce((sum, row) => sum + row.lost, 0),
    lost,
    twice,
    untold,
    severalIds,
    damagedFiles,
    inconsistencies,
    wrongAnswers: ledger.wrong.length,
  };
}

/** PostgreSQL's own check of its B-trees against their tables. */
async function checkIndexes(db: Db, note: (fault: string) => void): Promise<number> {
  await sql`create extension if not exists amcheck`.execute(db);
  const { rows } = await sql<{ oid: number; name: string }>`
    select c.oid::int as oid, c.relname as name from pg_class c join pg_am m on m.oid = c.relam join pg_namespace n on n.oid = c.relnamespace
    where m.amname = 'btree' and c.relkind = 'i' and n.nspname in ('public', 'pgboss')`.execute(db);
  let damaged = 0;
  for (const { oid, name } of rows) {
    try {
      await sql`select bt_index_check(${oid}::oid::regclass, true)`.execute(db);
    } catch (error) {
      damaged++;
      note(`index ${name}: ${(error as Error).message}`);
    }
  }
  return damaged;
}
