import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  // What an account takes up and has asked for, in the row that every request locks anyway: sums over its files would take
  // half a second for one with a million.
  `alter table account
    add column stored_bytes bigint not null default 0,
    add column quota_month text,
    add column quota_used integer not null default 0`,
  `update account a set stored_bytes =
    (select coalesce(sum(m.bytes), 0) from image m join request r on r.id = m.request_id
      where r.account_id = a.id and r.deleted_at is null and m.storage_key is not null)
    + (select coalesce(sum(f.bytes), 0) from artifact f
      join iteration i on i.id = f.iteration_id join request r on r.id = i.request_id
      where r.account_id = a.id and r.deleted_at is null)`,
  // A file that was deleted keeps its row. Older servers read no key as no file.
  `alter table artifact alter column storage_key drop not null`,
  `alter table iteration add column files_removed_at timestamptz(3)`,
  `alter table request add column pictures_removed_at timestamptz(3)`,
  `create index iteration_kept on iteration (completed_at) where completed_at is not null and files_removed_at is null`,
  `create index request_kept on request (created_at) where deleted_at is null and pictures_removed_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
