import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { audit } from "../../auth/audit.ts";
import { LIMITS } from "../../config/limits.ts";
import type { Context } from "../../context.ts";
import { isId, newId } from "../../db/ids.ts";
import type { StudioRole } from "../../db/schema.ts";
import { requireMember } from "../../requests/access.ts";
import { ApiError, invalid } from "../errors.ts";
import { bodyFields, pathParameter } from "../request-fields.ts";
import { errors, Id, Role } from "../schemas.ts";

const tags = ["Studios"];
const ROLES: readonly StudioRole[] = ["owner", "admin", "editor"];
const params = Type.Object({ studioID: Id("The studio") });
const memberParams = Type.Object({ studioID: Id("The studio"), userID: Id("The member") });

/** Studios: teams that share projects and assets. */
export function studioRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/studios",
    {
      schema: {
        operationId: "listStudios",
        summary: "List your studios",
        tags,
        response: { 200: Type.Object({ studios: Type.Array(Type.Ref("Studio")) }), ...errors(401, 429) },
      },
    },
    async (request) => {
      const rows = await context.db
        .selectFrom("studio as s")
        .innerJoin("membership as m", "m.studio_id", "s.id")
        .select(["s.id", "s.name", "m.role"])
        .where("m.account_id", "=", request.caller!.accountId)
        .orderBy("s.created_at")
        .execute();
      return { studios: rows.map(({ id, name, role }) => ({ studioID: id, name, role })) };
    },
  );

  app.post(
    "/studios",
    {
      schema: {
        operationId: "createStudio",
        summary: "Make a studio, which you then own",
        tags,
        body: Type.Object({ name: Type.Optional(Type.String({ maxLength: 128 })) }),
        response: { 201: Type.Ref("Studio"), ...errors(400, 401, 403, 429) },
      },
    },
    async (request, reply) => {
      const { accountId } = request.caller!;
      const name = bodyFields(request).line("name");
      if (name === null) throw invalid("a missing name");
      if (name.length > LIMITS.nameCharacters) throw invalid(`a name of over ${LIMITS.nameCharacters} characters`);
      const now = context.now();
      const at = new Date(now);
      const id = newId(now);
      await context.db.transaction().execute(async (trx) => {
        await trx.insertInto("studio").values({ id, name, created_at: at }).execute();
        await trx
          .insertInto("membership")
          .values({ studio_id: id, account_id: accountId, role: "owner", created_at: at })
          .execute();
        await trx
          .insertInto("project")
          .values({ id: newId(now), studio_id: id, name: "Sandbox", style: "{}", created_at: at })
          .execute();
        await audit(trx, now, {
          kind: "studio.created",
          accountId,
          studioId: id,
          actorId: accountId,
          address: request.ip,
        });
      });
      reply.code(201);
      return { studioID: id, name, role: "owner" };
    },
  );

  app.get(
    "/studios/:studioID/members",
    {
      schema: {
        operationId: "listMembers",
        summary: "List a studio's members",
        tags,
        params,
        response: { 200: Type.Object({ members: Type.Array(Type.Ref("Member")) }), ...errors(401, 403, 429) },
      },
    },
    async (request) => {
      const studioId = pathParameter(request, "studioID")!;
      await requireMember(context.db, request.caller!.accountId, studioId);
      const rows = await context.db
        .selectFrom("membership as m")
        .innerJoin("account as a", "a.id", "m.account_id")
        .select(["a.id", "a.email", "a.name", "m.role"])
        .where("m.studio_id", "=", studioId)
        .orderBy("m.created_at")
        .execute();
      return { members: rows.map(({ id, ...rest }) => ({ userID: id, ...rest })) };
    },
  );

  app.post(
    "/studios/:studioID/members",
    {
      schema: {
        operationId: "addMember",
        summary: "Add an account to a studio, by its e-mail address",
        tags,
        params,
        body: Type.Object({ email: Type.Optional(Type.String()), role: Type.Optional(Role) }),
        response: { 201: Type.Ref("Member"), ...errors(400, 401, 403, 404, 409, 429) },
      },
    },
    async (request, reply) => {
      const studioId = pathParameter(request, "studioID")!;
      const fields = bodyFields(request);
      const role = readRole(fields.text("role") ?? "editor");
      const actor = await requireManager(request, studioId, role);
      const email = fields.text("email");
      if (email === null) throw invalid("a missing email");
      const account = await context.db
        .selectFrom("account")
        .select(["id", "email", "name"])
        .where((eb) => eb(eb.fn("lower", ["email"]), "=", email.toLowerCase()))
        .executeTakeFirst();
      if (!account) throw new ApiError("account_unknown", { value: email.slice(0, 200) });
      const now = context.now();
      await context.db.transaction().execute(async (trx) => {
        const added = await trx
          .insertInto("membership")
          .values({ studio_id: studioId, account_id: account.id, role, created_at: new Date(now) })
          .onConflict((conflict) => conflict.columns(["studio_id", "account_id"]).doNothing())
          .returning("account_id")
          .executeTakeFirst();
        if (!added) throw new ApiError("state_conflict", { value: `${account.email} is a member already` });
        await audit(trx, now, {
          kind: "member.added",
          accountId: account.id,
          studioId,
          actorId: actor,
          detail: { role },
          address: request.ip,
        });
      });
      reply.code(201);
      return { userID: account.id, email: account.email, name: account.name, role };
    },
  );

  app.patch(
    "/studios/:studioID/members/:userID",
    {
      schema: {
        operationId: "changeMember",
        summary: "Change a member's role",
        tags,
        params: memberParams,
        body: Type.Object({ role: Type.Optional(Role) }),
        response: { 200: Type.Ref("Done"), ...errors(400, 401, 403, 404, 409, 429) },
      },
    },
    async (request) => {
      const role = readRole(bodyFields(request).text("role") ?? "");
      await changeMember(request, role);
      return { status: "success" };
    },
  );

  app.delete(
    "/studios/:studioID/members/:userID",
    {
      schema: {
        operationId: "removeMember",
        summary: "Take a member out, or leave",
        tags,
        params: memberParams,
        response: { 200: Type.Ref("Done"), ...errors(401, 403, 404, 409, 429) },
      },
    },
    async (request) => {
      await changeMember(request, null);
      return { status: "success" };
    },
  );

  /** Gives a member another role; null takes him out. A studio keeps an owner. */
  async function changeMember(request: FastifyRequest, role: StudioRole | null): Promise<void> {
    const studioId = pathParameter(request, "studioID")!;
    const userId = pathParameter(request, "userID")!;
    const { accountId } = request.caller!;
    const leaving = role === null && userId === accountId;
    if (leaving) await requireMember(context.db, accountId, studioId);
    else await requireManager(request, studioId, role ?? "editor");
    const now = context.now();
    await context.db.transaction().execute(async (trx) => {
      // The studio's row is the lock under which its last owner is counted.
      await trx.selectFrom("studio").select("id").where("id", "=", studioId).forUpdate().execute();
      const members = await trx
        .selectFrom("membership")
        .select(["account_id", "role"])
        .where("studio_id", "=", studioId)
        .execute();
      const member = isId(userId) ? members.find((entry) => entry.account_id === userId) : undefined;
      if (!member) throw new ApiError("member_unknown");
      if (!leaving) checkManager(members.find((entry) => entry.account_id === accountId)?.role, member.role);
      const owners = members.filter((entry) => entry.role === "owner");
      if (member.role === "owner" && role !== "owner" && owners.length === 1) {
        throw new ApiError("state_conflict", {
          value: "A studio keeps at least one owner: make another member owner first",
        });
      }
      if (role === null) {
        await trx.deleteFrom("membership").where("studio_id", "=", studioId).where("account_id", "=", userId).execute();
      } else {
        await trx
          .updateTable("membership")
          .set({ role })
          .where("studio_id", "=", studioId)
          .where("account_id", "=", userId)
          .execute();
      }
      await audit(trx, now, {
        kind: role === null ? "member.removed" : "member.changed",
        accountId: userId,
        studioId,
        actorId: accountId,
        detail: { from: member.role, to: role },
        address: request.ip,
      });
    });
  }

  async function requireManager(request: FastifyRequest, studioId: string, role: StudioRole): Promise<string> {
    const { accountId } = request.caller!;
    checkManager(await requireMember(context.db, accountId, studioId), role);
    return accountId;
  }
}

/** Who manages members with a role: admins manage editors, owners manage everybody. */
function checkManager(own: StudioRole | undefined, role: StudioRole): void {
  const allowed = own === "owner" || (own === "admin" && role === "editor");
  if (!allowed) throw new ApiError("role_forbidden", { value: role === "editor" ? "owners and admins" : "owners" });
}

function readRole(text: string): StudioRole {
  if (!(ROLES as readonly string[]).includes(text))
    throw invalid(`role "${text.slice(0, 40)}": expected ${ROLES.join(", ")}`);
  return text as StudioRole;
}
