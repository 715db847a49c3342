import { ApiError, invalid } from "../api/errors.ts";
import { addRefreshToken } from "../auth/accounts.ts";
import { addressBucket } from "../auth/failure-limiter.ts";
import { issueNewest } from "../auth/issue.ts";
import { hashToken, newRefreshToken, sameHash } from "../auth/tokens.ts";
import type { Context } from "../context.ts";
import { isId } from "../db/ids.ts";
import { addDestination, checkDestination } from "./add-destination.ts";

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
    await context.failures.record(addressBucket(address));
    throw new ApiError("user_unknown");
  }
  if (!sameHash(hashToken(apiKey), credential.apiKeyHash)) {
    await context.failures.record(addressBucket(address), `account:${devId}`);
    throw new ApiError("api_key_wrong");
  }
  const url = checkDestination(destination);
  const now = context.now();
  const registration = await context.db.transaction().execute(async (trx) => {
    const former = await addDestination(trx, {
      accountId: devId,
      url,
      address,
      now,
      limit: context.config.destinations,
    });
    const jwt = await issueNewest(context, trx, devId);
    if (former === "active" || former === "disabled") return { jwt, devId, refreshToken: null };
    const refreshToken = newRefreshToken();
    await addRefreshToken(trx, devId, refreshToken, new Date(now));
    return { jwt, devId, refreshToken };
  });
  context.credentials.changed(devId);
  return registration;
}
