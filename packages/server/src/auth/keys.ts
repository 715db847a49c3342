import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../config/read-config.ts";
import type { Db } from "../db/open-database.ts";
import { writeDurably } from "../storage/write-durably.ts";

/** All keys of an installation. They derive from one master key that lies outside the database. */
export interface Keys {
  /** Signs JWTs. */
  jwt: Buffer;
  /** Signs download links. */
  link: Buffer;
  /** Signs the command line's own requests to a running server. */
  admin: Buffer;
  seal(text: string): string;
  unseal(sealed: string): string;
}

export function deriveKeys(master: Buffer): Keys {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `maquette ${purpose}`, 32));
  const sealing = derive("seal");
  return {
    jwt: derive("jwt"),
    link: derive("link"),
    admin: derive("admin"),
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
    },
  };
}

/** The master key: from the setting, else from the data directory, where the first start writes one. */
export async function loadMasterKey(configured: Buffer | null, dataDir: string): Promise<Buffer> {
  if (configured) return configured;
  const path = join(dataDir, "server.key");
  if (!existsSync(path)) await writeDurably(path, `${randomBytes(32).toString("base64")}\n`, 0o600);
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "base64");
  if (key.length !== 32) throw new ConfigError("MAQUETTE_DATA", `${path} is damaged: expected 32 bytes in base64`);
  return key;
}

/**
 * Makes sure that the database was made with this key: with another one, no sealed secret could be read, and servers
 * side by side would void each other's JWTs and links.
 * @throws ConfigError
 */
export async function checkMasterKey(db: Db, master: Buffer): Promise<void> {
  const fingerprint = createHash("sha256").update("maquette fingerprint").update(master).digest("hex");
  await db
    .insertInto("setting")
    .values({ name: "key_fingerprint", value: fingerprint })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const row = await db
    .selectFrom("setting")
    .select("value")
    .where("name", "=", "key_fingerprint")
    .executeTakeFirstOrThrow();
  if (row.value !== fingerprint) {
    throw new ConfigError(
      "MAQUETTE_KEY",
      "the database was made with another key. Set MAQUETTE_KEY to that of the first server (server.key in its data directory)",
    );
  }
}
