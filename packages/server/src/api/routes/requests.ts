import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { createLinker } from "../../downloads/links.ts";
import { loadAssets, presentAsset } from "../../requests/load-assets.ts";
import { findIteration, findRequest } from "../../requests/own-request.ts";
import { cancelIteration, deleteRequest } from "../../requests/remove.ts";
import { reviseRequest } from "../../requests/revise.ts";
import type { AccountGuards } from "../account-guards.ts";
import { ApiError } from "../errors.ts";
import { requestOrigin } from "../origin.ts";
import { bodyFields, pathParameter } from "../request-fields.ts";
import { errors, Id, revisionBodies } from "../schemas.ts";

const tags = ["Assets"];
const requestParams = Type.Object({ requestID: Id("The asset") });
const iterationParams = Type.Object({ requestID: Id("The asset"), iterationID: Type.String({ pattern: "^\\d+$" }) });

const revision = {
  operationId: "revise",
  summary: "Make a new iteration: other options, added or replaced images, wishes in words",
  tags,
  params: requestParams,
  body: revisionBodies,
  response: {
    201: Type.Object({
      status: Type.Literal("success"),
      requestID: Id("The asset"),
      iterationID: Type.String(),
      applied: Type.Array(Type.String(), { description: "What the description brought about" }),
      warnings: Type.Array(Type.String()),
    }),
    ...errors(400, 401, 403, 404, 406, 409, 413, 415, 429),
  },
};

/** What can be done with a request once it is there. */
export function requestRoutes(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  app.get(
    "/requests/:requestID",
    {
      schema: {
        operationId: "getAsset",
        summary: "An asset, as fetchRequest has it",
        tags,
        params: requestParams,
        response: { 200: Type.Ref("Asset"), ...errors(401, 404, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const [row] = await loadAssets(context.db, sql`r.id = ${id}`);
      if (!row) throw new ApiError("request_unknown");
      return presentAsset(row, createLinker(context.keys.link, requestOrigin(context, request), context.now()));
    },
  );

  app.post(
    "/requests/:requestID/iterations",
    {
      schema: revision,
      bodyLimit: LIMITS.processBodyBytes,
      onRequest: async (request, reply) => guards.upload(request, reply),
    },
    async (request, reply) => {
      const { accountId } = request.caller!;
      const { id } = await own(accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const made = await reviseRequest(
        context,
        accountId,
        id,
        bodyFields(request),
        request.span ? context.tracing.carry(request.span) : undefined,
      );
      reply.code(201);
      return { status: "success", requestID: id, ...made };
    },
  );

  app.post(
    "/requests/:requestID/iterations/:iterationID/cancel",
    {
      schema: {
        operationId: "cancelIteration",
        summary: "Stop an iteration that waits or runs",
        tags,
        params: iterationParams,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 409, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      await cancelIteration(context, await findIteration(context.db, id, pathParameter(request, "iterationID")!));
      return { status: "success" };
    },
  );

  app.post(
    "/requests/:requestID/iterations/:iterationID/approve",
    {
      schema: {
        operationId: "approveIteration",
        summary: "Mark a completed iteration as approved",
        tags,
        params: iterationParams,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 409, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      const iteration = await findIteration(context.db, id, pathParameter(request, "iterationID")!);
      const { numUpdatedRows } = await context.db
        .updateTable("iteration")
        .set({ status: "approved" })
        .where("id", "=", iteration.id)
        .where("status", "in", ["completed", "approved"])
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new ApiError("state_conflict", { value: "Only a completed iteration can be approved" });
      }
      return { status: "success" };
    },
  );

  app.delete(
    "/requests/:requestID",
    {
      schema: {
        operationId: "deleteAsset",
        summary: "Delete an asset and its files",
        tags,
        params: requestParams,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 429) },
      },
    },
    async (request) => {
      const { id } = await own(request.caller!.accountId, pathParameter(request, "requestID")!);
      request.assetId = id;
      await deleteRequest(context, id);
      return { status: "success" };
    },
  );

  const own = (accountId: string, requestId: string) => findRequest(context.db, accountId, requestId);
}
