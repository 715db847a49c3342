import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { LIMITS } from "../config/limits.ts";

export interface Claims {
  /** The devID. */
  sub: string;
  jti: string;
  /** Issued at, seconds. */
  iat: number;
}

export interface IssuedJwt {
  jwt: string;
  id: string;
}

/** HS256, 12 hours. */
export async function issueJwt(key: Buffer, accountId: string, now: number): Promise<IssuedJwt> {
  const id = randomUUID();
  const issued = Math.floor(now / 1000);
  const jwt = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(accountId)
    .setJti(id)
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIMITS.jwtSeconds)
    .sign(key);
  return { jwt, id };
}

/**
 * Checks JWTs under one key. A signature that was good once is good for ever, so it is computed once: clients send the
 * same token with every request.
 */
export class JwtReader {
  readonly #key: Buffer;
  readonly #good = new Map<string, Claims & { exp: number }>();

  static readonly capacity = 10_000;

  constructor(key: Buffer) {
    this.#key = key;
  }

  async read(jwt: string, now: number): Promise<Claims | "expired" | "invalid"> {
    const known = this.#good.get(jwt);
    if (known) return known.exp * 1000 <= now ? "expired" : known;
    const claims = await readJwt(this.#key, jwt, now);
    if (typeof claims === "string") return claims;
    if (this.#good.size >= JwtReader.capacity) this.#good.delete(this.#good.keys().next().value!);
    this.#good.set(jwt, claims);
    return claims;
  }
}

/** The claims of a JWT that this installation signed and that has not expired; otherwise why it is not one. */
export async function readJwt(
  key: Buffer,
  jwt: string,
  now: number,
): Promise<(Claims & { exp: number }) | "expired" | "invalid"> {
  try {
    const { payload } = await jwtVerify(jwt, key, {
      algorithms: ["HS256"],
      requiredClaims: ["sub", "jti", "iat", "exp"],
      currentDate: new Date(now),
    });
    return { sub: payload.sub!, jti: payload.jti!, iat: payload.iat!, exp: payload.exp! };
  } catch (error) {
    return error instanceof errors.JWTExpired ? "expired" : "invalid";
  }
}
