import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { readGivenModel } from "../../requests/given-model.ts";
import type { AccountGuards } from "../account-guards.ts";
import { parseFinish } from "../parse-options.ts";
import { errors, finishBodies, IdempotencyHeaders } from "../schemas.ts";
import { accept, readRequest } from "./process.ts";

const schema = {
  operationId: "finishModel",
  summary: "Bring a model into shape: repaired, game-ready, in all formats",
  description: "The asset waits, is fetched, revised and announced by webhook like one from images.",
  tags: ["Assets"],
  headers: IdempotencyHeaders,
  body: finishBodies,
  response: { 201: Type.Ref("Accepted"), ...errors(400, 401, 403, 406, 408, 409, 413, 415, 429) },
};

/** Assets from models that somebody has. */
export function modelRoutes(app: FastifyInstance, context: Context, guards: AccountGuards): void {
  app.post(
    "/models",
    {
      schema,
      bodyLimit: LIMITS.modelBodyBytes,
      onRequest: async (request, reply) => guards.upload(request, reply, LIMITS.modelBodyBytes),
    },
    async (request, reply) => {
      const { fields, project: _project, ...common } = await readRequest(context, request);
      const finish = parseFinish(fields, common.options, common.warnings);
      const model = readGivenModel(fields, context.policy, !common.test);
      return accept(context, request, reply, { ...common, images: [], views: [], model, finish });
    },
  );
}
