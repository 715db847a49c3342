import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Schema } from "./schema.ts";

export type Db = Kysely<Schema>;

export interface OpenDatabase {
  db: Db;
  /** Present when the database runs inside this process. */
  pglite: PGlite | null;
  close(): Promise<void>;
}

/**
 * Opens the embedded database in `directory`, with every commit flushed to the disk. The directory's lock must be held.
 * It starts in about 0.3 s, 3 s the first time, and takes some 600 MB.
 */
export async function openEmbedded(directory: string): Promise<OpenDatabase> {
  const { DurableNodeFS } = await import("./durable-node-fs.ts");
  const path = join(directory, "database");
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const pglite = await PGlite.create({
    fs: new DurableNodeFS(path),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
      "-c",
      "fsync=on",
      "-c",
      "wal_sync_method=fsync",
    ],
  });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  const close = async () => {
    await db.destroy();
    // Kysely closes only what it has used.
    if (!pglite.closed) await pglite.close();
  };
  return { db, pglite, close };
}

const POOL = 16;

export function openPostgres(url: string, onError: (error: Error) => void): OpenDatabase {
  const types = new pg.TypeOverrides();
  // bigint as a number, as PGlite gives it: ours stay far below 2^53.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: url, max: POOL, types, application_name: "maquette" });
  pool.on("error", onError);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return { db, pglite: null, close: () => db.destroy() };
}

/** One round trip that any working database answers. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
