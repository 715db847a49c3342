import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type RawBuilder, sql } from "kysely";
import { Type } from "typebox";
import { authenticate, checkDevId } from "../../auth/authenticate.ts";
import type { Context } from "../../context.ts";
import { createLinker } from "../../downloads/links.ts";
import { requireMember } from "../../requests/access.ts";
import { type AssetRow, loadAssets, presentAsset } from "../../requests/load-assets.ts";
import type { AccountGuards } from "../account-guards.ts";
import { ApiError } from "../errors.ts";
import { requestOrigin } from "../origin.ts";
import { readCursor, readLimit, readTimePlace, type TimePlace, writePage, writeTimePlace } from "../paging.ts";
import { parseDay } from "../parse-date.ts";
import { bodyFields, pathParameter, queryFields } from "../request-fields.ts";
import { DevIdQuery, devIdInPath, errors, StudioQuery } from "../schemas.ts";

/** Rows that are in memory at a time when everything is asked for. */
const PAGE = 200;

const operation = {
  summary: "List assets, newest first, pending ones included",
  tags: ["Kaedim Web API"],
  querystring: Type.Object({
    devID: DevIdQuery,
    start: Type.Optional(Type.String({ description: "First day, MM-DD-YYYY or YYYY-MM-DD, UTC" })),
    end: Type.Optional(Type.String({ description: "Last day, MM-DD-YYYY or YYYY-MM-DD, UTC" })),
    studioID: StudioQuery("Your team: its assets instead of yours"),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(Type.String({ description: "`nextCursor` of the page before" })),
  }),
  response: { 200: Type.Ref("AssetList"), ...errors(400, 401, 403, 429) },
};

export function fetchAllRoute(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  for (const path of ["/fetchAll", "/fetchAll/:devID"]) {
    app.get(path, { schema: devIdInPath(operation, "fetchAll", path) }, async (request, reply) => {
      const caller = await authenticate(context, request);
      guards.rate(caller.accountId);
      const query = queryFields(request);
      const body = bodyFields(request);
      const inPath = pathParameter(request, "devID");
      if (!inPath && !query.has("devID") && !body.has("devID")) throw new ApiError("dev_id_required");
      checkDevId(caller, query, body, inPath);
      const given = (name: string) => query.text(name) ?? body.text(name);
      const studioId = given("studioID");
      if (studioId !== null) await requireMember(context.db, caller.accountId, studioId);
      const scope = studioId === null ? sql`r.account_id = ${caller.accountId}` : sql`r.studio_id = ${studioId}`;
      const where = sql`${scope} ${between(given("start"), given("end"))}`;
      const link = createLinker(context.keys.link, requestOrigin(context, request), context.now());
      const limit = readLimit(query.has("limit") ? query : body);
      const cursor = readCursor(query.has("cursor") ? query : body);
      const after = cursor === null ? null : readTimePlace(cursor);
      if (limit !== null) {
        const rows = await page(context, where, after, limit + 1);
        const { shown, nextCursor } = writePage(rows, limit, (row) => writeTimePlace(placeOf(row)));
        return { assets: shown.map((row) => presentAsset(row, link)), nextCursor };
      }
      // However many there are, they pass through in pages. The first is fetched before the answer begins, so that a
      // failing database is still a 500.
      const first = await page(context, where, after, PAGE);
      async function* stream() {
        yield '{"assets":[';
        let separator = "";
        for (
          let rows = first;
          rows.length > 0;
          rows = rows.length < PAGE ? [] : await page(context, where, placeOf(rows.at(-1)!), PAGE)
        ) {
          yield separator + rows.map((row) => JSON.stringify(presentAsset(row, link))).join(",");
          separator = ",";
        }
        yield "]}";
      }
      reply.type("application/json; charset=utf-8");
      return reply.send(Readable.from(stream(), { objectMode: false }));
    });
  }
}

function page(
  context: Context,
  where: RawBuilder<unknown>,
  after: TimePlace | null,
  limit: number,
): Promise<AssetRow[]> {
  const rest = after === null ? sql`` : sql`and (r.created_at, r.id) < (${after.at}, ${after.id}::uuid)`;
  return loadAssets(context.db, sql`${where} ${rest}`, sql`order by r.created_at desc, r.id desc limit ${limit}::int`);
}

function placeOf(row: AssetRow): TimePlace {
  return { at: row.created_at, id: row.id };
}

function between(start: string | null, end: string | null): RawBuilder<unknown> {
  const from = start === null ? sql`` : sql`and r.created_at >= ${new Date(parseDay("start", start).begins)}`;
  const to = end === null ? sql`` : sql`and r.created_at < ${new Date(parseDay("end", end).ends)}`;
  return sql`${from} ${to}`;
}
