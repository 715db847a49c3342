import type { FastifyInstance } from "fastify";
import { signIn } from "../../auth/session.ts";
import type { Context } from "../../context.ts";
import { queryFields } from "../request-fields.ts";

/** The one-time link that the first start prints. */
export function signInRoute(app: FastifyInstance, context: Context): void {
  // Not for HEAD: whoever previews a link must not use it up.
  app.get("/sign-in", { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const token = queryFields(request).text("token") ?? "";
    const cookie = await signIn(context, token, request.ip);
    return reply.header("set-cookie", cookie).redirect("/", 303);
  });
}
