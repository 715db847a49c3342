import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import { authenticate, checkDevId } from "../../auth/authenticate.ts";
import type { Context } from "../../context.ts";
import { requireMember } from "../../requests/access.ts";
import type { AccountGuards } from "../account-guards.ts";
import { bodyFields, pathParameter, queryFields } from "../request-fields.ts";
import { DevIdQuery, devIdInPath, errors, Id, StudioQuery } from "../schemas.ts";

const operation = {
  summary: "List projects: the styles that assets can take",
  tags: ["Kaedim Web API"],
  querystring: Type.Object({
    devID: DevIdQuery,
    studioID: StudioQuery("Your team: its projects only"),
  }),
  response: {
    200: Type.Object({
      status: Type.Literal("success"),
      message: Type.Array(
        Type.Object({
          projectID: Id("Names the project"),
          name: Type.String(),
          studioID: Type.Union([Id("Its team"), Type.Null()]),
        }),
      ),
    }),
    ...errors(400, 401, 403, 429),
  },
};

export function fetchProjectsRoute(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  for (const path of ["/fetchProjects", "/fetchProjects/:devID"]) {
    app.get(path, { schema: devIdInPath(operation, "fetchProjects", path) }, async (request) => {
      const caller = await authenticate(context, request);
      guards.rate(caller.accountId);
      const query = queryFields(request);
      const body = bodyFields(request);
      checkDevId(caller, query, body, pathParameter(request, "devID"));
      const studioId = query.text("studioID") ?? body.text("studioID");
      if (studioId !== null) await requireMember(context.db, caller.accountId, studioId);
      const scope =
        studioId === null
          ? sql<boolean>`(account_id = ${caller.accountId}
              or studio_id in (select studio_id from membership where account_id = ${caller.accountId}))`
          : sql<boolean>`studio_id = ${studioId}`;
      const projects = await context.db
        .selectFrom("project")
        .select(["id", "name", "studio_id"])
        .where("deleted_at", "is", null)
        .where(scope)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return {
        status: "success",
        message: projects.map(({ id, name, studio_id }) => ({ projectID: id, name, studioID: studio_id })),
      };
    });
  }
}
