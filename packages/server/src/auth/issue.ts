import type { Transaction } from "kysely";
import { ApiError } from "../api/errors.ts";
import type { Context } from "../context.ts";
import { isId } from "../db/ids.ts";
import type { Schema } from "../db/schema.ts";
import { addressBucket } from "./failure-limiter.ts";
import { issueJwt } from "./jwt.ts";
import { hashToken, sameHash } from "./tokens.ts";

/** Issues a JWT and, within `trx`, makes it the newest. `credentials.changed` is due after the commit. */
export async function issueNewest(context: Context, trx: Transaction<Schema>, accountId: string): Promise<string> {
  const { jwt, id } = await issueJwt(context.keys.jwt, accountId, context.now());
  await trx.updateTable("credential").set({ jwt_id: id }).where("account_id", "=", accountId).execute();
  return jwt;
}

/**
 * Trades a refresh token for a new JWT.
 * @throws ApiError refresh_failed saying which part was wrong
 */
export async function refreshJwt(
  context: Context,
  given: { devId: string | null; apiKey: string | null; refreshToken: string | null; address: string },
): Promise<string> {
  const { devId, apiKey, refreshToken } = given;
  const refuse = (cause: string) => new ApiError("refresh_failed", { cause });
  if (!apiKey) throw refuse("The X-API-Key header is missing or empty");
  if (!refreshToken) throw refuse("The refresh-token header is missing or empty");
  if (!devId) throw refuse("The devID is missing or empty");
  const known = isId(devId)
    ? await context.db
        .selectFrom("credential as c")
        .leftJoin("refresh_token as r", (join) =>
          join.onRef("r.account_id", "=", "c.account_id").on("r.hash", "=", hashToken(refreshToken)),
        )
        .select(["c.account_id", "c.api_key_hash", "r.hash"])
        .where("c.account_id", "=", devId)
        .executeTakeFirst()
    : undefined;
  const wrong = !known
    ? "No user has this devID"
    : !sameHash(hashToken(apiKey), known.api_key_hash)
      ? "The API key is not the user's current one"
      : known.hash === null
        ? "The refresh token is not one of the user's current ones"
        : null;
  if (!known || wrong) {
    const buckets = [addressBucket(given.address), ...(known ? [`account:${known.account_id}`] : [])];
    await context.failures.record(...buckets);
    throw refuse(wrong!);
  }
  const jwt = await context.db.transaction().execute((trx) => issueNewest(context, trx, known.account_id));
  context.credentials.changed(known.account_id);
  return jwt;
}
