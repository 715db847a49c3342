import { sql, type Transaction } from "kysely";
import { invalid } from "../api/errors.ts";
import { checkText } from "../api/fields.ts";
import { audit } from "../auth/audit.ts";
import { LIMITS } from "../config/limits.ts";
import { newId } from "../db/ids.ts";
import type { DestinationTable, Schema } from "../db/schema.ts";

/**
 * Adds a destination to those of an account, or switches one on again; the least recently successful one makes room.
 * Nothing is resolved or contacted: clients register all kinds of text, and what cannot be delivered fails at delivery,
 * where it can be seen.
 * @returns its former state, null when it is new
 * @throws ApiError request_invalid
 */
export async function addDestination(
  trx: Transaction<Schema>,
  given: { accountId: string; url: string | null; address: string; now: number; limit: number },
): Promise<DestinationTable["state"] | null> {
  const { accountId, address, now, limit } = given;
  const url = checkDestination(given.url);
  const at = new Date(now);
  // One registration of an account at a time, so that the limit holds.
  await trx.selectFrom("credential").select("account_id").where("account_id", "=", accountId).forUpdate().execute();
  const existing = await trx
    .selectFrom("destination")
    .select(["id", "state"])
    .where("account_id", "=", accountId)
    .where("url", "=", url)
    .executeTakeFirst();
  if (existing?.state === "active") return "active";
  await trx
    .insertInto("destination")
    .values({ id: newId(now), account_id: accountId, url, state: "active", created_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(["account_id", "url"])
        .doUpdateSet({ state: "active", created_at: at, failing_since: null, last_error: null }),
    )
    .execute();
  await sql`
    update destination set state = 'removed' where id in (
      select id from destination where account_id = ${accountId} and state = 'active' and url <> ${url}
      order by last_success_at desc nulls last, created_at desc offset ${limit - 1}
    )`.execute(trx);
  await audit(trx, now, { kind: "webhook.registered", accountId, actorId: accountId, address, detail: { url } });
  return existing?.state ?? null;
}

/** @throws ApiError request_invalid */
export function checkDestination(url: string | null): string {
  if (!url) throw invalid("a missing destination");
  checkText("destination", url);
  if (url.length > LIMITS.urlCharacters) {
    throw invalid(`a destination of ${url.length} characters: at most ${LIMITS.urlCharacters} can be kept`);
  }
  return url;
}
