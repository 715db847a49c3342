import { setTimeout as sleep } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";

/** A table is due when so many of its rows have changed, and that share of them: what PostgreSQL's autovacuum has as defaults. */
const ROWS = 50;
const VACUUM_SHARE = 0.2;
const ANALYZE_SHARE = 0.1;
/** After which the write-ahead log is cut off: one of its files. */
const LOG_BYTES = 16 * 1024 * 1024;
const PAUSE_MS = 10;

/**
 * What the server processes of a real PostgreSQL do in the background, which a single embedded session has to be asked for,
 * once a minute: without VACUUM dead rows stay, without ANALYZE statements are planned for tables that were empty, and
 * without CHECKPOINT the write-ahead log grows until the server is stopped (300 MB after 400,000 rows) and is all read again
 * after a crash.
 *
 * Every ten minutes was too seldom: from an empty start at 24 assets a second, messages were 5 s late by then, and 0.15 s
 * once it was done. Table by table, with a pause after each, in which requests get their turn: PGlite lets nobody in by
 * itself. All tables at once kept them waiting for 1.9 s with 360,000 rows of 300 bytes of which half had changed, this for 0.3 s.
 */
export async function tidyEmbedded(pglite: PGlite): Promise<void> {
  const { rows: tables } = await pglite.query<{ name: string; vacuum: boolean; analyze: boolean }>(`
    select format('%I.%I', t.schemaname, t.relname) as name,
      n_dead_tup > ${ROWS} + ${VACUUM_SHARE} * greatest(c.reltuples, 0) as vacuum,
      n_mod_since_analyze > ${ROWS} + ${ANALYZE_SHARE} * greatest(c.reltuples, 0) as analyze
    from pg_stat_all_tables t join pg_class c on c.oid = t.relid
    where t.schemaname not in ('pg_toast', 'information_schema')`);
  for (const { name, ...due } of tables) {
    for (const what of ["vacuum", "analyze"] as const) {
      if (!due[what]) continue;
      await pglite.exec(`${what} ${name}`);
      await sleep(PAUSE_MS);
    }
  }
  const { rows } = await pglite.query<{ bytes: number }>(
    "select (pg_current_wal_lsn() - redo_lsn)::float8 as bytes from pg_control_checkpoint()",
  );
  if (rows[0]!.bytes > LOG_BYTES) await pglite.exec("checkpoint");
}
