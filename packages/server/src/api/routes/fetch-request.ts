import type { FastifyInstance, FastifyRequest } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import { authenticate, checkDevId } from "../../auth/authenticate.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import { createLinker } from "../../downloads/links.ts";
import { requireMember } from "../../requests/access.ts";
import { loadAssets, presentAsset, visibleTo } from "../../requests/load-assets.ts";
import type { AccountGuards } from "../account-guards.ts";
import { ApiError, invalid } from "../errors.ts";
import type { Fields } from "../fields.ts";
import { requestOrigin } from "../origin.ts";
import { bodyFields, pathParameter, queryFields } from "../request-fields.ts";
import { DevIdQuery, devIdInPath, errors, Id, StudioQuery } from "../schemas.ts";

const operation = {
  summary: "Check the progress and results of an asset",
  tags: ["Kaedim Web API"],
  querystring: Type.Object({
    devID: DevIdQuery,
    requestID: Type.Optional(Id("The asset")),
    studioID: StudioQuery("Your team, if the asset must be its"),
  }),
  response: { 200: Type.Ref("FetchedAsset"), ...errors(400, 401, 403, 404, 429) },
};

export function fetchRequestRoute(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  for (const path of ["/fetchRequest", "/fetchRequest/:devID"]) {
    app.get(path, { schema: devIdInPath(operation, "fetchRequest", path) }, async (request, reply) => {
      const query = queryFields(request);
      const simple = findSimple(request, query);
      if (simple !== null) {
        let version: string | null = null;
        const caller = await authenticate(context, request, async (accountId) => {
          const glance = await context.assets.glance(accountId, simple);
          version = glance.version;
          return glance.credential;
        });
        guards.rate(caller.accountId);
        checkDevId(caller, query, pathParameter(request, "devID"));
        request.assetId = simple;
        const origin = requestOrigin(context, request);
        const link = createLinker(context.keys.link, origin, context.now());
        const text = version === null ? null : await context.assets.answer(simple, version, origin, link);
        if (text === null) throw new ApiError("request_unknown");
        return reply.type("application/json; charset=utf-8").send(text);
      }
      const caller = await authenticate(context, request);
      guards.rate(caller.accountId);
      const body = bodyFields(request);
      checkDevId(caller, query, body, pathParameter(request, "devID"));
      const requestId = query.text("requestID") ?? body.text("requestID");
      if (requestId === null) throw invalid("a missing requestID");
      const studioId = query.text("studioID") ?? body.text("studioID");
      if (studioId !== null) await requireMember(context.db, caller.accountId, studioId);
      if (!isId(requestId)) throw new ApiError("request_unknown");
      request.assetId = requestId;
      const scope = studioId === null ? visibleTo(caller.accountId) : sql`r.studio_id = ${studioId}`;
      const [row] = await loadAssets(context.db, sql`r.id = ${requestId} and ${scope}`);
      if (!row) throw new ApiError("request_unknown");
      const asset = presentAsset(row, createLinker(context.keys.link, requestOrigin(context, request), context.now()));
      return { ...asset, asset };
    });
  }
}

/** The requestID of a request that says nothing else: in its query, without a studio and without a body. */
function findSimple(request: FastifyRequest, query: Fields): string | null {
  const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  if (length !== "0" || encoding !== undefined || query.has("studioID")) return null;
  const requestId = query.get("requestID");
  return typeof requestId === "string" && isId(requestId) ? requestId.toLowerCase() : null;
}
