import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { header } from "../../auth/authenticate.ts";
import { refreshJwt } from "../../auth/issue.ts";
import type { Context } from "../../context.ts";
import { bodyFields, queryFields } from "../request-fields.ts";
import { errors, Id } from "../schemas.ts";

const schema = {
  operationId: "refreshJWT",
  summary: "Trade a refresh token for a new JWT",
  tags: ["Kaedim Web API"],
  body: Type.Object({ devID: Type.Optional(Id("Your developer ID")) }),
  response: {
    200: Type.Object({
      status: Type.Literal("success"),
      message: Type.String(),
      jwt: Type.String({ description: "Valid for 12 hours; replaces the former one" }),
      devID: Id("Your developer ID"),
    }),
    ...errors(400, 413, 415, 429),
  },
};

export function refreshJwtRoute(app: FastifyInstance, context: Context): void {
  app.post("/refreshJWT", { schema }, async (request) => {
    const devId = (bodyFields(request).text("devID") ?? queryFields(request).text("devID"))?.toLowerCase() ?? null;
    const jwt = await refreshJwt(context, {
      devId,
      apiKey: header(request, "x-api-key"),
      refreshToken: header(request, "refresh-token"),
      address: request.ip,
    });
    return {
      status: "success",
      message: "JWT refreshed successfully. Please use the new JWT and devID to authenticate your future requests",
      jwt,
      devID: devId,
    };
  });
}
