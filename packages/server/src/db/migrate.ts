import { Migrator } from "kysely/migration";
import * as initial from "./migrations/0001-initial.ts";
import type { Db } from "./open-database.ts";

/** In the order in which they run; a name never changes once released. */
const MIGRATIONS = { "0001-initial": initial };

/** Brings the schema up to date. Servers that start at the same time wait for each other (an advisory lock). */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const failed = results?.find((result) => result.status === "Error")?.migrationName ?? "the set-up";
    throw new Error(`database migration ${failed} failed: ${(error as Error).message ?? error}`, { cause: error });
  }
}
