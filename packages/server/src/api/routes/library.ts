import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import type { IterationStatus } from "../../db/schema.ts";
import {
  LIST_ORDERS,
  type ListedAsset,
  type ListOrder,
  listAssets,
  listTags,
  STATUSES,
} from "../../requests/list-assets.ts";
import { findRequest } from "../../requests/own-request.ts";
import type { AccountGuards } from "../account-guards.ts";
import { invalid } from "../errors.ts";
import type { Fields } from "../fields.ts";
import { readLimit } from "../paging.ts";
import { parseDay } from "../parse-date.ts";
import { parseName, parseTags, splitList } from "../parse-options.ts";
import { bodyFields, pathParameter, queryFields } from "../request-fields.ts";
import { errors, Id, Nullable, processBodies, Timestamp } from "../schemas.ts";
import { acceptRequest } from "./process.ts";

const tags = ["Assets"];
const DEFAULT_LIMIT = 60;
const MAX_OFFSET = 10_000_000;
const Line = Type.Object({
  requestID: Id("The asset"),
  devID: Id("Who asked for it"),
  name: Type.String(),
  tags: Type.Array(Type.String()),
  test: Type.Boolean(),
  projectID: Nullable(Type.String()),
  studioID: Nullable(Type.String()),
  createdAt: Timestamp("When it was asked for"),
  completedAt: Nullable(Timestamp("When it ended")),
  iterationID: Type.String({ description: "The newest iteration, of which the following speak" }),
  status: Type.String({ enum: [...STATUSES] }),
  stage: Nullable(Type.String()),
  progress: Type.Number(),
  loq: Type.String({ enum: ["standard", "high", "ultra"] }),
  dismissedReason: Nullable(Type.String()),
  triangles: Nullable(Type.Integer()),
  thumbnail: Nullable(Type.String({ description: "Path of a picture of it" })),
});

const listQuery = Type.Object({
  search: Type.Optional(Type.String({ description: "Words that are in the name or the tags" })),
  status: Type.Optional(Type.String({ description: `Some of ${STATUSES.join(", ")}, joined with commas` })),
  tag: Type.Optional(Type.String()),
  projectID: Type.Optional(Id("A style")),
  studioID: Type.Optional(Type.String({ description: "A team, or `none` for what belongs to none" })),
  start: Type.Optional(Type.String({ description: "First day, YYYY-MM-DD, UTC" })),
  end: Type.Optional(Type.String({ description: "Last day, YYYY-MM-DD, UTC" })),
  sort: Type.Optional(Type.String({ enum: LIST_ORDERS, default: "newest" })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: DEFAULT_LIMIT })),
});

/** The library: what there is, by what one looks for. */
export function libraryRoutes(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  app.get(
    "/requests",
    {
      schema: {
        summary: "List assets, searched, filtered and sorted",
        tags,
        querystring: listQuery,
        response: {
          200: Type.Object({ assets: Type.Array(Line), total: Type.Integer({ description: "Of the whole list" }) }),
          ...errors(400, 401, 429),
        },
      },
    },
    async (request) => {
      const fields = queryFields(request);
      const { rows, total } = await listAssets(context.db, request.caller!.accountId, readFilter(fields), {
        order: readOrder(fields),
        offset: readOffset(fields),
        limit: readLimit(fields) ?? DEFAULT_LIMIT,
      });
      return { assets: rows.map(present), total };
    },
  );

  app.get(
    "/tags",
    {
      schema: {
        summary: "The tags in use, most used first",
        tags,
        response: {
          200: Type.Object({ tags: Type.Array(Type.Object({ tag: Type.String(), assets: Type.Integer() })) }),
          ...errors(401, 429),
        },
      },
    },
    async (request) => ({ tags: await listTags(context.db, request.caller!.accountId) }),
  );

  app.post(
    "/requests",
    {
      schema: {
        summary: "Make an asset from 1 to 6 images, as process does",
        tags,
        body: processBodies,
        response: { 201: Type.Ref("Accepted"), ...errors(400, 401, 403, 406, 408, 409, 413, 415, 429) },
      },
      bodyLimit: LIMITS.processBodyBytes,
      onRequest: async (request, reply) => guards.upload(request, reply),
    },
    (request, reply) => acceptRequest(context, request, reply),
  );

  app.patch(
    "/requests/:requestID",
    {
      schema: {
        summary: "Change an asset's name or tags",
        tags,
        params: Type.Object({ requestID: Id("The asset") }),
        body: Type.Object({
          name: Type.Optional(Type.String({ maxLength: 128 })),
          tags: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 })),
        }),
        response: { 200: Type.Ref("Done"), ...errors(400, 401, 404, 429) },
      },
    },
    async (request) => {
      const { id } = await findRequest(context.db, request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const fields = bodyFields(request);
      const name = parseName(fields);
      const changed = {
        ...(name === null ? {} : { name }),
        ...(fields.has("tags") ? { tags: JSON.stringify(parseTags(fields)) } : {}),
      };
      if (Object.keys(changed).length === 0) throw invalid("a change of neither name nor tags");
      await context.db.updateTable("request").set(changed).where("id", "=", id).execute();
      return { status: "success" };
    },
  );
}

function present(row: ListedAsset) {
  const base = `/api/maquette/v1/requests/${row.id}`;
  const thumbnail =
    row.pictured !== null
      ? `${base}/iterations/${row.pictured}/thumbnail`
      : row.image !== null
        ? `${base}/images/${row.image}/thumbnail`
        : null;
  return {
    requestID: row.id,
    devID: row.account_id,
    name: row.name,
    tags: row.tags,
    test: row.test,
    projectID: row.project_id,
    studioID: row.studio_id,
    createdAt: new Date(row.created_at).toISOString(),
    completedAt: row.completed_at === null ? null : new Date(row.completed_at).toISOString(),
    iterationID: String(row.number),
    status: row.status,
    stage: row.stage,
    progress: row.progress,
    loq: row.quality,
    dismissedReason: row.cause,
    triangles: row.triangles,
    thumbnail,
  };
}

function readFilter(fields: Fields) {
  const statuses = fields.all("status").flatMap(splitList).map(String).filter(Boolean);
  const unknown = statuses.find((status) => !(STATUSES as readonly string[]).includes(status));
  if (unknown !== undefined) throw invalid(`status "${unknown.slice(0, 40)}": expected some of ${STATUSES.join(", ")}`);
  const id = (name: string) => {
    const value = fields.text(name);
    if (value !== null && !isId(value)) throw invalid(`${name} "${value.slice(0, 64)}", which is no id`);
    return value;
  };
  const studioId = fields.text("studioID") === "none" ? ("none" as const) : id("studioID");
  const [start, end] = [fields.text("start"), fields.text("end")];
  return {
    search: fields.text("search"),
    statuses: statuses as IterationStatus[],
    tag: fields.text("tag"),
    projectId: id("projectID"),
    studioId,
    from: start === null ? null : new Date(parseDay("start", start).begins),
    to: end === null ? null : new Date(parseDay("end", end).ends),
  };
}

function readOrder(fields: Fields): ListOrder {
  const sort = fields.text("sort") ?? "newest";
  if (!(LIST_ORDERS as string[]).includes(sort)) {
    throw invalid(`sort "${sort.slice(0, 40)}": expected one of ${LIST_ORDERS.join(", ")}`);
  }
  return sort as ListOrder;
}

function readOffset(fields: Fields): number {
  const text = fields.text("offset") ?? "0";
  const offset = /^\d{1,8}$/.test(text) ? Number(text) : MAX_OFFSET + 1;
  if (offset > MAX_OFFSET) throw invalid(`offset "${text.slice(0, 20)}": expected 0 to ${MAX_OFFSET}`);
  return offset;
}
