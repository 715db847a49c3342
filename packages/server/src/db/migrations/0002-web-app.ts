import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  `alter table account add column password_hash text`,
  // Sessions get a name that may be shown, and what their owner recognises them by.
  `alter table session
    add column id uuid not null default gen_random_uuid(),
    add column via text not null default 'link' check (via in ('link', 'password')),
    add column seen_at timestamptz(3) not null default now(),
    add column agent text,
    add column address text`,
  `create unique index session_id on session (id)`,
  `create index session_account on session (account_id)`,
  `create index request_project on request (project_id) where deleted_at is null and project_id is not null`,
  // Usage and the operator's page look back by days.
  `create index iteration_ended on iteration (completed_at desc) where completed_at is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
