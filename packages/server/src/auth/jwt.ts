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

/** The claims of a JWT that this installation signed and that has not expired; otherwise why it is not one. */
export async function readJwt(key: Buffer, jwt: string, now: number): Promise<Claims | "expired" | "invalid"> {
  try {
    const { payload } = await jwtVerify(jwt, key, {
      algorithms: ["HS256"],
      requiredClaims: ["sub", "jti", "iat", "exp"],
      currentDate: new Date(now),
    });
    return { sub: payload.sub!, jti: payload.jti!, iat: payload.iat! };
  } catch (error) {
    return error instanceof errors.JWTExpired ? "expired" : "invalid";
  }
}
