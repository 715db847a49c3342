import { constants, createReadStream } from "node:fs";
import { access, mkdir, open, opendir, readFile, rm, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { ObjectMissing, type Storage } from "./storage.ts";
import { writeDurably } from "./write-durably.ts";

/** Files below one directory. */
export function localStorage(directory: string): Storage {
  const root = resolve(directory);
  const locate = (key: string): string => {
    const path = resolve(join(root, key));
    if (!path.startsWith(root + sep)) throw new Error(`storage key outside the storage: ${key}`);
    return path;
  };
  const missing = (key: string) => (error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new ObjectMissing(key) : error;
  };
  return {
    put: async (key, data) => writeDurably(locate(key), data),
    get: async (key) => readFile(locate(key)).catch(missing(key)),
    async stream(key, start, end) {
      const path = locate(key);
      // Opened before it is handed out, so that a missing file is an error and not an empty body.
      const handle = await open(path, "r").catch(missing(key));
      return createReadStream(path, { fd: handle, start, end });
    },
    async *list(prefix) {
      for await (const path of filesBelow(locate(prefix))) {
        const info = await stat(path).catch(() => null);
        if (info) {
          yield { key: relative(root, path).split(sep).join("/"), bytes: info.size, modified: info.mtimeMs };
        }
      }
    },
    async remove(keys) {
      for (const key of keys) await rm(locate(key), { force: true });
    },
    removeAll: async (prefix) => rm(locate(prefix), { recursive: true, force: true }),
    async check() {
      await mkdir(root, { recursive: true, mode: 0o700 });
      await access(root, constants.W_OK);
    },
  };
}

/** One after another, so that a million of them take no memory and leave others their turn. */
async function* filesBelow(directory: string): AsyncGenerator<string> {
  const entries = await opendir(directory).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for await (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
