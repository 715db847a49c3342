import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import sharp from "sharp";
import type { TestServer } from "./api.ts";

/**
 * Puts many finished assets into the library of a server's first account, all with the same turntable, so that each has
 * a thumbnail to be drawn.
 */
export async function addManyAssets({ server }: TestServer, count: number): Promise<void> {
  const { db, storage } = server.context;
  const { id } = await db.selectFrom("account").select("id").executeTakeFirstOrThrow();
  const sheet = await sharp({ create: { width: 1536, height: 768, channels: 3, background: "#c0543a" } })
    .png()
    .toBuffer();
  const key = `requests/many/${randomUUID()}`;
  await storage.put(key, sheet, "image/png");
  await sql`
    with made as (
      insert into request (id, account_id, name, identifier, tags, test, created_at)
      select gen_random_uuid(), ${id}, 'Asset ' || n, 'asset_' || n, '["many"]', true,
        timestamptz '2026-01-01' + n * interval '1 minute'
      from generate_series(1, ${count}::int) n returning id, account_id, created_at
    ), iterated as (
      insert into iteration (id, request_id, account_id, number, status, quality, options, inputs, warnings, queue_tag,
        report, created_at)
      select gen_random_uuid(), id, account_id, 0, 'completed', 'standard', '{}', '[]', '[]', 0, '{"triangles": 12}',
        created_at from made returning id
    )
    insert into artifact (id, iteration_id, format, name, mime, bytes, sha256, storage_key)
    select gen_random_uuid(), id, 'preview', 'x.png', 'image/png', ${sheet.length}::int, '', ${key} from iterated
  `.execute(db);
}
