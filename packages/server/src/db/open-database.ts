import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { endWithDatabase, explainEnd } from "./end-with-database.ts";
import type { Schema } from "./schema.ts";

export type Db = Kysely<Schema>;

/**
 * Asks one statement that is asked again and again, without what a query builder does each time. PostgreSQL prepares it
 * under `name`, once a connection.
 */
export type Ask = <Row>(name: string, text: string, values: unknown[]) => Promise<Row[]>;

export interface OpenDatabase {
  db: Db;
  ask: Ask;
  /** Present when the database runs inside this process. */
  pglite: PGlite | null;
  /**
   * Counts the statements that may have written; null where other processes write too. While it stays the same, what was
   * read stays true: the embedded database does one thing at a time, so a read that begins after a write waits for the end
   * of its transaction.
   */
  writes: (() => number) | null;
  close(): Promise<void>;
}

/** How PostgreSQL's log says that it cannot go on. */
const LAST_WORDS = /(?:PANIC|FATAL): +(.+)/;

/**
 * Opens the embedded database in `directory`, with every commit flushed to the disk. The directory's lock must be held.
 * It starts in about 0.3 s, 3 s the first time, and takes some 600 MB. If it stops working for good, as on a disk without a
 * byte for its log, so does this process, with exit code 1 and one line that says why.
 * @param onEnd told before that
 */
export async function openEmbedded(directory: string, onEnd?: (why: string) => void): Promise<OpenDatabase> {
  const { DurableNodeFS } = await import("./durable-node-fs.ts");
  const path = join(directory, "database");
  mkdirSync(path, { recursive: true, mode: 0o700 });
  let lastWords: string | null = null;
  const pglite = await PGlite.create({
    fs: new DurableNodeFS(path),
    onStderr: (text) => {
      lastWords = LAST_WORDS.exec(text)?.[1] ?? lastWords;
      return true;
    },
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
      "-c",
      "fsync=on",
      "-c",
      "wal_sync_method=fsync",
    ],
  }).catch((error) => {
    throw new Error(explainEnd(path, lastWords, error), { cause: error });
  });
  endWithDatabase(pglite, (error) => {
    const why = explainEnd(path, lastWords, error);
    onEnd?.(why);
    console.error(why);
    process.exit(1);
  });
  let writes = 0;
  const db = new Kysely<Schema>({
    dialect: new PGliteDialect({ pglite }),
    log: ({ query }) => {
      if (!/^\s*select\b/i.test(query.sql)) writes++;
    },
  });
  const close = async () => {
    await db.destroy();
    // Kysely closes only what it has used.
    if (!pglite.closed) await pglite.close();
  };
  const ask: Ask = async <Row>(_name: string, text: string, values: unknown[]) =>
    (await pglite.query<Row>(text, values)).rows;
  return { db, ask, pglite, writes: () => writes, close };
}

export interface PostgresOptions {
  /** Connections at most. */
  connections?: number;
  /** Of one statement; 0 for none. */
  statementMs?: number;
}

export const POSTGRES_DEFAULTS = { connections: 10, statementMs: 30_000 } as const;

/** A database that cannot be reached must show within seconds, or requests pile up behind it. */
const CONNECT_MS = 5000;
/** For a connection to become free: a burst may wait longer than an outage. */
const QUEUE_MS = 30_000;
/** A client that died without a word leaves its transaction, and the locks in it, open for no longer. */
const IDLE_TRANSACTION_MS = 60_000;

/** The pool knows one limit for both waits; its clients get the shorter one. */
class PromptClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS });
  }
}

export function openPostgres(
  url: string,
  onError: (error: Error) => void,
  options: PostgresOptions = {},
): OpenDatabase {
  const { connections, statementMs } = { ...POSTGRES_DEFAULTS, ...options };
  const types = new pg.TypeOverrides();
  // bigint as a number, as PGlite gives it: ours stay far below 2^53.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    application_name: "maquette",
    connectionTimeoutMillis: QUEUE_MS,
    Client: PromptClient,
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    ...(statementMs > 0 ? { query_timeout: statementMs } : {}),
  });
  pool.on("error", onError);
  // The pool listens to idle clients only: without this, a connection that is cut between two statements of a
  // transaction ends the whole process, though the next statement rejects anyway.
  pool.on("connect", (client) => client.on("error", onError));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const ask: Ask = async (name, text, values) => (await pool.query({ name, text, values })).rows;
  return { db, ask, pglite: null, writes: null, close: () => db.destroy() };
}

/** One round trip that any working database answers. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
