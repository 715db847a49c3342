import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ApiError } from "../api/errors.ts";
import { errors, Id } from "../api/schemas.ts";
import type { Context } from "../context.ts";
import { isId } from "../db/ids.ts";
import { ObjectMissing } from "../storage/storage.ts";
import { checkLink, type FileKind } from "./links.ts";
import { parseRange } from "./parse-range.ts";

interface FileInfo {
  mime: string;
  bytes: number;
  sha256: string;
  storageKey: string;
}

const bytes = { content: { "application/octet-stream": { schema: Type.String({ format: "binary" }) } } };

const schema = {
  operationId: "download",
  summary: "Download a file by its signed link",
  tags: ["Downloads"],
  params: Type.Object({ kind: Type.String({ enum: ["image", "artifact"] }), id: Id("The file"), name: Type.String() }),
  querystring: Type.Object({ expires: Type.String(), signature: Type.String() }),
  headers: Type.Object({ range: Type.Optional(Type.String({ description: "`bytes=0-99`, one range" })) }),
  response: { 200: bytes, 206: bytes, 304: Type.Null(), ...errors(403, 404, 410, 416) },
};

/** Files by signed link: no other credentials, whole or in ranges, the same from disk and from S3. */
export function downloadRoute(app: FastifyInstance, context: Context): void {
  const url = "/files/:kind/:id/:name";
  // HEAD by hand: Fastify's own would announce a length of 0.
  app.route({ method: ["GET", "HEAD"], url, schema, exposeHeadRoute: false, handler });

  async function handler(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { kind, id, name } = request.params as { kind: FileKind; id: string; name: string };
    const query = new URLSearchParams((request.raw.url ?? "").split("?")[1] ?? "");
    const file = { kind, id, name };
    const state = checkLink(context.keys.link, file, query.get("expires"), query.get("signature"), context.now());
    if (state !== "valid") throw new ApiError(state === "expired" ? "link_expired" : "link_invalid");
    const info = await findFile(context, kind, id);
    if (!info) throw new ApiError("file_unknown");
    if (info === "removed") throw new ApiError("files_removed", { value: context.config.keepFilesDays });

    const etag = `"${info.sha256}"`;
    reply.headers({
      "content-type": info.mime,
      "content-disposition": disposition(name),
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=3600, immutable",
      etag,
    });
    if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
    const ifRange = request.headers["if-range"];
    const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
    const range = parseRange(wanted, info.bytes);
    if (range === "outside") {
      throw new ApiError("range_invalid", { value: wanted!, headers: { "content-range": `bytes */${info.bytes}` } });
    }
    const { start, end } = range ?? { start: 0, end: info.bytes - 1 };
    if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${info.bytes}`);
    reply.header("content-length", end - start + 1);
    if (request.method === "HEAD" || info.bytes === 0) return reply.send();
    return send(reply, context, info, start, end);
  }
}

async function send(
  reply: FastifyReply,
  context: Context,
  info: FileInfo,
  start: number,
  end: number,
): Promise<FastifyReply> {
  try {
    return reply.send(await context.storage.stream(info.storageKey, start, end));
  } catch (error) {
    if (error instanceof ObjectMissing) {
      // The answer is JSON after all.
      for (const name of ["content-length", "content-range", "content-disposition", "etag", "cache-control"])
        reply.removeHeader(name);
      throw new ApiError("file_unknown");
    }
    throw error;
  }
}

async function findFile(context: Context, kind: FileKind, id: string): Promise<FileInfo | "removed" | null> {
  if (!isId(id)) return null;
  const row =
    kind === "artifact"
      ? await context.db
          .selectFrom("artifact as f")
          .innerJoin("iteration as i", "i.id", "f.iteration_id")
          .innerJoin("request as r", "r.id", "i.request_id")
          .select(["f.mime", "f.bytes", "f.sha256", "f.storage_key", "i.files_removed_at as removed_at"])
          .where("f.id", "=", id)
          .where("r.deleted_at", "is", null)
          .executeTakeFirst()
      : await context.db
          .selectFrom("image as f")
          .innerJoin("request as r", "r.id", "f.request_id")
          .select(["f.mime", "f.bytes", "f.sha256", "f.storage_key", "r.pictures_removed_at as removed_at"])
          .where("f.id", "=", id)
          .where("r.deleted_at", "is", null)
          .executeTakeFirst();
  if (row?.removed_at && row.storage_key === null) return "removed";
  if (!row || row.storage_key === null || row.mime === null || row.bytes === null || row.sha256 === null) return null;
  return { mime: row.mime, bytes: row.bytes, sha256: row.sha256, storageKey: row.storage_key };
}

/**
 * Never shown in place: a picture may be a web page as well. Names are made by the server from letters, digits, `_`, `-`
 * and `.`; those beyond ASCII go in the form of RFC 6266.
 */
function disposition(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, "_");
  const extended = ascii === name ? "" : `; filename*=UTF-8''${encodeURIComponent(name)}`;
  return `attachment; filename="${ascii}"${extended}`;
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((entry) => entry.trim().replace(/^W\//, "") === etag);
}
