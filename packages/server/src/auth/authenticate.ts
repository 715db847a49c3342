import type { FastifyRequest } from "fastify";
import { ApiError } from "../api/errors.ts";
import type { Fields } from "../api/fields.ts";
import type { Context } from "../context.ts";
import { addressBucket } from "./failure-limiter.ts";
import { hashToken, sameHash } from "./tokens.ts";

/** Who is asking. */
export interface Caller {
  /** The devID. */
  accountId: string;
  /** The session of the web app, if that is how he came. */
  session?: { id: string; hash: string; via: "link" | "password"; createdAt: Date };
}

/**
 * Checks X-API-Key and Authorization (a bare JWT or `Bearer <jwt>`), before any body is read.
 * @param look finds the credential; a route that looks other things up in the same round trip brings its own
 * @throws ApiError 401, or 429 after too many failures
 */
export async function authenticate(
  context: Context,
  request: FastifyRequest,
  look = (accountId: string) => context.credentials.get(accountId),
): Promise<Caller> {
  const apiKey = header(request, "x-api-key");
  if (!apiKey) throw new ApiError("api_key_missing");
  const token = header(request, "authorization")?.replace(/^bearer\s+/i, "");
  if (!token) throw new ApiError("jwt_missing");
  const claims = await context.jwts.read(token, context.now());
  if (claims === "expired") throw new ApiError("jwt_expired");
  if (claims === "invalid") {
    await context.failures.record(addressBucket(request.ip));
    throw new ApiError("jwt_invalid");
  }
  const credential = await look(claims.sub);
  if (!credential || !sameHash(hashToken(apiKey), credential.apiKeyHash)) {
    await context.failures.record(addressBucket(request.ip), `account:${claims.sub}`);
    throw new ApiError("api_key_wrong");
  }
  const newest = claims.jti === credential.jwtId;
  const tooOld = claims.iat * 1000 < credential.jwtNotBefore;
  if (context.config.jwt === "newest" ? !newest : tooOld) throw new ApiError("jwt_superseded");
  return { accountId: claims.sub };
}

/**
 * The JWT decides who is asking. A request that also names devIDs is good if any of them is the JWT's own: one official
 * client sends somebody else's in the query and the user's in the body.
 * @throws ApiError dev_id_mismatch
 */
export function checkDevId(caller: Caller, ...sources: (Fields | string | null | undefined)[]): void {
  const given = sources.flatMap((source) =>
    source === null || source === undefined || source === ""
      ? []
      : typeof source === "string"
        ? [source]
        : source.all("devID"),
  );
  if (given.length === 0) return;
  const own = given.some((devId) => typeof devId === "string" && devId.trim().toLowerCase() === caller.accountId);
  if (!own) throw new ApiError("dev_id_mismatch");
}

export function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text || null;
}
