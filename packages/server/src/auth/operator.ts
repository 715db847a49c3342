import { ApiError } from "../api/errors.ts";
import type { Db } from "../db/open-database.ts";

/** The operator is who owns the oldest account: the one that the first start makes. */
export async function isOperator(db: Db, accountId: string): Promise<boolean> {
  const oldest = await db.selectFrom("account").select("id").orderBy("created_at").limit(1).executeTakeFirst();
  return oldest?.id === accountId;
}

/** @throws ApiError operator_only */
export async function requireOperator(db: Db, accountId: string): Promise<void> {
  if (!(await isOperator(db, accountId))) throw new ApiError("operator_only");
}
