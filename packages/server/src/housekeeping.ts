import { sql } from "kysely";
import { FAILURES } from "./auth/failure-limiter.ts";
import { LIMITS } from "./config/limits.ts";
import type { Context } from "./context.ts";
import { forgetProcesses } from "./processes.ts";
import { purgeDeleted } from "./requests/remove.ts";
import { applyRetention } from "./requests/retention.ts";
import { recountStored } from "./requests/stored-bytes.ts";
import { sweepOrphans } from "./storage/sweep-orphans.ts";

const INTERVAL_MS = 10 * 60_000;
const TIDY_INTERVAL_MS = 60_000;
const DAY_MS = 24 * 3600 * 1000;

/**
 * Removes what has expired, now and every ten minutes; servers side by side may all do it. Beside it, so that neither waits
 * for the other, `tidy` every minute.
 */
export function startHousekeeping(context: Context, tidy: (() => Promise<unknown>) | null): () => Promise<void> {
  const first = attempt(context, () => removeExpired(context));
  // A start has just checkpointed, and a sweep or a vacuum would keep the first requests waiting.
  const stops = [
    repeat(context, INTERVAL_MS, async () => {
      await removeExpired(context);
      await keepHouse(context);
    }),
    ...(tidy ? [repeat(context, TIDY_INTERVAL_MS, tidy)] : []),
  ];
  return async () => {
    await Promise.all([first, ...stops.map((stop) => stop())]);
  };
}

/** Runs a task after every interval, one run after another, until the function that is returned has been called. */
function repeat(context: Context, everyMs: number, task: () => Promise<unknown>): () => Promise<void> {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => attempt(context, task));
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function attempt({ log }: Context, task: () => Promise<unknown>): Promise<void> {
  try {
    await task();
  } catch (error) {
    log.error({ err: error }, "housekeeping failed");
  }
}

async function removeExpired(context: Context): Promise<void> {
  await prune(context);
  await purgeDeleted(context);
  const early = await context.jobs.forgetClockJumps(context.db);
  if (early > 0) context.log.warn({ jobs: early }, "jobs were due in a future that the clock has left again");
}

/** What one server does for all of them. */
export async function keepHouse(context: Context): Promise<void> {
  const { metrics, log } = context;
  if (await takeTurn(context, "retention", INTERVAL_MS / 2)) {
    const removed = await applyRetention(context);
    if (removed.iterations + removed.requests > 0) log.info(removed, "files deleted as their time was over");
  }
  if (await takeTurn(context, "sweep", DAY_MS)) {
    await recountStored(context);
    const swept = await sweepOrphans(context);
    metrics.orphans.inc(swept.removed);
    log.info(swept, "storage swept");
  }
}

/** Whether a daily or other task is due, and nobody else has taken it. */
async function takeTurn({ db, now }: Context, task: string, everyMs: number): Promise<boolean> {
  const at = now();
  const { rows } = await sql`
    insert into setting as s (name, value) values (${`${task}_at`}, ${String(at)})
    on conflict (name) do update set value = excluded.value
    where s.value::bigint <= ${at - everyMs}::bigint or s.value::bigint > ${at}::bigint
    returning name`.execute(db);
  return rows.length > 0;
}

export async function prune(context: Context): Promise<void> {
  const { db } = context;
  const now = context.now();
  const before = (ms: number) => new Date(now - ms);
  await db
    .deleteFrom("idempotency")
    .where("created_at", "<", before(LIMITS.idempotencySeconds * 1000))
    .execute();
  await db.deleteFrom("sign_in_link").where("expires_at", "<", before(0)).execute();
  await db.deleteFrom("session").where("expires_at", "<", before(0)).execute();
  await db.deleteFrom("auth_failure").where("window_start", "<", before(FAILURES.windowMs)).execute();
  await forgetProcesses(context);
}
