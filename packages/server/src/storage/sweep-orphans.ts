import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { StoredObject } from "./storage.ts";

/** An attempt writes its files minutes before their rows, so what is younger may still get one. */
const AGE_MS = 24 * 3600 * 1000;
const CHUNK = 1000;
/** Above so many orphans, and half of all files, something else is wrong: the storage is another installation's. */
const SUSPECT = 1000;

const KEY = /^requests\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\//;

export interface Swept {
  files: number;
  removed: number;
  bytes: number;
}

/**
 * Removes files that no row speaks of: what a server wrote that died before it committed. Only below the folders of
 * requests, so other things in a bucket are left alone.
 */
export async function sweepOrphans(context: Pick<Context, "db" | "storage" | "log" | "now">): Promise<Swept> {
  let files = 0;
  const orphans: StoredObject[] = [];
  let chunk: StoredObject[] = [];
  const judge = async () => {
    const known = await findKnown(context, chunk);
    for (const object of chunk) if (!known.has(object.key)) orphans.push(object);
    chunk = [];
  };
  const youngest = context.now() - AGE_MS;
  for await (const object of context.storage.list("requests/")) {
    files++;
    if (!(object.modified < youngest) || !KEY.test(object.key)) continue;
    chunk.push(object);
    if (chunk.length === CHUNK) await judge();
  }
  await judge();
  if (orphans.length > SUSPECT && orphans.length > files / 2) {
    context.log.error(
      { files, orphans: orphans.length },
      "most files in the storage belong to no asset: nothing was swept, since they may be another installation's",
    );
    return { files, removed: 0, bytes: 0 };
  }
  for (let at = 0; at < orphans.length; at += CHUNK) {
    await context.storage.remove(orphans.slice(at, at + CHUNK).map(({ key }) => key));
  }
  return { files, removed: orphans.length, bytes: orphans.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** The keys that rows have, of the requests that the objects lie under. */
async function findKnown({ db }: Pick<Context, "db">, objects: readonly StoredObject[]): Promise<Set<string>> {
  const ids = [...new Set(objects.map(({ key }) => KEY.exec(key)![1]!))];
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ key: string }>`
    select m.storage_key as key from image m where m.request_id in (${sql.join(ids)}) and m.storage_key is not null
    union all
    select f.storage_key from artifact f join iteration i on i.id = f.iteration_id
    where i.request_id in (${sql.join(ids)}) and f.storage_key is not null`.execute(db);
  return new Set(rows.map(({ key }) => key));
}
