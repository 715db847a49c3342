import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { header } from "../../auth/authenticate.ts";
import type { Context } from "../../context.ts";
import { registerHook } from "../../webhooks/register.ts";
import { bodyFields, queryFields } from "../request-fields.ts";
import { errors, Id } from "../schemas.ts";

const schema = {
  operationId: "registerHook",
  summary: "Register a webhook destination and get a JWT",
  tags: ["Kaedim Web API"],
  body: Type.Object({
    devID: Type.Optional(Id("Your developer ID")),
    destination: Type.Optional(
      Type.String({ maxLength: 2048, description: "Your webhook endpoint: any text, contacted only to deliver" }),
    ),
  }),
  response: {
    201: Type.Object({
      status: Type.Literal("success"),
      message: Type.String({ enum: ["Webhook registered successfully", "Webhook already registered"] }),
      jwt: Type.String({ description: "Valid for 12 hours; replaces the former one" }),
      refreshToken: Type.Optional(Type.String({ description: "Only for a new destination" })),
      devID: Id("Your developer ID"),
    }),
    ...errors(400, 401, 404, 413, 415, 429),
  },
};

export function registerHookRoute(app: FastifyInstance, context: Context): void {
  app.post("/registerHook", { schema }, async (request, reply) => {
    const fields = bodyFields(request);
    const { jwt, refreshToken, devId } = await registerHook(context, {
      devId: fields.text("devID") ?? queryFields(request).text("devID"),
      apiKey: header(request, "x-api-key"),
      destination: fields.text("destination"),
      address: request.ip,
    });
    reply.code(201);
    if (refreshToken === null) return { status: "success", message: "Webhook already registered", jwt, devID: devId };
    return { status: "success", message: "Webhook registered successfully", jwt, refreshToken, devID: devId };
  });
}
