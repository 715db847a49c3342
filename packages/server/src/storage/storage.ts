import type { Readable } from "node:stream";

/** Where pictures and artifacts lie. Keys are slash-separated words that the server makes itself. */
export interface Storage {
  /** Resolves once the object would survive a crash. */
  put(key: string, data: Uint8Array, mime: string): Promise<void>;
  /** @throws ObjectMissing */
  get(key: string): Promise<Buffer>;
  /** Bytes from `start` to `end`, both included. @throws ObjectMissing */
  stream(key: string, start: number, end: number): Promise<Readable>;
  /** Removes all objects below a prefix (`requests/<id>/`). Missing ones are no error. */
  removeAll(prefix: string): Promise<void>;
  /** Resolves if an object could be written now. */
  check(): Promise<void>;
}

export class ObjectMissing extends Error {
  constructor(key: string) {
    super(`storage holds no ${key}`);
    this.name = "ObjectMissing";
  }
}
