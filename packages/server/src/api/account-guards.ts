import type { FastifyReply, FastifyRequest } from "fastify";
import { RateLimiter } from "../auth/rate-limiter.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { retryLater } from "./errors.ts";

export interface AccountGuards {
  /** @throws ApiError rate_limited */
  rate(accountId: string): void;
  /** Reserves room for an upload until its request ends. @throws ApiError uploads_busy */
  upload(request: FastifyRequest, reply: FastifyReply, maxBytes?: number): void;
}

export function createGuards(context: Pick<Context, "config" | "now">): AccountGuards {
  const limiter = new RateLimiter(context.config.rateLimit);
  let reserved = 0;
  return {
    rate: (accountId) => limiter.take(accountId, context.now()),
    upload(request, reply, maxBytes = LIMITS.processBodyBytes) {
      const announced = Number(request.headers["content-length"] ?? Number.NaN);
      // One that does not say how long it is may be as long as any.
      const bytes = Number.isFinite(announced) ? Math.min(announced, maxBytes) : maxBytes;
      if (reserved + bytes > LIMITS.uploadBudgetBytes) throw retryLater("uploads_busy", "", 5);
      reserved += bytes;
      reply.raw.once("close", () => {
        reserved -= bytes;
      });
    },
  };
}
