import { randomBytes } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { type Config, ConfigError, readConfig, readKeySetting } from "../config/read-config.ts";
import { lockDirectory } from "../db/lock-directory.ts";
import { migrate } from "../db/migrate.ts";
import { type Db, openEmbedded, openPostgres } from "../db/open-database.ts";
import type { Schema } from "../db/schema.ts";
import { audit } from "./audit.ts";
import { deriveKeys } from "./keys.ts";
import { nextKeyFile, openMasterKey, rebind, settleNext, writeKey } from "./master-key.ts";

export interface Exchanged {
  /** Webhook secrets that were sealed anew. */
  secrets: number;
  /** Whether the key is the one of `MAQUETTE_NEW_KEY`, which every server must be given now. */
  fromSetting: boolean;
}

/** Connections by which a server is known that still runs. */
const SERVER = "maquette-jobs";

/**
 * `maquette key exchange`: seals every secret under another master key. All servers must be stopped: they hold the former
 * one. Accounts, API keys, refresh tokens and webhook secrets stay; JWTs and download links of the former key are void,
 * and clients get new ones by themselves.
 *
 * Either key works at any moment: the next one is on the disk before the database changes to it, in one transaction, and
 * takes the former one's place after that.
 * @throws ConfigError, DirectoryInUse, Error when servers run or a secret cannot be read
 */
export async function exchangeKey(env: Record<string, string | undefined> = process.env): Promise<Exchanged> {
  const config = readConfig(env);
  const given = readKeySetting("MAQUETTE_NEW_KEY", env.MAQUETTE_NEW_KEY?.trim() || null);
  if (config.masterKey && !given) {
    throw new ConfigError(
      "MAQUETTE_NEW_KEY",
      "must be set to the key that takes over from MAQUETTE_KEY, so that you have it whatever happens: openssl rand -base64 32",
    );
  }
  const lock = config.databaseUrl === null ? lockDirectory(config.dataDir) : null;
  try {
    const database =
      config.databaseUrl === null
        ? await openEmbedded(config.dataDir)
        : openPostgres(config.databaseUrl, () => {}, { statementMs: 0 });
    try {
      await migrate(database.db);
      return await exchange(database.db, config, given ?? randomBytes(32));
    } finally {
      await database.close();
    }
  } finally {
    lock?.release();
  }
}

async function exchange(db: Db, config: Config, next: Buffer): Promise<Exchanged> {
  const former = await openMasterKey(db, config);
  if (former.equals(next)) throw new ConfigError("MAQUETTE_NEW_KEY", "is the key that is used already");
  if (config.databaseUrl !== null) await expectStopped(db);
  if (!config.masterKey) await writeKey(nextKeyFile(config.dataDir), next);
  const secrets = await db.transaction().execute(async (trx) => {
    const count = await sealAnew(trx, former, next);
    await rebind(trx, former, next);
    await audit(trx, Date.now(), { kind: "key.exchanged", accountId: null, actorId: null, detail: { secrets: count } });
    return count;
  });
  if (!config.masterKey) await settleNext(config.dataDir, next);
  return { secrets, fromSetting: config.masterKey !== null };
}

async function sealAnew(trx: Transaction<Schema>, former: Buffer, next: Buffer): Promise<number> {
  const from = deriveKeys(former);
  const to = deriveKeys(next);
  const rows = await trx.selectFrom("credential").select(["account_id", "secret_sealed"]).forUpdate().execute();
  for (const { account_id, secret_sealed } of rows) {
    let secret: string;
    try {
      secret = from.unseal(secret_sealed);
    } catch (error) {
      throw new Error(`account ${account_id}: ${(error as Error).message}. Nothing was changed`, { cause: error });
    }
    await trx
      .updateTable("credential")
      .set({ secret_sealed: to.seal(secret) })
      .where("account_id", "=", account_id)
      .execute();
  }
  return rows.length;
}

/** @throws Error when a server of this database runs */
async function expectStopped(db: Db): Promise<void> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
    where datname = current_database() and application_name = ${SERVER}`.execute(db);
  if (rows[0]!.n > 0) {
    throw new Error(
      "servers of this database are running: stop them all, they hold the former key. Nothing was changed",
    );
  }
}
