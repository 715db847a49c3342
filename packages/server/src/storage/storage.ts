import type { Readable } from "node:stream";

/** Where pictures and artifacts lie. Keys are slash-separated words that the server makes itself. */
export interface Storage {
  /** Resolves once the object would survive a crash. @throws StorageUnavailable */
  put(key: string, data: Uint8Array, mime: string): Promise<void>;
  /** @throws ObjectMissing, StorageUnavailable */
  get(key: string): Promise<Buffer>;
  /** Bytes from `start` to `end`, both included. @throws ObjectMissing, StorageUnavailable */
  stream(key: string, start: number, end: number): Promise<Readable>;
  /** All objects below a prefix, in no order. @throws StorageUnavailable */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes objects. Missing ones are no error. @throws StorageUnavailable */
  remove(keys: readonly string[]): Promise<void>;
  /** Removes all objects below a prefix (`requests/<id>/`). Missing ones are no error. @throws StorageUnavailable */
  removeAll(prefix: string): Promise<void>;
  /** Resolves if an object could be written now. @throws StorageUnavailable */
  check(): Promise<void>;
}

export interface StoredObject {
  key: string;
  bytes: number;
  /** Milliseconds since 1970, by the storage's clock; NaN where it does not say. */
  modified: number;
}

export class ObjectMissing extends Error {
  constructor(key: string) {
    super(`storage holds no ${key}`);
    this.name = "ObjectMissing";
  }
}

/** The storage is away, full, or refuses the server. Whoever asks may ask again later. */
export class StorageUnavailable extends Error {
  constructor(cause: unknown) {
    super(`the storage does not work: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "StorageUnavailable";
  }
}

/** Makes every failure of a storage, other than a missing object, a `StorageUnavailable`. */
export function nameFailures(storage: Storage): Storage {
  const named = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw error instanceof ObjectMissing ? error : new StorageUnavailable(error);
    });
  return {
    put: (key, data, mime) => named(storage.put(key, data, mime)),
    get: (key) => named(storage.get(key)),
    async *list(prefix) {
      try {
        yield* storage.list(prefix);
      } catch (error) {
        throw new StorageUnavailable(error);
      }
    },
    remove: (keys) => named(storage.remove(keys)),
    stream: (key, start, end) => named(storage.stream(key, start, end)),
    removeAll: (prefix) => named(storage.removeAll(prefix)),
    check: () => named(storage.check()),
  };
}
