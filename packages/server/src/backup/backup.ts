import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { keyFile, openMasterKey, writeKey } from "../auth/master-key.ts";
import { type Config, ConfigError, readConfig } from "../config/read-config.ts";
import { lockDirectory } from "../db/lock-directory.ts";
import { migrate } from "../db/migrate.ts";
import { type Db, openEmbedded, openPostgres } from "../db/open-database.ts";
import { Jobs } from "../jobs/jobs.ts";
import { localStorage } from "../storage/local.ts";
import { s3Storage } from "../storage/s3.ts";
import { ObjectMissing, type Storage } from "../storage/storage.ts";
import { type BackupRow, exportRows, importRows } from "./rows.ts";

type Env = Record<string, string | undefined>;

export interface Copied {
  rows: number;
  files: number;
  /** Files that were deleted with their request while the copy was made. */
  gone: number;
}

const ROWS = "rows.jsonl";
const KEY = "server.key";
const FILES = "files";

export function openStorage(config: Pick<Config, "s3" | "dataDir">): Storage {
  return config.s3 ? s3Storage(config.s3) : localStorage(join(config.dataDir, FILES));
}

/**
 * Writes everything that an installation is into a directory: rows, files, and the master key. The rows are those of one
 * moment; files never change once written, so those that a former backup left there are not copied again.
 */
export async function writeBackup(directory: string, db: Db, storage: Storage, master: Buffer): Promise<Copied> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const rows = await writeRows(join(directory, ROWS), db);
  const target = localStorage(join(directory, FILES));
  const there = (key: string) => existsSync(join(directory, FILES, key));
  const files = await copyFiles(join(directory, ROWS), storage, target, there);
  await writeKey(join(directory, KEY), master);
  return { rows, ...files };
}

/**
 * `maquette restore`: puts a backup into the installation that the environment describes, which must be empty and not
 * running: embedded or scaled, whichever the backup was of.
 * @throws ConfigError, DirectoryInUse, Error when there is no backup, or accounts
 */
export async function restoreBackup(directory: string, env: Env = process.env): Promise<Copied> {
  const rowsFile = join(directory, ROWS);
  if (!existsSync(rowsFile)) throw new Error(`${directory} holds no backup: there is no ${ROWS} in it`);
  const config = readConfig(env);
  return withLock(config, async () => {
    const key = readFileSync(join(directory, KEY), "utf8").trim();
    await takeKey(config, Buffer.from(key, "base64"));
    return fill(config, rowsFile, localStorage(join(directory, FILES)));
  });
}

/**
 * `maquette move`: copies the embedded installation in MAQUETTE_DATA to DATABASE_URL and S3. The embedded one stays as it
 * is; its server must be stopped, and stay so.
 * @throws ConfigError, DirectoryInUse, Error when the target holds accounts
 */
export async function moveToScaled(env: Env = process.env): Promise<Copied> {
  const target = readConfig(env);
  if (target.databaseUrl === null) throw new ConfigError("DATABASE_URL", "must name the database to move to");
  if (target.s3 === null)
    throw new ConfigError("S3_ENDPOINT", "and the other S3 settings must name the bucket to move to");
  const lock = lockDirectory(target.dataDir);
  const rowsFile = join(target.dataDir, `move-${ROWS}`);
  try {
    const source = await openEmbedded(target.dataDir);
    let master: Buffer;
    try {
      await migrate(source.db);
      master = await openMasterKey(source.db, { masterKey: null, dataDir: target.dataDir });
      await writeRows(rowsFile, source.db);
    } finally {
      await source.close();
    }
    await takeKey(target, master);
    return await fill(target, rowsFile, localStorage(join(target.dataDir, FILES)));
  } finally {
    await rm(rowsFile, { force: true });
    lock.release();
  }
}

/** The sealed secrets, the tokens and the links of an installation go with its key. */
async function takeKey(config: Config, master: Buffer): Promise<void> {
  if (config.masterKey && !config.masterKey.equals(master)) {
    throw new ConfigError("MAQUETTE_KEY", "is not the key of the installation that is copied (its server.key)");
  }
  if (!config.masterKey && !existsSync(keyFile(config.dataDir))) await writeKey(keyFile(config.dataDir), master);
}

/** Files first: no row ever points to one that is not there. */
async function fill(config: Config, rowsFile: string, from: Storage): Promise<Copied> {
  const storage = openStorage(config);
  await storage.check();
  const database =
    config.databaseUrl === null
      ? await openEmbedded(config.dataDir)
      : openPostgres(config.databaseUrl, () => {}, { statementMs: 0 });
  try {
    await migrate(database.db);
    const log = pino({ level: "silent" });
    const jobs = await Jobs.start(database.pglite ? { pglite: database.pglite } : { url: config.databaseUrl! }, log);
    try {
      const files = await copyFiles(rowsFile, from, storage, () => false);
      const rows = await importRows(database.db, jobs, readRows(rowsFile));
      await openMasterKey(database.db, config);
      return { rows, ...files };
    } finally {
      await jobs.stop();
    }
  } finally {
    await database.close();
  }
}

async function withLock<T>(config: Config, work: () => Promise<T>): Promise<T> {
  if (config.databaseUrl !== null) return work();
  const lock = lockDirectory(config.dataDir);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function writeRows(path: string, db: Db): Promise<number> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    const count = await exportRows(db, async (row) => void (await file.write(`${JSON.stringify(row)}\n`)));
    await file.sync();
    await rename(temporary, path);
    return count;
  } finally {
    await file.close();
  }
}

async function* readRows(path: string): AsyncGenerator<BackupRow> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== "") yield JSON.parse(line) as BackupRow;
  }
}

async function copyFiles(
  rowsFile: string,
  from: Storage,
  to: Storage,
  there: (key: string) => boolean,
): Promise<Omit<Copied, "rows">> {
  let files = 0;
  let gone = 0;
  for await (const { row } of readRows(rowsFile)) {
    const { storage_key: key, mime } = row;
    if (typeof key !== "string" || there(key)) continue;
    try {
      await to.put(key, await from.get(key), String(mime));
      files++;
    } catch (error) {
      if (!(error instanceof ObjectMissing)) throw error;
      gone++;
    }
  }
  return { files, gone };
}
