import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Context } from "../../context.ts";
import { errors } from "../schemas.ts";

/** Who can make the shape of an asset. */
export function generatorRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/generators",
    {
      schema: {
        operationId: "listGenerators",
        summary: "List what can make an asset's shape",
        tags: ["Assets"],
        response: {
          200: Type.Object({
            default: Type.String({ description: "Makes the assets of requests and projects that do not say" }),
            generators: Type.Array(Type.String(), { description: "`builtin` is the engine of the server itself" }),
          }),
          ...errors(401, 429),
        },
      },
    },
    async () => ({ default: context.generators.default, generators: context.generators.names }),
  );
}
