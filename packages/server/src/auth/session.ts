import type { FastifyRequest } from "fastify";
import type { Transaction } from "kysely";
import { ApiError } from "../api/errors.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import type { Schema } from "../db/schema.ts";
import { audit } from "./audit.ts";
import { authenticate, type Caller, header } from "./authenticate.ts";
import { addressBucket } from "./failure-limiter.ts";
import { checkPassword, hashPassword, verifyPassword } from "./password.ts";
import { hashToken, newSessionToken } from "./tokens.ts";

const COOKIE = "maquette_session";
/** Between two notes of when a session was last used. */
const SEEN_MS = 10 * 60_000;

/** The value of a Set-Cookie header. */
export interface SignedIn {
  cookie: string;
  accountId: string;
}

/**
 * Trades the token of a sign-in link for a session; the token works once.
 * @throws ApiError sign_in_link_invalid
 */
export async function signIn(context: Context, token: string, request: FastifyRequest): Promise<SignedIn> {
  return context.db.transaction().execute(async (trx) => {
    const link = await trx
      .deleteFrom("sign_in_link")
      .where("hash", "=", hashToken(token))
      .where("expires_at", ">", new Date(context.now()))
      .returning("account_id")
      .executeTakeFirst();
    if (!link) throw new ApiError("sign_in_link_invalid");
    return openSession(context, trx, link.account_id, "link", request);
  });
}

/** @throws ApiError sign_in_failed, the same whether the address or the password is wrong; too_many_failures */
export async function signInWithPassword(
  context: Context,
  email: string,
  password: string,
  request: FastifyRequest,
): Promise<SignedIn> {
  const guesses = `password:${hashToken(email.toLowerCase())}:${addressBucket(request.ip)}`;
  await context.failures.check(guesses, LIMITS.passwordFailures);
  await context.failures.check(addressBucket(request.ip), LIMITS.passwordFailures * 3);
  const account = await context.db
    .selectFrom("account")
    .select(["id", "password_hash"])
    .where((eb) => eb(eb.fn("lower", ["email"]), "=", email.toLowerCase()))
    .executeTakeFirst();
  if (!(await verifyPassword(password, account?.password_hash ?? null))) {
    await context.failures.record(addressBucket(request.ip), guesses);
    throw new ApiError("sign_in_failed");
  }
  return context.db.transaction().execute((trx) => openSession(context, trx, account!.id, "password", request));
}

async function openSession(
  context: Context,
  trx: Transaction<Schema>,
  accountId: string,
  via: "link" | "password",
  request: FastifyRequest,
): Promise<SignedIn> {
  const now = context.now();
  const token = newSessionToken();
  await trx
    .insertInto("session")
    .values({
      hash: hashToken(token),
      account_id: accountId,
      created_at: new Date(now),
      seen_at: new Date(now),
      expires_at: new Date(now + LIMITS.sessionSeconds * 1000),
      via,
      agent: header(request, "user-agent")?.slice(0, 300) ?? null,
      address: request.ip,
    })
    .execute();
  await audit(trx, now, { kind: "signed_in", accountId, actorId: accountId, address: request.ip, detail: { via } });
  return { cookie: cookie(context, token, LIMITS.sessionSeconds), accountId };
}

/**
 * Sets the password and ends the account's other sessions. The former one must be given, except soon after coming by a
 * one-time link: that is how it is set first, and how one that was forgotten is replaced.
 * @throws ApiError password_wrong, request_invalid, too_many_failures
 */
export async function setPassword(
  context: Context,
  caller: Caller,
  given: { current: string | null; password: string | null },
  address: string,
): Promise<void> {
  const password = checkPassword(given.password);
  const now = context.now();
  const { accountId, session } = caller;
  const { password_hash } = await context.db
    .selectFrom("account")
    .select("password_hash")
    .where("id", "=", accountId)
    .executeTakeFirstOrThrow();
  if (password_hash !== null && !mayReplacePassword(session, now)) {
    const guesses = `password:${accountId}:${addressBucket(address)}`;
    await context.failures.check(guesses, LIMITS.passwordFailures);
    if (!(await verifyPassword(given.current ?? "", password_hash))) {
      await context.failures.record(guesses);
      throw new ApiError("password_wrong");
    }
  }
  const hash = await hashPassword(password);
  await context.db.transaction().execute(async (trx) => {
    await trx.updateTable("account").set({ password_hash: hash }).where("id", "=", accountId).execute();
    let others = trx.deleteFrom("session").where("account_id", "=", accountId);
    if (session) others = others.where("hash", "<>", session.hash);
    await others.execute();
    await audit(trx, now, { kind: "password.changed", accountId, actorId: accountId, address });
  });
}

/** Whether a session came by link so recently that it may set a password without the former one. */
export function mayReplacePassword(session: Caller["session"], now: number): boolean {
  return session?.via === "link" && now - session.createdAt.getTime() < LIMITS.linkPasswordSeconds * 1000;
}

/** Ends the session of a request. @returns the value of the Set-Cookie header */
export async function signOut(context: Context, request: FastifyRequest): Promise<string> {
  const token = readCookie(request);
  if (token) {
    const ended = await context.db
      .deleteFrom("session")
      .where("hash", "=", hashToken(token))
      .returning("account_id")
      .executeTakeFirst();
    if (ended) {
      const { account_id } = ended;
      await audit(context.db, context.now(), {
        kind: "signed_out",
        accountId: account_id,
        actorId: account_id,
        address: request.ip,
      });
    }
  }
  return cookie(context, "", 0);
}

/**
 * The product's own routes take a session of the web app as well as API credentials.
 * @throws ApiError
 */
export async function authenticateAny(context: Context, request: FastifyRequest): Promise<Caller> {
  if (header(request, "x-api-key") || header(request, "authorization")) return authenticate(context, request);
  const token = readCookie(request);
  const hash = token && hashToken(token);
  const now = context.now();
  const session =
    hash &&
    (await context.db
      .selectFrom("session")
      .select(["id", "account_id", "via", "created_at", "seen_at"])
      .where("hash", "=", hash)
      .where("expires_at", ">", new Date(now))
      .executeTakeFirst());
  if (!session) throw new ApiError("session_required");
  checkOrigin(request);
  if (now - session.seen_at.getTime() > SEEN_MS) {
    await context.db
      .updateTable("session")
      .set({ seen_at: new Date(now), address: request.ip })
      .where("hash", "=", hash)
      .execute();
  }
  const { id, via, account_id, created_at } = session;
  return { accountId: account_id, session: { id, hash, via, createdAt: created_at } };
}

/**
 * A cookie travels with any page's requests, so one that changes something must come from our own pages.
 * @throws ApiError origin_forbidden
 */
export function checkOrigin(request: FastifyRequest): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const site = header(request, "sec-fetch-site");
  if (site === "same-origin") return;
  const origin = header(request, "origin");
  if (site === null && origin !== null && URL.canParse(origin) && new URL(origin).host === request.host) return;
  throw new ApiError("origin_forbidden", { value: origin ?? "elsewhere" });
}

function readCookie(request: FastifyRequest): string | null {
  const match = new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(request.headers.cookie ?? "");
  return match?.[1] ?? null;
}

function cookie(context: Context, value: string, seconds: number): string {
  const secure = context.config.tls || context.config.publicUrl?.startsWith("https:") ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
}
