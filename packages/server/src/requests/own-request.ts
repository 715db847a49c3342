import { sql } from "kysely";
import { ApiError } from "../api/errors.ts";
import { isId } from "../db/ids.ts";
import type { Db } from "../db/open-database.ts";
import { visibleTo } from "./load-assets.ts";

/**
 * A request that the caller may see, and so change: editors of a studio work on its assets alike.
 * @throws ApiError request_unknown, the same for one that is not there and one that is not his
 */
export async function findRequest(db: Db, accountId: string, requestId: string): Promise<{ id: string }> {
  if (isId(requestId)) {
    const { rows } = await sql<{ id: string }>`
      select r.id from request r where r.id = ${requestId} and r.deleted_at is null and ${visibleTo(accountId)}
    `.execute(db);
    if (rows[0]) return rows[0];
  }
  throw new ApiError("request_unknown");
}

/** @throws ApiError iteration_unknown */
export async function findIteration(
  db: Db,
  requestId: string,
  number: string,
): Promise<{ id: string; account_id: string; status: string }> {
  const iteration = /^\d{1,6}$/.test(number)
    ? await db
        .selectFrom("iteration")
        .select(["id", "account_id", "status"])
        .where("request_id", "=", requestId)
        .where("number", "=", Number(number))
        .executeTakeFirst()
    : undefined;
  if (!iteration) throw new ApiError("iteration_unknown");
  return iteration;
}
