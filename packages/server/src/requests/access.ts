import { ApiError, invalid } from "../api/errors.ts";
import { isId } from "../db/ids.ts";
import type { Db } from "../db/open-database.ts";
import type { ProjectStyle, StudioRole } from "../db/schema.ts";

/**
 * The caller's role in a studio.
 * @throws ApiError studio_forbidden, the same whether there is no such studio or he is no member
 */
export async function requireMember(db: Db, accountId: string, studioId: string): Promise<StudioRole> {
  const membership = isId(studioId)
    ? await db
        .selectFrom("membership")
        .select("role")
        .where("studio_id", "=", studioId)
        .where("account_id", "=", accountId)
        .executeTakeFirst()
    : undefined;
  if (!membership) throw new ApiError("studio_forbidden", { value: studioId.slice(0, 64) });
  return membership.role;
}

export interface ChosenProject {
  id: string;
  studioId: string | null;
  style: ProjectStyle;
}

/**
 * A project that the caller may use: his own, or one of a studio of his.
 * @throws ApiError request_invalid
 */
export async function findProject(db: Db, accountId: string, projectId: string): Promise<ChosenProject> {
  const row = isId(projectId)
    ? await db
        .selectFrom("project as p")
        .leftJoin("membership as m", (join) =>
          join.onRef("m.studio_id", "=", "p.studio_id").on("m.account_id", "=", accountId),
        )
        .select(["p.id", "p.studio_id", "p.style"])
        .where("p.id", "=", projectId)
        .where("p.deleted_at", "is", null)
        .where((eb) => eb.or([eb("p.account_id", "=", accountId), eb("m.account_id", "is not", null)]))
        .executeTakeFirst()
    : undefined;
  if (!row) throw invalid(`projectID "${projectId.slice(0, 64)}", which is none of your projects`);
  return { id: row.id, studioId: row.studio_id, style: row.style };
}
