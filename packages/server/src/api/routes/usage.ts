import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { Type } from "typebox";
import type { Context } from "../../context.ts";
import { requireMember } from "../../requests/access.ts";
import { readQuota } from "../../requests/quota.ts";
import { queryFields } from "../request-fields.ts";
import { errors, Id, Nullable } from "../schemas.ts";

const Count = Type.Integer({ minimum: 0 });

/** What was made, by whom, and what it takes up. */
export function usageRoutes(app: FastifyInstance, context: Context): void {
  app.get(
    "/usage",
    {
      schema: {
        summary: "What you, or all members of a studio, made in the last twelve months",
        tags: ["Account"],
        querystring: Type.Object({ studioID: Type.Optional(Id("A team, instead of you alone")) }),
        response: {
          200: Type.Object({
            months: Type.Array(
              Type.Object({
                month: Type.String({ description: "YYYY-MM, UTC" }),
                iterations: Count,
                completed: Count,
                dismissed: Count,
                seconds: Type.Number({ description: "Of making" }),
              }),
            ),
            members: Type.Array(
              Type.Object({
                userID: Id("Who made them"),
                email: Type.String(),
                iterations: Count,
                seconds: Type.Number(),
              }),
            ),
            assets: Type.Integer({ description: "That are there now" }),
            bytes: Type.Integer({ description: "Of their pictures and files" }),
            quota: Nullable(Type.Ref("Quota"), { description: "Of your account; null for a studio" }),
          }),
          ...errors(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { accountId } = request.caller!;
      const studioId = queryFields(request).text("studioID");
      if (studioId !== null) await requireMember(context.db, accountId, studioId);
      const mine = studioId === null ? sql`r.account_id = ${accountId}` : sql`r.studio_id = ${studioId}`;
      const since = new Date(context.now());
      since.setUTCDate(1);
      since.setUTCHours(0, 0, 0, 0);
      since.setUTCMonth(since.getUTCMonth() - 11);
      const seconds = sql`coalesce(sum(extract(epoch from i.completed_at - i.started_at))
        filter (where i.status <> 'dismissed' or i.report is not null), 0)::float8`;
      const made = sql`from iteration i join request r on r.id = i.request_id where ${mine} and i.created_at >= ${since}`;
      const months = await sql<Record<string, never>>`
        select to_char(i.created_at at time zone 'utc', 'YYYY-MM') as month, count(*)::int as iterations,
          count(*) filter (where i.status in ('completed', 'approved', 'uploaded'))::int as completed,
          count(*) filter (where i.status = 'dismissed')::int as dismissed, ${seconds} as seconds
        ${made} group by 1 order by 1`.execute(context.db);
      const members = await sql<Record<string, never>>`
        select a.id as "userID", a.email, m.iterations, m.seconds from (
          select i.account_id, count(*)::int as iterations, ${seconds} as seconds ${made} group by 1
        ) m join account a on a.id = m.account_id order by m.iterations desc limit 200`.execute(context.db);
      const { rows } = await sql<{ assets: number; bytes: number }>`
        select count(*)::int as assets, coalesce(sum(
          (select coalesce(sum(m.bytes), 0) from image m where m.request_id = r.id and m.storage_key is not null) +
          (select coalesce(sum(f.bytes), 0) from artifact f join iteration i on i.id = f.iteration_id
            where i.request_id = r.id and f.storage_key is not null)), 0)::float8 as bytes
        from request r where r.deleted_at is null and ${mine}`.execute(context.db);
      const quota = studioId === null ? await readQuota(context, accountId) : null;
      return { months: months.rows, members: members.rows, ...rows[0]!, quota };
    },
  );
}
