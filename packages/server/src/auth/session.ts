import type { FastifyRequest } from "fastify";
import { ApiError } from "../api/errors.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { audit } from "./audit.ts";
import { authenticate, type Caller, header } from "./authenticate.ts";
import { hashToken, newSessionToken } from "./tokens.ts";

const COOKIE = "maquette_session";

/**
 * Trades the token of a sign-in link for a session; the token works once.
 * @returns the value of the Set-Cookie header
 * @throws ApiError sign_in_link_invalid
 */
export async function signIn(context: Context, token: string, address: string): Promise<string> {
  const now = context.now();
  const session = newSessionToken();
  await context.db.transaction().execute(async (trx) => {
    const link = await trx
      .deleteFrom("sign_in_link")
      .where("hash", "=", hashToken(token))
      .where("expires_at", ">", new Date(now))
      .returning("account_id")
      .executeTakeFirst();
    if (!link) throw new ApiError("sign_in_link_invalid");
    await trx
      .insertInto("session")
      .values({
        hash: hashToken(session),
        account_id: link.account_id,
        created_at: new Date(now),
        expires_at: new Date(now + LIMITS.sessionSeconds * 1000),
      })
      .execute();
    await audit(trx, now, { kind: "signed_in", accountId: link.account_id, actorId: link.account_id, address });
  });
  return cookie(context, session, LIMITS.sessionSeconds);
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
  const session =
    token &&
    (await context.db
      .selectFrom("session")
      .select("account_id")
      .where("hash", "=", hashToken(token))
      .where("expires_at", ">", new Date(context.now()))
      .executeTakeFirst());
  if (!session) throw new ApiError("session_required");
  checkOrigin(request);
  return { accountId: session.account_id };
}

/** A cookie travels with any page's requests, so one that changes something must come from our own pages. */
function checkOrigin(request: FastifyRequest): void {
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
