import { type Kysely, sql } from "kysely";

/**
 * Something that differs whenever what the API says of the request `r` of the account `a` may differ: the transactions
 * that wrote its rows last, in any order. Artifacts come with the end of their iteration. What changes by itself, the
 * place in the queue, is not in it.
 */
export const ASSET_VERSION = `concat_ws(' ', a.email, r.xmin,
  array(select i.xmin from iteration i where i.request_id = r.id),
  array(select m.xmin from image m where m.request_id = r.id))`;

/**
 * For pairs `q` of an account and a request: the account's credential, and the request's version if the account may see
 * it, as one JSON text. A text is what client and server make fastest: four columns took a third more of both.
 */
const look = (pairs: string, also = "") => `select json_build_array(${also}c.api_key_hash, c.jwt_id,
    floor(extract(epoch from c.jwt_not_before) * 1000), case
      when r.account_id = q.account or exists (
        select from membership s where s.studio_id = r.studio_id and s.account_id = q.account
      ) then ${ASSET_VERSION} end)::text as seen
  from ${pairs}
  left join credential c on c.account_id = q.account
  left join request r on r.id = q.request and r.deleted_at is null
  left join account a on a.id = r.account_id`;

/** For one pair: account, request. Prepared, PostgreSQL keeps its plan, and takes half of what the function does. */
export const LOOK = look("(select $1::uuid as account, $2::uuid as request) as q");

/**
 * For lists of accounts and requests; each answer begins with its place in them, from 1. In a procedural language, since
 * that keeps the plan: planning would take longer than the look-ups. It does what `glance` does for servers of the
 * version before.
 */
export const LOOK_ALL = "select seen from look($1::uuid[], $2::uuid[])";

const FUNCTION = `create function look(accounts uuid[], requests uuid[]) returns table (seen text)
  language plpgsql stable set plan_cache_mode = force_generic_plan as $$
  begin
    return query ${look("unnest(accounts, requests) with ordinality as q(account, request, n)", "q.n, ")};
  end $$`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(FUNCTION).execute(db);
}
