import { statfs } from "node:fs/promises";
import type { Logger } from "pino";
import type { Config } from "../config/read-config.ts";
import { StorageUnavailable } from "./storage.ts";

/** For how long a look at the disk counts: requests that come together share one, and new room shows at once. */
const REUSE_MS = 250;

/**
 * The disk that holds the data folder. Its reserve is for what was accepted already: files of assets in work, their rows
 * and messages, and the database's write-ahead log, which takes 16 MB at a time and ends the database if it finds none.
 */
export class DiskSpace {
  readonly #directory: string;
  readonly #reserve: number;
  readonly #log: Logger;
  #last: { at: number; free: Promise<number> } | null = null;
  #short = false;

  constructor(config: Pick<Config, "dataDir" | "reserveMegabytes">, log: Logger) {
    this.#directory = config.dataDir;
    this.#reserve = config.reserveMegabytes * 1e6;
    this.#log = log;
  }

  /** Bytes that can still be written; infinite where the file system does not say. */
  free(): Promise<number> {
    if (!this.#last || Date.now() - this.#last.at > REUSE_MS) {
      this.#last = { at: Date.now(), free: readFree(this.#directory) };
    }
    return this.#last.free;
  }

  /** Why no new work is taken, in words; null while there is room. */
  async shortage(): Promise<string | null> {
    const free = await this.free();
    const short = free < this.#reserve;
    if (short !== this.#short) {
      this.#short = short;
      if (short) this.#log.warn({ free, reserve: this.#reserve }, "no new work: the disk is full up to its reserve");
      else this.#log.info({ free }, "there is room on the disk again");
    }
    if (!short) return null;
    const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
    return `the disk has ${megabytes(free)} MB left, and ${megabytes(this.#reserve)} MB are kept in reserve`;
  }

  /** @throws StorageUnavailable while no new work is taken */
  async requireRoom(): Promise<void> {
    const shortage = await this.shortage();
    if (shortage !== null) throw new StorageUnavailable(shortage);
  }
}

async function readFree(directory: string): Promise<number> {
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    // Some file systems in user space know no size and say 0.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    // Whatever is wrong with the folder shows where it is used.
    return Number.POSITIVE_INFINITY;
  }
}
