import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Transaction } from "kysely";
import { type Config, ConfigError } from "../config/read-config.ts";
import type { Db } from "../db/open-database.ts";
import type { Schema } from "../db/schema.ts";
import { writeDurably } from "../storage/write-durably.ts";

export type KeyPlace = Pick<Config, "masterKey" | "dataDir">;

const SETTING = "key_fingerprint";

/** What all other keys derive from, where `MAQUETTE_KEY` does not say it. */
export const keyFile = (dataDir: string): string => join(dataDir, "server.key");

/** Where the key that takes over lies until the database has changed to it. */
export const nextKeyFile = (dataDir: string): string => join(dataDir, "server.key.next");

/**
 * The master key of a database: from the setting, else from the data directory, where the first start writes one. With any
 * other, no sealed secret could be read, and servers side by side would void each other's JWTs and links.
 * @throws ConfigError when the database was made with another key
 */
export async function openMasterKey(db: Db, place: KeyPlace): Promise<Buffer> {
  const known = await readFingerprint(db);
  if (!place.masterKey && !existsSync(keyFile(place.dataDir))) {
    // A new one would open nothing, and stand in the way of the old one when that is put back.
    if (known !== null) {
      throw new ConfigError(
        "MAQUETTE_KEY",
        `must be set to the key of the first server, or ${keyFile(place.dataDir)} be restored from a backup: the database was made with it, and its secrets cannot be read without`,
      );
    }
    await writeKey(keyFile(place.dataDir), randomBytes(32));
  }
  const key = loadMasterKey(place);
  if ((known ?? (await claim(db, key))) === fingerprint(key)) return key;
  return (await takeNext(db, place)) ?? refuse();
}

function refuse(): never {
  throw new ConfigError(
    "MAQUETTE_KEY",
    "the database was made with another key. Set MAQUETTE_KEY to that of the first server (server.key in its data directory), or to the newest one if keys were exchanged",
  );
}

/** The key of an installation that is known to be in order: its server has been started. @throws ConfigError */
export function loadMasterKey({ masterKey, dataDir }: KeyPlace): Buffer {
  return masterKey ?? readKey(keyFile(dataDir));
}

function readKey(path: string): Buffer {
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "base64");
  if (key.length !== 32) throw new ConfigError("MAQUETTE_DATA", `${path} is damaged: expected 32 bytes in base64`);
  return key;
}

export function writeKey(path: string, key: Buffer): Promise<void> {
  return writeDurably(path, `${key.toString("base64")}\n`, 0o600);
}

/** An exchange of keys may be cut off between its commit and its last step: then the database knows the next key. */
async function takeNext(db: Db, { masterKey, dataDir }: KeyPlace): Promise<Buffer | null> {
  const path = nextKeyFile(dataDir);
  if (masterKey || !existsSync(path)) return null;
  const next = readKey(path);
  if ((await readFingerprint(db)) !== fingerprint(next)) return null;
  await settleNext(dataDir, next);
  return next;
}

/** Puts the next key in the former one's place. */
export async function settleNext(dataDir: string, next: Buffer): Promise<void> {
  await writeKey(keyFile(dataDir), next);
  await rm(nextKeyFile(dataDir), { force: true });
}

export function fingerprint(key: Buffer): string {
  return createHash("sha256").update("maquette fingerprint").update(key).digest("hex");
}

async function readFingerprint(db: Db): Promise<string | null> {
  const row = await db.selectFrom("setting").select("value").where("name", "=", SETTING).executeTakeFirst();
  return row?.value ?? null;
}

/** Binds a new database to a key; another server may have been faster. */
async function claim(db: Db, key: Buffer): Promise<string | null> {
  await db
    .insertInto("setting")
    .values({ name: SETTING, value: fingerprint(key) })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  return readFingerprint(db);
}

/** Binds the database to the next key. @throws Error when it is no longer bound to the former one */
export async function rebind(trx: Transaction<Schema>, former: Buffer, next: Buffer): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("setting")
    .set({ value: fingerprint(next) })
    .where("name", "=", SETTING)
    .where("value", "=", fingerprint(former))
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Error("the key was exchanged by somebody else meanwhile, nothing was changed");
}
