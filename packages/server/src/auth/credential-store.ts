import type { Db } from "../db/open-database.ts";

export interface Credential {
  apiKeyHash: string;
  jwtId: string | null;
  jwtNotBefore: number;
}

/**
 * Looks up what a request is checked against. In the embedded server, which alone writes its database, it is cached, and
 * every change voids the entry before the change is answered. With several servers nothing is cached, since a replaced
 * key must fail at once on all of them.
 */
export class CredentialStore {
  readonly #db: Db;
  readonly #cache: Map<string, Credential> | null;
  #version = 0;

  static readonly capacity = 10_000;

  constructor(db: Db, cached: boolean) {
    this.#db = db;
    this.#cache = cached ? new Map() : null;
  }

  async get(accountId: string): Promise<Credential | null> {
    const known = this.#cache?.get(accountId);
    if (known) return known;
    const version = this.#version;
    const row = await this.#db
      .selectFrom("credential")
      .select(["api_key_hash", "jwt_id", "jwt_not_before"])
      .where("account_id", "=", accountId)
      .executeTakeFirst();
    if (!row) return null;
    const credential = { apiKeyHash: row.api_key_hash, jwtId: row.jwt_id, jwtNotBefore: row.jwt_not_before.getTime() };
    // What was read before a change must not be kept after it.
    if (this.#cache && version === this.#version) {
      if (this.#cache.size >= CredentialStore.capacity) this.#cache.delete(this.#cache.keys().next().value!);
      this.#cache.set(accountId, credential);
    }
    return credential;
  }

  /** To be called after every committed change, before it is answered. */
  changed(accountId: string): void {
    this.#version++;
    this.#cache?.delete(accountId);
  }
}
