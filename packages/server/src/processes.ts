import { hostname } from "node:os";
import { sql } from "kysely";
import manifest from "../package.json" with { type: "json" };
import type { Role } from "./config/read-config.ts";
import type { Context } from "./context.ts";
import type { GeneratorLoad } from "./generators/generators.ts";

const HEARTBEAT_MS = 10_000;
/** After three heartbeats that did not come, a process counts as gone, seconds. */
const SILENT_AFTER = 30;
/** One that is gone is shown for a day, so that somebody sees that it died. */
const FORGOTTEN_AFTER_HOURS = 24;
/** A stop does not wait longer for a database that is away. */
const FAREWELL_MS = 2000;

/** A server process of this installation. */
export interface ProcessView {
  processID: string;
  /** Whether it is the one that answers. */
  self: boolean;
  role: Role;
  version: string;
  host: string;
  pid: number;
  /** Assets that it makes at a time. */
  places: number;
  memoryBytes: number;
  generators: Record<string, GeneratorLoad>;
  upSeconds: number;
  seenSeconds: number;
  /** Whether it was heard of lately. */
  up: boolean;
}

type Telling = Pick<Context, "config" | "db" | "generators" | "processId">;

/**
 * Tells the others of this process for as long as it runs. Nothing is written on the embedded database, which has one
 * process only and flushes at every write. Times are the database's: machines' clocks differ.
 */
export function startHeartbeat(context: Telling & Pick<Context, "log">): () => Promise<void> {
  if (context.config.databaseUrl === null) return async () => {};
  const tell = () =>
    beat(context).catch((error) => context.log.warn({ err: error }, "cannot tell that this process is up"));
  let telling = tell();
  const timer = setInterval(() => {
    telling = telling.then(tell);
  }, HEARTBEAT_MS);
  return async () => {
    clearInterval(timer);
    const farewell = telling.then(() => context.db.deleteFrom("process").where("id", "=", context.processId).execute());
    // One that cannot take its leave is forgotten like one that died.
    await Promise.race([farewell.catch(() => {}), new Promise((done) => setTimeout(done, FAREWELL_MS).unref())]);
  };
}

async function beat(context: Telling): Promise<void> {
  const { processID, role, version, host, pid, places, memoryBytes, generators, upSeconds } = describeSelf(context);
  await sql`
    insert into process (id, role, version, host, pid, places, memory_bytes, generators, started_at, seen_at)
    values (${processID}, ${role}, ${version}, ${host}, ${pid}, ${places}, ${memoryBytes},
      ${JSON.stringify(generators)}, now() - ${upSeconds}::float8 * interval '1 second', now())
    on conflict (id) do update set
      memory_bytes = excluded.memory_bytes, generators = excluded.generators, seen_at = now()`.execute(context.db);
}

/** All processes of the installation, this one as it is now and the others as they last told. */
export async function listProcesses(context: Telling): Promise<ProcessView[]> {
  const { rows } = await sql<Omit<ProcessView, "self" | "up">>`
    select id as "processID", role, version, host, pid, places, memory_bytes::float8 as "memoryBytes", generators,
      extract(epoch from seen_at - started_at)::float8 as "upSeconds",
      greatest(0, extract(epoch from now() - seen_at))::float8 as "seenSeconds"
    from process where id <> ${context.processId}`.execute(context.db);
  const others = rows.map((row) => ({ ...row, self: false, up: row.seenSeconds <= SILENT_AFTER }));
  const place = ({ role, host, pid }: ProcessView) => `${role} ${host} ${pid}`;
  return [describeSelf(context), ...others].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** Takes those off the list that have been silent for long. */
export async function forgetProcesses({ db }: Pick<Context, "db">): Promise<void> {
  await sql`delete from process where seen_at < now() - ${FORGOTTEN_AFTER_HOURS}::int * interval '1 hour'`.execute(db);
}

function describeSelf({ config, generators, processId }: Omit<Telling, "db">): ProcessView {
  return {
    processID: processId,
    self: true,
    role: config.role,
    version: manifest.version,
    host: hostname(),
    pid: process.pid,
    places: config.role === "api" ? 0 : config.concurrency,
    memoryBytes: process.memoryUsage.rss(),
    generators: generators.load,
    upSeconds: process.uptime(),
    seenSeconds: 0,
    up: true,
  };
}
