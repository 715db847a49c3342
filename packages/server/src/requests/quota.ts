import { ApiError } from "../api/errors.ts";
import type { Context } from "../context.ts";

/** The calendar month for which requests are counted. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

/** When the next one begins. */
export function nextMonth(now: number): Date {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/**
 * @param used assets of this month, the one that is asked for included
 * @param stored bytes that are there already
 * @throws ApiError quota_requests, quota_storage
 */
export function checkQuota({ config, now }: Pick<Context, "config" | "now">, used: number, stored: number): void {
  const { quotaRequests, quotaMegabytes } = config;
  if (quotaRequests > 0 && used > quotaRequests) {
    const at = nextMonth(now());
    const seconds = Math.max(1, Math.ceil((at.getTime() - now()) / 1000));
    const value = `${quotaRequests} assets this month: more can be made from ${at.toISOString().slice(0, 10)} (UTC) on`;
    throw new ApiError("quota_requests", { value, headers: { "retry-after": String(seconds) } });
  }
  if (quotaMegabytes > 0 && stored >= quotaMegabytes * 1e6) {
    throw new ApiError("quota_storage", { value: `${Math.ceil(stored / 1e6)} of ${quotaMegabytes} MB` });
  }
}

/** What an account has used of what it may. */
export async function readQuota({ db, config, now }: Pick<Context, "db" | "config" | "now">, accountId: string) {
  const account = await db
    .selectFrom("account")
    .select(["stored_bytes", "quota_month", "quota_used"])
    .where("id", "=", accountId)
    .executeTakeFirstOrThrow();
  return {
    requests: {
      used: account.quota_month === monthOf(now()) ? account.quota_used : 0,
      limit: config.quotaRequests || null,
      resetsAt: nextMonth(now()).toISOString(),
    },
    bytes: { used: Number(account.stored_bytes), limit: config.quotaMegabytes * 1e6 || null },
  };
}
