import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { audit } from "../../auth/audit.ts";
import { checkOrigin, setPassword, signInWithPassword, signOut } from "../../auth/session.ts";
import type { Context } from "../../context.ts";
import { isId } from "../../db/ids.ts";
import { ApiError, invalid } from "../errors.ts";
import { bodyFields, pathParameter } from "../request-fields.ts";
import { errors, Id, Nullable, Timestamp } from "../schemas.ts";

const tags = ["Account"];

/** Signing in, which nobody has done yet who comes here. */
export function passwordSignInRoute(app: FastifyInstance, context: Context): void {
  app.post(
    "/sessions",
    {
      schema: {
        summary: "Sign in to the web app with a password; the session travels in a cookie",
        tags,
        body: Type.Object({ email: Type.Optional(Type.String()), password: Type.Optional(Type.String()) }),
        response: {
          201: Type.Object({ status: Type.Literal("success"), devID: Id("Your developer ID") }),
          ...errors(400, 401, 403, 429),
        },
      },
    },
    async (request, reply) => {
      checkOrigin(request);
      const fields = bodyFields(request);
      const email = fields.text("email");
      const password = fields.get("password");
      if (email === null || typeof password !== "string") throw invalid("a missing email or password");
      const { cookie, accountId } = await signInWithPassword(context, email, password, request);
      reply.code(201).header("set-cookie", cookie);
      return { status: "success", devID: accountId };
    },
  );
}

/** The sessions of the web app and its password. */
export function sessionRoutes(app: FastifyInstance, context: Context): void {
  app.post(
    "/sign-out",
    {
      schema: { summary: "End the web app's session", tags, response: { 200: Type.Ref("Done"), ...errors(401, 403) } },
    },
    async (request, reply) => {
      reply.header("set-cookie", await signOut(context, request));
      return { status: "success" };
    },
  );

  app.post(
    "/password",
    {
      schema: {
        summary: "Set the web app's password and end all other sessions",
        tags,
        body: Type.Object({
          current: Type.Optional(Type.String({ description: "Not needed soon after coming by a one-time link" })),
          password: Type.Optional(Type.String({ minLength: 10, maxLength: 200 })),
        }),
        response: { 200: Type.Ref("Done"), ...errors(400, 401, 403, 429) },
      },
    },
    async (request) => {
      const fields = bodyFields(request);
      const text = (name: string) => {
        const value = fields.get(name);
        return typeof value === "string" ? value : null;
      };
      const given = { current: text("current"), password: text("password") };
      await setPassword(context, request.caller!, given, request.ip);
      return { status: "success" };
    },
  );

  app.get(
    "/sessions",
    {
      schema: {
        summary: "Where you are signed in",
        tags,
        response: {
          200: Type.Object({
            sessions: Type.Array(
              Type.Object({
                sessionID: Id("The session"),
                createdAt: Timestamp("When it was opened"),
                seenAt: Timestamp("When it was last used, to ten minutes"),
                agent: Nullable(Type.String(), { description: "What the browser calls itself" }),
                address: Nullable(Type.String()),
                current: Type.Boolean({ description: "Whether it is the one that asks" }),
              }),
            ),
          }),
          ...errors(401),
        },
      },
    },
    async (request) => {
      const rows = await context.db
        .selectFrom("session")
        .select(["id", "created_at", "seen_at", "agent", "address"])
        .where("account_id", "=", request.caller!.accountId)
        .where("expires_at", ">", new Date(context.now()))
        .orderBy("seen_at", "desc")
        .execute();
      return {
        sessions: rows.map((row) => ({
          sessionID: row.id,
          createdAt: row.created_at.toISOString(),
          seenAt: row.seen_at.toISOString(),
          agent: row.agent,
          address: row.address,
          current: row.id === request.caller!.session?.id,
        })),
      };
    },
  );

  app.delete(
    "/sessions/:sessionID",
    {
      schema: {
        summary: "Sign another browser out",
        tags,
        params: Type.Object({ sessionID: Id("The session") }),
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404) },
      },
    },
    async (request) => {
      const { accountId } = request.caller!;
      const id = pathParameter(request, "sessionID")!;
      const ended = isId(id)
        ? await context.db
            .deleteFrom("session")
            .where("id", "=", id)
            .where("account_id", "=", accountId)
            .returning("agent")
            .executeTakeFirst()
        : undefined;
      if (!ended) throw new ApiError("session_unknown");
      await audit(context.db, context.now(), {
        kind: "session.ended",
        accountId,
        actorId: accountId,
        address: request.ip,
      });
      return { status: "success" };
    },
  );
}
