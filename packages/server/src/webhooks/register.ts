import { sql } from "kysely";
import { ApiError, invalid } from "../api/errors.ts";
import { checkText } from "../api/fields.ts";
import { addRefreshToken } from "../auth/accounts.ts";
import { audit } from "../auth/audit.ts";
import { issueNewest } from "../auth/issue.ts";
import { hashToken, newRefreshToken, sameHash } from "../auth/tokens.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { isId, newId } from "../db/ids.ts";

export interface Registration {
  /** null when the destination was registered already. */
  refreshToken: string | null;
  jwt: string;
  devId: string;
}

/**
 * Registers a webhook destination and issues a JWT. Nothing is resolved or contacted: clients register all kinds of
 * text, and what cannot be delivered fails at delivery, where it can be seen.
 * @throws ApiError api_key_missing, user_unknown, api_key_wrong, request_invalid
 */
export async function registerHook(
  context: Context,
  given: { devId: string | null; apiKey: string | null; destination: string | null; address: string },
): Promise<Registration> {
  const { apiKey, destination, address } = given;
  if (!apiKey) throw new ApiError("api_key_missing");
  const devId = given.devId?.toLowerCase() ?? null;
  if (!devId) throw invalid("a missing devID");
  const credential = isId(devId) ? await context.credentials.get(devId) : null;
  if (!credential) {
    await context.failures.record(`address:${address}`);
    throw new ApiError("user_unknown");
  }
  if (!sameHash(hashToken(apiKey), credential.apiKeyHash)) {
    await context.failures.record(`address:${address}`, `account:${devId}`);
    throw new ApiError("api_key_wrong");
  }
  if (!destination) throw invalid("a missing destination");
  checkText("destination", destination);
  if (destination.length > LIMITS.urlCharacters) {
    throw invalid(`a destination of ${destination.length} characters: at most ${LIMITS.urlCharacters} can be kept`);
  }
  const now = context.now();
  const at = new Date(now);
  const registration = await context.db.transaction().execute(async (trx) => {
    // One registration of an account at a time, so that the limit holds.
    await trx.selectFrom("credential").select("account_id").where("account_id", "=", devId).forUpdate().execute();
    const existing = await trx
      .selectFrom("destination")
      .select(["id", "state"])
      .where("account_id", "=", devId)
      .where("url", "=", destination)
      .executeTakeFirst();
    const jwt = await issueNewest(context, trx, devId);
    if (existing?.state === "active") return { jwt, devId, refreshToken: null };
    await trx
      .insertInto("destination")
      .values({ id: newId(now), account_id: devId, url: destination, state: "active", created_at: at })
      .onConflict((conflict) =>
        conflict
          .columns(["account_id", "url"])
          .doUpdateSet({ state: "active", created_at: at, failing_since: null, last_error: null }),
      )
      .execute();
    await sql`
      update destination set state = 'removed' where id in (
        select id from destination where account_id = ${devId} and state = 'active' and url <> ${destination}
        order by last_success_at desc nulls last, created_at desc offset ${LIMITS.destinations - 1}
      )`.execute(trx);
    await audit(trx, now, {
      kind: "webhook.registered",
      accountId: devId,
      actorId: devId,
      address,
      detail: { url: destination },
    });
    if (existing?.state === "disabled") return { jwt, devId, refreshToken: null };
    const refreshToken = newRefreshToken();
    await addRefreshToken(trx, devId, refreshToken, at);
    return { jwt, devId, refreshToken };
  });
  context.credentials.changed(devId);
  return registration;
}
