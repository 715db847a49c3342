import { FAILURES } from "./auth/failure-limiter.ts";
import { LIMITS } from "./config/limits.ts";
import type { Context } from "./context.ts";
import { purgeDeleted } from "./requests/remove.ts";

const INTERVAL_MS = 10 * 60_000;

/** Removes what has expired, now and every ten minutes. Servers side by side may all do it. */
export function startHousekeeping(context: Context, tidy: (() => Promise<unknown>) | null): () => Promise<void> {
  const run = async (tidies: boolean) => {
    try {
      await prune(context);
      await purgeDeleted(context);
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
}
