import { FAILURES } from "./auth/failure-limiter.ts";
import { LIMITS } from "./config/limits.ts";
import type { Context } from "./context.ts";
import { purgeDeleted } from "./requests/remove.ts";

const INTERVAL_MS = 10 * 60_000;

/** Removes what has expired, now and every ten minutes. Servers side by side may all do it. */
export function startHousekeeping(context: Context, vacuum: (() => Promise<unknown>) | null): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      await prune(context);
      await purgeDeleted(context);
      // The embedded database has no autovacuum.
      await vacuum?.();
    } catch (error) {
      context.log.error({ err: error }, "housekeeping failed");
    }
  };
  const timer = setInterval(() => {
    running = running.then(run);
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
