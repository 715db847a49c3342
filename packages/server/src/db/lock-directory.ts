import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface DirectoryLock {
  /** Tells others (the command line, a second server) where this one can be reached. */
  announce(url: string): void;
  release(): void;
}

/** Who holds a data directory. */
export interface Holder {
  pid: number;
  host: string;
  since: string;
  url: string | null;
}

export class DirectoryInUse extends Error {
  readonly holder: Holder | null;

  constructor(directory: string, holder: Holder | null) {
    const who = holder
      ? `process ${holder.pid} on ${holder.host} since ${holder.since}${holder.url ? `, serving ${holder.url}` : ""}`
      : "another process";
    super(`${directory} is in use by ${who}. Stop it, or set MAQUETTE_DATA to another directory`);
    this.name = "DirectoryInUse";
    this.holder = holder;
  }
}

/** Kept from the garbage collector, which would close the file and so drop the lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the exclusive lock on a data directory. PGlite takes none itself: a second process opens the same directory
 * without an error, and what it commits is silently lost.
 *
 * The lock is SQLite's (a POSIX or Windows file lock), since Node offers none of its own. The kernel drops it when the
 * process dies, so there are no stale locks to judge by pid, and it holds between containers that share a volume.
 * @throws DirectoryInUse
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(directory, "server.lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === 5) throw new DirectoryInUse(directory, readHolder(directory));
    throw error;
  }
  held.add(database);
  const since = new Date().toISOString();
  const announce = (url: string | null) =>
    writeFileSync(holderPath(directory), JSON.stringify({ pid: process.pid, host: hostname(), since, url }), {
      mode: 0o600,
    });
  announce(null);
  const release = () => {
    if (held.delete(database)) database.close();
  };
  return { announce, release };
}

/** What the last holder wrote of itself. It may be gone. */
export function readHolder(directory: string): Holder | null {
  try {
    return JSON.parse(readFileSync(holderPath(directory), "utf8")) as Holder;
  } catch {
    return null;
  }
}

function holderPath(directory: string): string {
  return join(directory, "server.json");
}
