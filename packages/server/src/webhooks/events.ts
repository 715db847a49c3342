import type { Context } from "../context.ts";
import { createLinker } from "../downloads/links.ts";
import { buildMessage } from "./payload.ts";
import { signMessage } from "./sign.ts";

/** A webhook message as a destination would get it. */
export interface WebhookEvent {
  id: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * An end is written in a transaction that began before: one that commits late must not fall behind a place that was
 * given out already.
 */
const SETTLE_MS = 1000;
const PAGE = 50;

export interface EventPlace {
  at: Date;
  id: string;
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * The messages about the account's iterations that ended after a place, oldest first, built and signed now. Without a
 * place there are none: the answer says where to go on from.
 */
export async function listEvents(
  context: Context,
  accountId: string,
  after: EventPlace | null,
  origin: string,
): Promise<{ events: WebhookEvent[]; next: EventPlace }> {
  const now = context.now();
  const settled = new Date(now - SETTLE_MS);
  if (after === null) return { events: [], next: { at: settled, id: NO_ID } };
  const rows = await context.db
    .selectFrom("iteration as i")
    .innerJoin("request as r", "r.id", "i.request_id")
    .select(["i.id", "i.completed_at"])
    .where("i.account_id", "=", accountId)
    .where("r.deleted_at", "is", null)
    .where("i.completed_at", "<=", settled)
    .where((eb) =>
      eb.or([
        eb("i.completed_at", ">", after.at),
        eb.and([eb("i.completed_at", "=", after.at), eb("i.id", ">", after.id)]),
      ]),
    )
    .orderBy("i.completed_at")
    .orderBy("i.id")
    .limit(PAGE)
    .execute();
  const last = rows.at(-1);
  if (!last) return { events: [], next: after };
  const { secret_sealed } = await context.db
    .selectFrom("credential")
    .select("secret_sealed")
    .where("account_id", "=", accountId)
    .executeTakeFirstOrThrow();
  const secret = context.keys.unseal(secret_sealed);
  const link = createLinker(context.keys.link, origin, now);
  const events: WebhookEvent[] = [];
  for (const row of rows) {
    const message = await buildMessage(context.db, row.id, link);
    if (!message) continue;
    const id = `msg_${row.id}`;
    const body = JSON.stringify(message);
    events.push({ id, headers: signMessage(secret, id, Math.floor(now / 1000), body), body });
  }
  return { events, next: { at: last.completed_at!, id: last.id } };
}
