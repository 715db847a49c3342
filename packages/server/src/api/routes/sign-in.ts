import type { FastifyInstance } from "fastify";
import { header } from "../../auth/authenticate.ts";
import { signIn } from "../../auth/session.ts";
import type { Context } from "../../context.ts";
import { ApiError } from "../errors.ts";
import { queryFields } from "../request-fields.ts";
import type { SendPage } from "./web.ts";

/** The one-time link that the first start prints; without a token, the web app's page to sign in. */
export function signInRoute(app: FastifyInstance, context: Context, sendPage: SendPage): void {
  // Not for HEAD: whoever previews a link must not use it up.
  app.get("/sign-in", { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const token = queryFields(request).text("token");
    const reader = header(request, "accept")?.includes("text/html") ?? false;
    if (token === null) return sendPage(request, reply);
    try {
      const { cookie } = await signIn(context, token, request);
      return reply.header("set-cookie", cookie).redirect("/", 303);
    } catch (error) {
      // A person gets a page that says what to do; a program gets the reason.
      if (reader && error instanceof ApiError) return reply.redirect(`/sign-in?problem=${error.code}`, 303);
      throw error;
    }
  });
}
