import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 bits, so that a plain hash is enough to store them: there is nothing to guess. */
function random(): string {
  return randomBytes(32).toString("base64url");
}

export const newApiKey = (): string => `mq_${random()}`;
export const newRefreshToken = (): string => `mqr_${random()}`;
export const newLinkToken = (): string => random();
export const newSessionToken = (): string => random();

/**
 * The webhook secret in the form of Standard Webhooks: their libraries decode what follows the prefix, receivers of
 * `kaedim-signature` use the whole text.
 */
export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

export function hashToken(token: string): string {
  return hash("sha256", token);
}

/** Compares in constant time. Both are hex digests of the same length, or one is empty. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, "hex");
  const right = Buffer.from(b, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}
