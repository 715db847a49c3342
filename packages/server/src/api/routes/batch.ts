import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { FastifyInstance } from "fastify";
import { Zip, ZipPassThrough } from "fflate";
import { sql } from "kysely";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import { visibleTo } from "../../requests/load-assets.ts";
import { ApiError, invalid } from "../errors.ts";
import { splitList } from "../parse-options.ts";
import { queryFields } from "../request-fields.ts";
import { errors } from "../schemas.ts";

const FORMATS = ["zip", "glb", "gltf", "obj", "fbx"] as const;
const CHUNK = 1024 * 1024;

interface Entry {
  identifier: string;
  name: string;
  storage_key: string;
  bytes: number;
}

/** Many assets in one download. */
export function batchRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/batch.zip",
    {
      schema: {
        summary: "Download the newest finished iteration of several assets in one zip",
        tags: ["Downloads"],
        querystring: Type.Object({
          requestIDs: Type.String({ description: `Up to ${LIMITS.batch}, joined with commas` }),
          format: Type.Optional(
            Type.String({
              enum: [...FORMATS],
              default: "zip",
              description: "zip: every format with textures and LODs",
            }),
          ),
        }),
        response: {
          200: { description: "A zip", content: { "application/zip": { schema: { type: "string" } } } },
          ...errors(400, 401, 404, 429),
        },
      },
    },
    async (request, reply) => {
      const fields = queryFields(request);
      const ids = [...new Set(fields.all("requestIDs").flatMap(splitList).map(String).filter(Boolean))];
      if (ids.length === 0 || ids.length > LIMITS.batch || !ids.every(isId)) {
        throw invalid(`${ids.length} requestIDs: expected 1 to ${LIMITS.batch} of your assets`);
      }
      const format = fields.text("format") ?? "zip";
      if (!(FORMATS as readonly string[]).includes(format)) {
        throw invalid(`format "${format.slice(0, 20)}": expected one of ${FORMATS.join(", ")}`);
      }
      const entries = await find(context, request.caller!.accountId, ids, format);
      if (entries.length === 0) throw new ApiError("request_unknown");
      const out = new PassThrough();
      pack(context, entries, out).catch((error) => {
        request.log.warn({ err: error }, "a batch download ended early");
        out.destroy(error as Error);
      });
      return reply
        .headers({ "content-disposition": 'attachment; filename="maquette-assets.zip"', "cache-control": "no-store" })
        .type("application/zip")
        .send(out);
    },
  );
}

async function find(context: Context, accountId: string, ids: string[], format: string): Promise<Entry[]> {
  const { rows } = await sql<Entry>`
    select r.identifier, f.name, f.storage_key, f.bytes from request r
    join lateral (
      select n.id from iteration n where n.request_id = r.id and n.status in ('completed', 'approved', 'uploaded')
      order by n.number desc limit 1
    ) i on true
    join artifact f on f.iteration_id = i.id and f.format = ${format} and f.storage_key is not null
    where r.deleted_at is null and ${visibleTo(accountId)} and r.id in (${sql.join(ids)})
    order by r.created_at, f.name`.execute(context.db);
  return rows;
}

/** Stored, not deflated: what is in it is compressed already. One file is in flight at a time. */
async function pack(context: Context, entries: Entry[], out: PassThrough): Promise<void> {
  let full = false;
  const zip = new Zip((error, chunk, final) => {
    if (error) out.destroy(error);
    else {
      full = !out.write(chunk) || full;
      if (final) out.end();
    }
  });
  const taken = new Set<string>();
  for (const { identifier, name, storage_key, bytes } of entries) {
    let path = name;
    for (let n = 2; taken.has(path); n++) path = `${identifier}_${n}/${name}`;
    taken.add(path);
    const file = new ZipPassThrough(path);
    zip.add(file);
    const stream = await context.storage.stream(storage_key, 0, Number(bytes) - 1);
    for await (const piece of stream as AsyncIterable<Buffer>) {
      for (let at = 0; at < piece.length; at += CHUNK) file.push(piece.subarray(at, at + CHUNK));
      if (full) {
        await Promise.race([once(out, "drain"), once(out, "close")]);
        full = false;
      }
      if (out.destroyed) return;
    }
    file.push(new Uint8Array(0), true);
  }
  zip.end();
}
