import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import manifest from "../../../package.json" with { type: "json" };
import { requireOperator } from "../../auth/operator.ts";
import type { Context } from "../../context.ts";
import { listProcesses, type ProcessView } from "../../processes.ts";
import { errors, Id, Nullable, Timestamp } from "../schemas.ts";

const Count = Type.Integer({ minimum: 0 });

const Process = Type.Object({
  processID: Id("The process"),
  self: Type.Boolean({ description: "Whether it is the one that answers" }),
  role: Type.String({ enum: ["all", "api", "worker"] }),
  version: Type.String(),
  host: Type.String(),
  pid: Count,
  places: Type.Integer({ description: "Assets that it makes at a time" }),
  running: Type.Integer({ description: "Assets that it makes now" }),
  memoryBytes: Type.Number(),
  upSeconds: Type.Number(),
  seenSeconds: Type.Number({ description: "How long ago it was heard of" }),
  up: Type.Boolean({ description: "Whether it was heard of lately; one that died is listed for a day" }),
});

/** What the person who runs the server wants to know of it. */
export function operatorRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/operator",
    {
      schema: {
        summary: "Queue, workers, failures, storage and versions of this installation",
        tags: ["Operation"],
        response: {
          200: Type.Object({
            queue: Type.Object({
              queued: Count,
              running: Count,
              oldestSeconds: Nullable(Type.Number({ description: "How long the next one has waited" })),
              deliveries: Type.Integer({ description: "Webhook messages to be delivered" }),
            }),
            running: Type.Array(
              Type.Object({
                requestID: Id("The asset"),
                name: Type.String(),
                email: Type.String(),
                stage: Nullable(Type.String()),
                progress: Type.Number(),
                attempt: Count,
                processID: Nullable(Id("Who makes it, of `processes`")),
                startedAt: Nullable(Timestamp("When it was begun")),
              }),
            ),
            day: Type.Object({
              completed: Count,
              refused: Count,
              failed: Count,
              medianSeconds: Nullable(Type.Number()),
            }),
            failures: Type.Array(
              Type.Object({
                requestID: Id("The asset"),
                iterationID: Type.String(),
                name: Type.String(),
                email: Type.String(),
                code: Nullable(Type.String()),
                cause: Nullable(Type.String()),
                at: Timestamp("When it ended"),
              }),
            ),
            storage: Type.Object({
              kind: Type.String({ enum: ["local", "s3"] }),
              files: Count,
              bytes: Type.Number(),
              freeBytes: Nullable(Type.Number()),
              databaseBytes: Type.Number(),
            }),
            processes: Type.Array(Process, { description: "All servers and workers, this one included" }),
            server: Type.Object({
              role: Type.String(),
              slots: Type.Integer({ description: "Assets at a time, of this process" }),
              upSeconds: Type.Number(),
              memoryBytes: Type.Number(),
              machineBytes: Type.Number(),
              accounts: Count,
              assets: Count,
            }),
            generators: Type.Array(
              Type.Object({
                name: Type.String(),
                type: Type.String({ enum: ["hunyuan3d", "comfyui", "http"] }),
                default: Type.Boolean({ description: "Whether it makes the assets that do not say" }),
                up: Type.Boolean({ description: "Whether it would take a request now" }),
                detail: Nullable(Type.String({ description: "Why not" })),
                running: Type.Integer({ minimum: 0, description: "Models that it makes, for all processes" }),
                waiting: Type.Integer({ minimum: 0, description: "Models that wait for their turn" }),
              }),
            ),
            versions: Type.Object({ maquette: Type.String(), node: Type.String(), database: Type.String() }),
          }),
          ...errors(401, 403),
        },
      },
    },
    async (request) => {
      await requireOperator(context.db, request.caller!.accountId);
      const { config, db } = context;
      const now = context.now();
      const dayAgo = new Date(now - 24 * 3600 * 1000);
      const pending = await sql<{ queued: number; running: number; oldest: Date | null; deliveries: number }>`
        select count(*) filter (where status = 'queued')::int as queued,
          count(*) filter (where status = 'running')::int as running,
          min(created_at) filter (where status = 'queued') as oldest,
          (select count(*)::int from delivery where state = 'pending') as deliveries
        from iteration where status in ('queued', 'running')`.execute(db);
      const running = await sql<{ startedAt: Date | null }>`
        select r.id as "requestID", r.name, a.email, i.stage, i.progress, i.attempt, i.process_id as "processID",
          i.started_at as "startedAt"
        from iteration i join request r on r.id = i.request_id join account a on a.id = i.account_id
        where i.status = 'running' order by i.started_at limit 50`.execute(db);
      const day = await sql<{ completed: number; refused: number; failed: number; medianSeconds: number | null }>`
        select count(*) filter (where status in ('completed', 'approved'))::int as completed,
          count(*) filter (where status = 'dismissed' and cause_code not in ('internal', 'cancelled'))::int as refused,
          count(*) filter (where status = 'dismissed' and cause_code = 'internal')::int as failed,
          percentile_cont(0.5) within group (order by extract(epoch from completed_at - started_at))
            filter (where status in ('completed', 'approved'))::float8 as "medianSeconds"
        from iteration where completed_at > ${dayAgo}`.execute(db);
      const failures = await sql<{ at: Date; number: number }>`
        select r.id as "requestID", i.number, r.name, a.email, i.cause_code as code, i.cause, i.completed_at as at
        from iteration i join request r on r.id = i.request_id join account a on a.id = i.account_id
        where i.status = 'dismissed' and i.cause_code <> 'cancelled' and i.completed_at is not null
        order by i.completed_at desc limit 20`.execute(db);
      const stored = await sql<{ files: number; bytes: number; database: number; version: string }>`
        select (select count(*) from artifact where storage_key is not null)::int + (select count(*) from image where storage_key is not null)::int as files,
          (select coalesce(sum(stored_bytes), 0) from account)::float8 as bytes,
          pg_database_size(current_database())::float8 as database, version() as version`.execute(db);
      const busy = await sql<{ id: string; running: number }>`
        select process_id as id, count(*)::int as running from iteration
        where status = 'running' and process_id is not null group by 1`.execute(db);
      const runningIn = new Map(busy.rows.map(({ id, running }) => [id, running]));
      const processes = await listProcesses(context);
      const counts = await sql<{ accounts: number; assets: number }>`
        select (select count(*)::int from account) as accounts,
          (select count(*)::int from request where deleted_at is null) as assets`.execute(db);
      const { queued, running: active, oldest, deliveries } = pending.rows[0]!;
      const { files, bytes, database, version } = stored.rows[0]!;
      return {
        queue: {
          queued,
          running: active,
          oldestSeconds: oldest === null ? null : Math.max(0, (now - new Date(oldest).getTime()) / 1000),
          deliveries,
        },
        running: running.rows.map((row) => ({
          ...row,
          startedAt: row.startedAt && new Date(row.startedAt).toISOString(),
        })),
        day: day.rows[0]!,
        failures: failures.rows.map(({ number, at, ...row }) => ({
          ...row,
          iterationID: String(number),
          at: new Date(at).toISOString(),
        })),
        storage: {
          kind: config.s3 ? "s3" : "local",
          files,
          bytes,
          freeBytes: config.s3 ? null : await freeBytes(config.dataDir),
          databaseBytes: database,
        },
        server: {
          role: config.role,
          slots: config.role === "api" ? 0 : config.concurrency,
          upSeconds: Math.round(process.uptime()),
          memoryBytes: process.memoryUsage.rss(),
          machineBytes: totalmem(),
          ...counts.rows[0]!,
        },
        processes: processes.map(({ generators: _load, ...process }) => ({
          ...process,
          running: runningIn.get(process.processID) ?? 0,
        })),
        generators: (await context.generators.health()).map((health) => ({
          ...health,
          ...loadOf(health.name, processes),
          default: health.name === context.generators.default,
        })),
        versions: {
          maquette: manifest.version,
          node: process.versions.node,
          database: `${/^PostgreSQL [\d.]+/.exec(version)?.[0] ?? version.slice(0, 60)}${config.databaseUrl === null ? ", embedded" : ""}`,
        },
      };
    },
  );
}

/** What a generator does for all processes together. */
function loadOf(generator: string, processes: readonly ProcessView[]) {
  const loads = processes.filter(({ up }) => up).flatMap(({ generators }) => generators[generator] ?? []);
  return {
    running: loads.reduce((sum, { running }) => sum + running, 0),
    waiting: loads.reduce((sum, { waiting }) => sum + waiting, 0),
  };
}

async function freeBytes(directory: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
