import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { invalid } from "../api/errors.ts";
import { LIMITS } from "../config/limits.ts";

/** scrypt at 32 MB and some 60 ms a try; the parameters travel with the hash, so that they can be raised. */
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const MEMORY = 64 * 1024 * 1024;
const LENGTH = 32;

/** @throws ApiError request_invalid */
export function checkPassword(password: string | null): string {
  const { min, max } = LIMITS.password;
  const length = password?.length ?? 0;
  if (length < min || length > max) {
    throw invalid(`a password of ${length} characters: ${min} to ${max} are needed`);
  }
  return password!;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), key.toString("base64")].join("$");
}

/** False as well when there is no hash; that takes as long, so that nobody learns who has an account. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [, n, r, p, salt, key] = (stored ?? `scrypt$${COST.N}$${COST.r}$${COST.p}$AA==$AA==`).split("$");
  const expected = Buffer.from(key!, "base64");
  const given = await derive(password, Buffer.from(salt!, "base64"), { N: Number(n), r: Number(r), p: Number(p) });
  return stored !== null && expected.length === given.length && timingSafeEqual(expected, given);
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, LENGTH, { ...cost, maxmem: MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
