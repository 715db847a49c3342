import { retryLater } from "../api/errors.ts";

/**
 * A token bucket an account, in this process: `perMinute` on average, a quarter of a minute's worth at once. It shields a
 * process from a runaway client; what an account may have waiting is bounded in the database, over all processes.
 */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  static readonly capacity = 10_000;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#burst = Math.max(1, perMinute / 4);
  }

  /** @throws ApiError rate_limited */
  take(account: string, now: number): void {
    const bucket = this.#buckets.get(account) ?? { tokens: this.#burst, at: now };
    const refill = (Math.max(0, now - bucket.at) / 60_000) * this.#perMinute;
    const tokens = Math.min(this.#burst, bucket.tokens + refill);
    // Moved to the end, so that the least recently used goes first when there are too many.
    this.#buckets.delete(account);
    this.#buckets.set(account, { tokens: Math.max(0, tokens - 1), at: now });
    if (this.#buckets.size > RateLimiter.capacity) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (tokens < 1) {
      const seconds = Math.max(1, Math.ceil(((1 - tokens) * 60) / this.#perMinute));
      throw retryLater("rate_limited", seconds, seconds);
    }
  }
}
