import { randomBytes } from "node:crypto";

/**
 * A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. Rows made together lie together in
 * their indexes, and nobody can guess one.
 */
export function newId(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** PostgreSQL refuses other text where it expects a UUID, so ids from outside are checked first. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
