import { type Kysely, sql } from "kysely";

/**
 * Something that differs whenever what the API says of the request `r` of the account `a` may differ: the transactions
 * that wrote its rows last. Artifacts come with the end of their iteration. What changes by itself, the place in the
 * queue, is not in it.
 */
const ASSET_VERSION = `concat_ws(' ', a.email, r.xmin,
  (select string_agg(i.xmin::text, ',' order by i.number) from iteration i where i.request_id = r.id),
  (select string_agg(m.xmin::text, ',' order by m.id) from image m where m.request_id = r.id))`;

/**
 * For pairs of an account and a request: the account's credential, and the request's version if the account may see it.
 * In a procedural language, since that keeps the plan: planning would take longer than the look-ups.
 */
const GLANCE = `create function glance(accounts uuid[], requests uuid[])
  returns table (place bigint, api_key_hash text, jwt_id uuid, jwt_not_before timestamptz, version text)
  language plpgsql stable set plan_cache_mode = force_generic_plan as $$
  begin
    return query select q.n, c.api_key_hash, c.jwt_id, c.jwt_not_before, case
        when r.account_id = q.account or exists (
          select from membership s where s.studio_id = r.studio_id and s.account_id = q.account
        ) then ${ASSET_VERSION} end
      from unnest(accounts, requests) with ordinality as q(account, request, n)
      left join credential c on c.account_id = q.account
      left join request r on r.id = q.request and r.deleted_at is null
      left join account a on a.id = r.account_id;
  end $$`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(GLANCE).execute(db);
}
