import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import type { Context } from "../../context.ts";
import { ping } from "../../db/open-database.ts";
import { ApiError } from "../errors.ts";
import { errors } from "../schemas.ts";

const CHECK_TIMEOUT_MS = 3000;
/** Probes that come closer together share an answer. */
const REUSE_MS = 500;

const healthy = {
  operationId: "isUp",
  summary: "Is the process up",
  tags: ["Operation"],
  response: { 200: Type.Object({ status: Type.Literal("ok") }) },
};
const ready = {
  operationId: "isReady",
  summary: "Can the database, the storage and the queue be reached, and is there room",
  tags: ["Operation"],
  description:
    "Generators are told of and do not count: without them the built-in engine works, or requests end with a cause.",
  response: {
    200: Type.Object({
      status: Type.Literal("ready"),
      generators: Type.Optional(
        Type.Record(Type.String(), Type.String({ enum: ["up", "down"] }), {
          description: "By name, where there are any",
        }),
      ),
    }),
    ...errors(503),
  },
};

const metrics = {
  operationId: "getMetrics",
  summary: "Counters and times, as Prometheus reads them",
  tags: ["Operation"],
  response: { 200: { content: { "text/plain": { schema: Type.String() } } } },
};

export function healthRoutes(app: FastifyInstance, context: Context): void {
  app.get("/healthz", { schema: healthy }, async () => ({ status: "ok" }));

  let last: { at: number; result: Promise<string | null> } | null = null;
  app.get("/readyz", { schema: ready }, async () => {
    if (!last || Date.now() - last.at > REUSE_MS) last = { at: Date.now(), result: findFault(context) };
    const fault = await last.result;
    if (fault) throw new ApiError("not_ready", { value: fault });
    const generators = await context.generators.health();
    if (generators.length === 0) return { status: "ready" };
    return {
      status: "ready",
      generators: Object.fromEntries(generators.map(({ name, up }) => [name, up ? "up" : "down"])),
    };
  });

  app.get("/metrics", { schema: metrics }, async (_request, reply) => {
    await gauge(context);
    reply.type(context.metrics.registry.contentType);
    return reply.send(await context.metrics.registry.metrics());
  });
}

async function findFault(context: Context): Promise<string | null> {
  const checks: [string, () => Promise<unknown>][] = [
    ["database", () => ping(context.db)],
    ["storage", () => context.storage.check()],
    ["queue", () => context.jobs.boss.getQueue("asset")],
  ];
  for (const [name, check] of checks) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)), CHECK_TIMEOUT_MS);
    });
    try {
      await Promise.race([check(), late]);
    } catch (error) {
      context.log.warn({ err: error, check: name }, "not ready");
      return `the ${name} does not work`;
    } finally {
      clearTimeout(timer);
    }
  }
  return (await context.disk?.shortage()) ?? null;
}

/** What is counted in the database is read when somebody asks. */
async function gauge(context: Context): Promise<void> {
  const { rows } = await sql<{ queued: number; running: number; deliveries: number; bytes: number }>`select
    (select count(*) from iteration where status = 'queued') as queued,
    (select count(*) from iteration where status = 'running') as running,
    (select count(*) from delivery where state = 'pending') as deliveries,
    (select coalesce(sum(stored_bytes), 0)::float8 from account) as bytes`.execute(context.db);
  const { queued, running, deliveries, bytes } = rows[0]!;
  context.metrics.queued.set({ state: "queued" }, queued);
  context.metrics.queued.set({ state: "running" }, running);
  context.metrics.pendingDeliveries.set(deliveries);
  context.metrics.storedBytes.set(bytes);
  const free = await context.disk?.free();
  if (free !== undefined && Number.isFinite(free)) context.metrics.diskFree.set(free);
  else context.metrics.diskFree.remove();
  for (const { name: generator, up, running, waiting } of await context.generators.health()) {
    context.metrics.generatorUp.set({ generator }, up ? 1 : 0);
    context.metrics.generatorModels.set({ generator, state: "running" }, running);
    context.metrics.generatorModels.set({ generator, state: "waiting" }, waiting);
  }
}
