import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { isId, newId } from "../../db/ids.ts";
import type { ProjectStyle } from "../../db/schema.ts";
import { requireMember } from "../../requests/access.ts";
import { ApiError, invalid } from "../errors.ts";
import type { Fields } from "../fields.ts";
import { parseStyle } from "../parse-style.ts";
import { bodyFields, pathParameter } from "../request-fields.ts";
import { errors, Id, ProjectStyleBody } from "../schemas.ts";

const tags = ["Projects"];
const params = Type.Object({ projectID: Id("The project") });
const body = Type.Object({
  name: Type.Optional(Type.String({ maxLength: 128 })),
  studioID: Type.Optional(Id("Its team; yours alone without one")),
  style: Type.Optional(ProjectStyleBody),
});

interface ProjectRow {
  id: string;
  name: string;
  studio_id: string | null;
  style: ProjectStyle;
  created_at: Date;
}

/** Projects: the styles that assets take. */
export function projectRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/projects",
    {
      schema: {
        operationId: "listProjects",
        summary: "List projects with their styles",
        tags,
        response: { 200: Type.Object({ projects: Type.Array(Type.Ref("Project")) }), ...errors(401, 429) },
      },
    },
    async (request) => {
      const { accountId } = request.caller!;
      const rows = await context.db
        .selectFrom("project")
        .select(["id", "name", "studio_id", "style", "created_at"])
        .where("deleted_at", "is", null)
        .where(usableBy(accountId))
        .orderBy("created_at")
        .execute();
      return { projects: rows.map(present) };
    },
  );

  app.post(
    "/projects",
    {
      schema: {
        operationId: "createProject",
        summary: "Make a project",
        tags,
        body,
        response: { 201: Type.Ref("Project"), ...errors(400, 401, 403, 429) },
      },
    },
    async (request, reply) => {
      const { accountId } = request.caller!;
      const fields = bodyFields(request);
      const name = readName(fields);
      if (name === null) throw invalid("a missing name");
      const studioId = fields.text("studioID");
      if (studioId !== null) await requireMember(context.db, accountId, studioId);
      const now = context.now();
      const row = await context.db
        .insertInto("project")
        .values({
          id: newId(now),
          account_id: studioId === null ? accountId : null,
          studio_id: studioId,
          name,
          style: JSON.stringify(parseStyle(fields.get("style") ?? {}, {}, context.generators.names)),
          created_at: new Date(now),
        })
        .returning(["id", "name", "studio_id", "style", "created_at"])
        .executeTakeFirstOrThrow();
      reply.code(201);
      return present(row);
    },
  );

  app.patch(
    "/projects/:projectID",
    {
      schema: {
        operationId: "changeProject",
        summary: "Rename a project or change its style",
        tags,
        params,
        body,
        response: { 200: Type.Ref("Project"), ...errors(400, 401, 403, 404, 429) },
      },
    },
    async (request) => {
      const row = await find(request.caller!.accountId, pathParameter(request, "projectID")!);
      const fields = bodyFields(request);
      const changed = await context.db
        .updateTable("project")
        .set({
          name: readName(fields) ?? row.name,
          style: JSON.stringify(parseStyle(fields.get("style") ?? {}, row.style, context.generators.names)),
        })
        .where("id", "=", row.id)
        .returning(["id", "name", "studio_id", "style", "created_at"])
        .executeTakeFirstOrThrow();
      return present(changed);
    },
  );

  app.delete(
    "/projects/:projectID",
    {
      schema: {
        operationId: "deleteProject",
        summary: "Delete a project; its assets stay",
        tags,
        params,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 429) },
      },
    },
    async (request) => {
      const row = await find(request.caller!.accountId, pathParameter(request, "projectID")!);
      await context.db
        .updateTable("project")
        .set({ deleted_at: new Date(context.now()) })
        .where("id", "=", row.id)
        .execute();
      return { status: "success" };
    },
  );

  async function find(accountId: string, projectId: string): Promise<ProjectRow> {
    const row = isId(projectId)
      ? await context.db
          .selectFrom("project")
          .select(["id", "name", "studio_id", "style", "created_at"])
          .where("id", "=", projectId)
          .where("deleted_at", "is", null)
          .where(usableBy(accountId))
          .executeTakeFirst()
      : undefined;
    if (!row) throw new ApiError("project_unknown");
    return row;
  }
}

function usableBy(accountId: string) {
  return sql<boolean>`(account_id = ${accountId}
    or studio_id in (select studio_id from membership where account_id = ${accountId}))`;
}

function readName(fields: Fields): string | null {
  const name = fields.line("name");
  if (name !== null && name.length > LIMITS.nameCharacters)
    throw invalid(`a name of over ${LIMITS.nameCharacters} characters`);
  return name;
}

function present(row: ProjectRow) {
  return {
    projectID: row.id,
    name: row.name,
    studioID: row.studio_id,
    style: row.style,
    createdAt: row.created_at.toISOString(),
  };
}
