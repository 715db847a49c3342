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
const DAY_MS = 24 * 3600 * 1000;

/** Removes what has expired, now and every ten minutes. Servers side by side may all do it. */
export function startHousekeeping(context: Context, tidy: (() => Promise<unknown>) | null): () => Promise<void> {
  const run = async (tidies: boolean) => {
    try {
      await prune(context);
      await purgeDeleted(context);
      if (tidies) await keepHouse(context);
      const early = await context.jobs.forgetClockJumps(context.db);
      if (early > 0) context.log.warn({ jobs: early }, "jobs were due in a future that the clock has left again");
      if (tidies) await tidy?.();
    } catch (error) {
      context.log.error({ err: error }, "housekeeping failed");
    }
  };
  // A start has just checkpointed, and a vacuum would keep the first requests waiting.
  let running = run(false);
  const timer = setInterval(() => {
    running = running.then(() => run(true));
  }, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
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
