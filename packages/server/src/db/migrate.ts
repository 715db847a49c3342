import { sql } from "kysely";
import { Migrator } from "kysely/migration";
import { ConfigError } from "../config/read-config.ts";
import * as initial from "./migrations/0001-initial.ts";
import * as webApp from "./migrations/0002-web-app.ts";
import * as glance from "./migrations/0003-glance.ts";
import * as keeping from "./migrations/0004-keeping.ts";
import * as processes from "./migrations/0005-processes.ts";
import * as look from "./migrations/0006-look.ts";
import type { Db } from "./open-database.ts";

/** In the order in which they run; a name never changes once released. */
const MIGRATIONS = {
  "0001-initial": initial,
  "0002-web-app": webApp,
  "0003-glance": glance,
  "0004-keeping": keeping,
  "0005-processes": processes,
  "0006-look": look,
};

/**
 * The newest migration that code must know to work with the schema as it is now. While servers are replaced one after
 * another, those of the former version go on with the new schema, and may even be started on it, so migrations add and
 * never take away; what is in the way is dropped a release later, with a new floor.
 */
const FLOOR: keyof typeof MIGRATIONS = "0001-initial";
const FLOOR_SETTING = "schema_floor";

/**
 * Brings the schema up to date. Servers that start at the same time wait for each other (an advisory lock), and one that
 * is older than the schema leaves it alone.
 * @throws ConfigError when the schema has moved on too far
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const newer = await findNewer(db);
    if (newer.length > 0) return checkFloor(db, newer);
    const failed = results?.find((result) => result.status === "Error")?.migrationName ?? "the set-up";
    throw new Error(`database migration ${failed} failed: ${(error as Error).message ?? error}`, { cause: error });
  }
  await db
    .insertInto("setting")
    .values({ name: FLOOR_SETTING, value: FLOOR })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: FLOOR }))
    .execute();
}

/** Migrations that a newer version has run. */
async function findNewer(db: Db): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.map((row) => row.name).filter((name) => !(name in MIGRATIONS));
  } catch {
    // The first set-up failed: there is no list yet.
    return [];
  }
}

async function checkFloor(db: Db, newer: string[]): Promise<void> {
  const floor = await db.selectFrom("setting").select("value").where("name", "=", FLOOR_SETTING).executeTakeFirst();
  if (floor && floor.value in MIGRATIONS) return;
  throw new ConfigError(
    "DATABASE_URL",
    `the database was brought to ${newer.at(-1)} by a newer version, which this one cannot work with. Start the newer version`,
  );
}
