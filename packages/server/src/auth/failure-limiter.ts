import ipaddr from "ipaddr.js";
import { sql } from "kysely";
import { retryLater } from "../api/errors.ts";
import type { Db } from "../db/open-database.ts";

/** Failed attempts in a window after which further ones are answered with 429. */
export const FAILURES = { windowMs: 60_000, limit: 60 } as const;

/** A network of IPv6 that is given to one customer, so that nobody has 2^64 addresses to be counted under. */
const IPV6_PREFIX = 64;

/** Names the bucket of whoever asks from an address. */
export function addressBucket(address: string): string {
  if (!ipaddr.isValid(address)) return `address:${address}`;
  // 203.0.113.9 and ::ffff:203.0.113.9 are one.
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return `address:${parsed}`;
  return `address:${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${IPV6_PREFIX}`)}/${IPV6_PREFIX}`;
}

/**
 * Counts failed authentications by address and by account, in the database, so that all servers count together. Only
 * failures are limited: an attacker who hammers somebody's devID, or shares an address with others, must not lock them
 * out. With keys of 256 bits there is nothing to be guessed; the limit keeps floods cheap and visible.
 */
export class FailureLimiter {
  readonly #db: Db;
  readonly #now: () => number;

  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /**
   * For what can be guessed (passwords): refuses before anything is compared.
   * @throws ApiError too_many_failures when the bucket holds `limit` failures
   */
  async check(bucket: string, limit: number): Promise<void> {
    const now = this.#now();
    const row = await this.#db
      .selectFrom("auth_failure")
      .select(["count", "window_start"])
      .where("bucket", "=", bucket)
      .where("window_start", ">", new Date(now - FAILURES.windowMs))
      .executeTakeFirst();
    if (!row || row.count < limit) return;
    const seconds = Math.ceil((row.window_start.getTime() + FAILURES.windowMs - now) / 1000);
    throw retryLater("too_many_failures", seconds, seconds);
  }

  /** Records a failure. @throws ApiError too_many_failures when one of the buckets is full */
  async record(...buckets: string[]): Promise<void> {
    const now = this.#now();
    const opened = new Date(now - FAILURES.windowMs);
    for (const bucket of buckets) {
      const { rows } = await sql<{ count: number; window_start: Date }>`
        insert into auth_failure as f (bucket, count, window_start) values (${bucket}, 1, ${new Date(now)})
        on conflict (bucket) do update set
          count = case when f.window_start <= ${opened} then 1 else f.count + 1 end,
          window_start = case when f.window_start <= ${opened} then excluded.window_start else f.window_start end
        returning count, window_start
      `.execute(this.#db);
      const { count, window_start } = rows[0]!;
      if (count > FAILURES.limit) {
        const seconds = Math.ceil((window_start.getTime() + FAILURES.windowMs - now) / 1000);
        throw retryLater("too_many_failures", seconds, seconds);
      }
    }
  }
}
