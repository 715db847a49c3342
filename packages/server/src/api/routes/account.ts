import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { rotateApiKey, rotateRefreshToken, rotateSecret } from "../../auth/accounts.ts";
import { isOperator } from "../../auth/operator.ts";
import { mayReplacePassword } from "../../auth/session.ts";
import type { Context } from "../../context.ts";
import { readQuota } from "../../requests/quota.ts";
import { readPage, writePage } from "../paging.ts";
import { queryFields } from "../request-fields.ts";
import { errors, Id, NextCursor, PageQuery } from "../schemas.ts";

const tags = ["Account"];
const Rotated = (what: string) =>
  Type.Object({ value: Type.String({ description: `The new ${what}; the former one is void` }) });

/** The caller's own account: who he is, his credentials, what happened. */
export function accountRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/me",
    {
      schema: {
        operationId: "getAccount",
        summary: "Who you are",
        tags,
        response: {
          200: Type.Object({
            devID: Id("Your developer ID"),
            email: Type.String(),
            name: Type.String(),
            createdAt: Type.String({ format: "date-time" }),
            password: Type.String({
              enum: ["none", "replaceable", "set"],
              description: "Whether one is set; replaceable: this session may set another without it",
            }),
            operator: Type.Boolean({ description: "Whether the operator's page is yours to see" }),
            quota: Type.Ref("Quota"),
          }),
          ...errors(401, 429),
        },
      },
    },
    async (request) => {
      const { accountId, session } = request.caller!;
      const account = await context.db
        .selectFrom("account")
        .select(["id", "email", "name", "created_at", "password_hash"])
        .where("id", "=", accountId)
        .executeTakeFirstOrThrow();
      const replaceable = mayReplacePassword(session, context.now());
      return {
        devID: account.id,
        email: account.email,
        name: account.name,
        createdAt: account.created_at.toISOString(),
        password: account.password_hash === null ? "none" : replaceable ? "replaceable" : "set",
        operator: await isOperator(context.db, accountId),
        quota: await readQuota(context, accountId),
      };
    },
  );

  const credentials = [
    { path: "api-key", operationId: "replaceApiKey", what: "API key", rotate: rotateApiKey },
    { path: "secret", operationId: "replaceSecret", what: "webhook secret", rotate: rotateSecret },
    { path: "refresh-token", operationId: "replaceRefreshToken", what: "refresh token", rotate: rotateRefreshToken },
  ];
  for (const { path, operationId, what, rotate } of credentials) {
    app.post(
      `/credentials/${path}`,
      {
        schema: {
          operationId,
          summary: `Replace the ${what}`,
          tags,
          response: { 201: Rotated(what), ...errors(401, 403, 429) },
        },
      },
      async (request, reply) => {
        reply.code(201);
        return { value: await rotate(context, request.caller!.accountId, request.ip) };
      },
    );
  }

  app.get(
    "/audit-events",
    {
      schema: {
        operationId: "listAuditEvents",
        summary: "What happened to the account, newest first",
        tags,
        querystring: PageQuery,
        response: {
          200: Type.Object({
            events: Type.Array(Type.Ref("AuditEvent")),
            nextCursor: NextCursor,
          }),
          ...errors(400, 401, 429),
        },
      },
    },
    async (request) => {
      const { limit, after } = readPage(queryFields(request));
      let query = context.db
        .selectFrom("audit_event")
        .selectAll()
        .where("account_id", "=", request.caller!.accountId)
        .orderBy("id", "desc")
        .limit(limit + 1);
      if (after !== null) query = query.where("id", "<", Number(after));
      const rows = await query.execute();
      const { shown, nextCursor } = writePage(rows, limit, (row) => String(row.id));
      return {
        events: shown.map((row) => ({
          kind: row.kind,
          at: row.at.toISOString(),
          actorID: row.actor_id,
          studioID: row.studio_id,
          address: row.address,
          detail: row.detail,
        })),
        nextCursor,
      };
    },
  );
}
