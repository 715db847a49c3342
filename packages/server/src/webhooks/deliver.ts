import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { sql, type Transaction } from "kysely";
import type { Job } from "pg-boss";
import { audit } from "../auth/audit.ts";
import type { Context } from "../context.ts";
import type { Schema } from "../db/schema.ts";
import { createLinker } from "../downloads/links.ts";
import type { DeliveryJob } from "../jobs/jobs.ts";
import type { TraceCarrier } from "../tracing/tracing.ts";
import { buildMessage } from "./payload.ts";
import { OutgoingError, sendRequest } from "./send-request.ts";
import { signMessage } from "./sign.ts";

export const DELIVERY = {
  timeoutMs: 15_000,
  /** Of a receiver's answer, whose content nobody reads. */
  maxBytes: 64 * 1024,
  firstRetrySeconds: 2,
  longestRetrySeconds: 3600,
  /** For how long one message is tried. */
  windowMs: 24 * 3600 * 1000,
  /** After failing for so long without a success, a destination is switched off when its next message is given up. */
  disableAfterMs: 3 * 24 * 3600 * 1000,
} as const;

type Outcome =
  | { ok: true; status: number }
  | { ok: false; status: number | null; error: string; retryAfter: number | null };

/** Tries one message once, and settles what comes next in one transaction. A server that stops gives it back untried. */
export async function deliver(context: Context, job: Job<DeliveryJob>, signal: AbortSignal): Promise<void> {
  const { db } = context;
  const delivery = await db
    .selectFrom("delivery as d")
    .innerJoin("destination as t", "t.id", "d.destination_id")
    .innerJoin("credential as c", "c.account_id", "d.account_id")
    .select([
      "d.id",
      "d.account_id",
      "d.iteration_id",
      "d.attempts",
      "d.window_start",
      "t.url",
      "t.state",
      "t.id as destination_id",
      "c.secret_sealed",
    ])
    .where("d.id", "=", job.data.deliveryID)
    .where("d.state", "=", "pending")
    .executeTakeFirst();
  const now = context.now();
  const message =
    delivery &&
    (await buildMessage(db, delivery.iteration_id, createLinker(context.keys.link, context.publicUrl(), now)));
  if (!delivery || !message) {
    // Deleted, or done by a claim that was thought lost.
    await db.transaction().execute((trx) => context.jobs.complete(trx, "delivery", job));
    return;
  }
  const log = context.log.child({
    requestID: message.requestID,
    delivery: delivery.id,
    destination: delivery.destination_id,
  });
  const span = context.tracing.start("deliver webhook", SpanKind.PRODUCER, job.data.trace ?? null, {
    "maquette.request_id": message.requestID,
    "maquette.delivery": delivery.id,
    "maquette.attempt": delivery.attempts + 1,
  });
  let outcome: Outcome = {
    ok: false,
    status: null,
    error: `the destination is ${delivery.state}`,
    retryAfter: null,
  };
  if (delivery.state === "active") {
    const secret = context.keys.unseal(delivery.secret_sealed);
    try {
      outcome = await post(
        context,
        delivery.url,
        delivery.id,
        secret,
        message,
        now,
        signal,
        context.tracing.carry(span),
      );
    } catch (error) {
      span.end();
      if (!signal.aborted) throw error;
      log.info({ reason: signal.reason }, "webhook attempt interrupted");
      await db.transaction().execute((trx) => context.jobs.putBack(trx, "delivery", job));
      return;
    }
  }
  if (outcome.status !== null) span.setAttribute("http.response.status_code", outcome.status);
  if (!outcome.ok) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error });
  span.end();
  const attempts = delivery.attempts + 1;
  const wait = outcome.ok ? 0 : retryDelay(attempts, outcome.retryAfter);
  const windowEnds = delivery.window_start.getTime() + DELIVERY.windowMs;
  const dead = !outcome.ok && (delivery.state !== "active" || now + wait * 1000 > windowEnds);
  context.metrics.attempts.inc({ outcome: outcome.ok ? "delivered" : dead ? "dead" : "failed" });
  log.info({ ...outcome, attempts, dead }, "webhook attempt");

  await db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("delivery")
      .set({
        attempts,
        state: outcome.ok ? "delivered" : dead ? "dead" : "pending",
        last_status: outcome.status,
        last_error: outcome.ok ? null : outcome.error,
        next_at: outcome.ok || dead ? null : new Date(now + wait * 1000),
        finished_at: outcome.ok || dead ? new Date(now) : null,
      })
      .where("id", "=", delivery.id)
      .where("state", "=", "pending")
      .where("attempts", "=", delivery.attempts)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      // This claim was thought lost, and whoever took the message over has settled it: a failure here must not undo that.
      await context.jobs.complete(trx, "delivery", job);
      return;
    }
    if (outcome.ok) {
      await trx
        .updateTable("destination")
        .set({ last_success_at: new Date(now), failing_since: null, last_error: null })
        .where("id", "=", delivery.destination_id)
        .execute();
    } else {
      await recordFailure(trx, delivery.destination_id, delivery.account_id, outcome.error, now, dead);
      if (!dead) {
        // Seconds, not a date: the queue goes by the database's clock.
        await context.jobs.addDelivery(trx, delivery.id, delivery.destination_id, "failing", wait, job.data.trace);
      }
    }
    await context.jobs.complete(trx, "delivery", job);
  });
}

/** 2, 4, 8 … 3,600 s, spread by a quarter so that messages that failed together do not come back together. */
export function retryDelay(attempts: number, retryAfter: number | null): number {
  const backoff = Math.min(DELIVERY.longestRetrySeconds, DELIVERY.firstRetrySeconds * 2 ** (attempts - 1));
  const wanted = Math.max(backoff, Math.min(retryAfter ?? 0, DELIVERY.longestRetrySeconds));
  return Math.max(1, Math.round(wanted * (0.75 + 0.5 * Math.random())));
}

async function recordFailure(
  trx: Transaction<Schema>,
  destinationId: string,
  accountId: string,
  error: string,
  now: number,
  dead: boolean,
): Promise<void> {
  const at = new Date(now);
  await trx
    .updateTable("destination")
    .set({ failing_since: sql`coalesce(failing_since, ${at})`, last_error: error })
    .where("id", "=", destinationId)
    .execute();
  if (!dead) return;
  const disabled = await trx
    .updateTable("destination")
    .set({ state: "disabled" })
    .where("id", "=", destinationId)
    .where("state", "=", "active")
    .where("failing_since", "<=", new Date(now - DELIVERY.disableAfterMs))
    .returning("url")
    .executeTakeFirst();
  if (disabled) {
    await audit(trx, now, { kind: "webhook.disabled", accountId, actorId: null, detail: { url: disabled.url, error } });
  }
}

async function post(
  context: Context,
  url: string,
  deliveryId: string,
  secret: string,
  message: unknown,
  now: number,
  signal: AbortSignal,
  trace: TraceCarrier = {},
): Promise<Outcome> {
  // Receivers verify what they get by serialising it again: these bytes and no others.
  const body = JSON.stringify(message);
  try {
    const { status, headers } = await sendRequest(withScheme(url), {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        ...trace,
        ...signMessage(secret, `msg_${deliveryId}`, Math.floor(now / 1000), body),
      },
      policy: context.policy,
      timeoutMs: DELIVERY.timeoutMs,
      maxBytes: DELIVERY.maxBytes,
      overflow: "truncate",
      redirects: 0,
      signal,
      ...(context.resolve ? { resolve: context.resolve } : {}),
    });
    if (status >= 200 && status < 300) return { ok: true, status };
    const retryAfter = /^\d{1,6}$/.exec(headers["retry-after"] ?? "");
    return {
      ok: false,
      status,
      error: `the receiver answered ${status}`,
      retryAfter: retryAfter && Number(retryAfter[0]),
    };
  } catch (error) {
    if (error instanceof OutgoingError) return { ok: false, status: null, error: error.message, retryAfter: null };
    throw error;
  }
}

/** Clients register `www.example.com/hook` as well. */
function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^[a-z0-9.-]+:\d/i.test(url) ? url : `https://${url}`;
}
