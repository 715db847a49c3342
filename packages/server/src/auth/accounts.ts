import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { ApiError } from "../api/errors.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { newId } from "../db/ids.ts";
import type { Schema } from "../db/schema.ts";
import { audit } from "./audit.ts";
import { hashToken, newApiKey, newLinkToken, newRefreshToken, newSecret } from "./tokens.ts";

/** What a new account gets to see once: only the secret can be read back. */
export interface AccountCredentials {
  devID: string;
  apiKey: string;
  secret: string;
  refreshToken: string;
}

type Base = Pick<Context, "db" | "keys" | "now">;

/** The account that the first start makes. */
export const OWNER_EMAIL = "owner@localhost";

const EMAIL = /^[^\s@"<>]{1,64}@[^\s@"<>]{1,190}$/;

/**
 * Makes an account with its own `Sandbox` project.
 * @param keep puts the credentials where they are safe. It runs before the account is committed, so that none exists whose
 *   key nobody has.
 * @throws ApiError request_invalid, account_exists
 */
export async function createAccount(
  context: Base,
  email: string,
  keep: (credentials: AccountCredentials) => Promise<void> = async () => {},
): Promise<AccountCredentials> {
  if (!EMAIL.test(email))
    throw new ApiError("request_invalid", { value: `email "${email}", which is no e-mail address` });
  const credentials: AccountCredentials = {
    devID: randomUUID(),
    apiKey: newApiKey(),
    secret: newSecret(),
    refreshToken: newRefreshToken(),
  };
  const at = new Date(context.now());
  const { devID } = credentials;
  await context.db.transaction().execute(async (trx) => {
    const made = await trx
      .insertInto("account")
      .values({ id: devID, email, name: email.split("@")[0]!, created_at: at })
      .onConflict((conflict) => conflict.expression(sql`lower(email)`).doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!made) throw new ApiError("account_exists", { value: email });
    await trx
      .insertInto("credential")
      .values({
        account_id: devID,
        api_key_hash: hashToken(credentials.apiKey),
        secret_sealed: context.keys.seal(credentials.secret),
        jwt_not_before: new Date(0),
      })
      .execute();
    await addRefreshToken(trx, devID, credentials.refreshToken, at);
    await trx
      .insertInto("project")
      .values({ id: newId(at.getTime()), account_id: devID, name: "Sandbox", style: "{}", created_at: at })
      .execute();
    await audit(trx, at.getTime(), { kind: "account.created", accountId: devID, actorId: null });
    await keep(credentials);
  });
  return credentials;
}

/** Adds a refresh token to those that work; the newest 20 do. */
export async function addRefreshToken(
  trx: Transaction<Schema>,
  accountId: string,
  token: string,
  at: Date,
): Promise<void> {
  await trx
    .insertInto("refresh_token")
    .values({ hash: hashToken(token), account_id: accountId, created_at: at })
    .execute();
  await sql`
    delete from refresh_token where hash in (
      select hash from refresh_token where account_id = ${accountId}
      order by created_at desc, (hash = ${hashToken(token)}) desc offset ${LIMITS.refreshTokens}
    )`.execute(trx);
}

/** Replaces the API key; the former one and all JWTs are void at once. */
export async function rotateApiKey(context: Context, accountId: string, address: string | null): Promise<string> {
  const apiKey = newApiKey();
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    await trx
      .updateTable("credential")
      .set({ api_key_hash: hashToken(apiKey) })
      .where("account_id", "=", accountId)
      .execute();
    await audit(trx, now, { kind: "api_key.rotated", accountId, actorId: accountId, address });
  });
  context.credentials.changed(accountId);
  return apiKey;
}

/** Replaces the webhook secret; deliveries from now on are signed with the new one. */
export async function rotateSecret(context: Context, accountId: string, address: string | null): Promise<string> {
  const secret = newSecret();
  await context.db.transaction().execute(async (trx) => {
    await trx
      .updateTable("credential")
      .set({ secret_sealed: context.keys.seal(secret) })
      .where("account_id", "=", accountId)
      .execute();
    await audit(trx, context.now(), { kind: "secret.rotated", accountId, actorId: accountId, address });
  });
  return secret;
}

/** Makes a new refresh token and voids all others. */
export async function rotateRefreshToken(context: Context, accountId: string, address: string | null): Promise<string> {
  const token = newRefreshToken();
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    await trx.deleteFrom("refresh_token").where("account_id", "=", accountId).execute();
    await addRefreshToken(trx, accountId, token, new Date(now));
    await audit(trx, now, { kind: "refresh_token.rotated", accountId, actorId: accountId, address });
  });
  return token;
}

/** A token that signs its bearer in once, within a day. */
export async function createSignInLink(context: Base, accountId: string): Promise<string> {
  const token = newLinkToken();
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    await trx
      .insertInto("sign_in_link")
      .values({
        hash: hashToken(token),
        account_id: accountId,
        expires_at: new Date(now + LIMITS.signInSeconds * 1000),
      })
      .execute();
    await audit(trx, now, { kind: "sign_in_link.created", accountId, actorId: null });
  });
  return token;
}
