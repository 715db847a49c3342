import { type Kysely, sql } from "kysely";

const STATEMENTS = [
  // Unlogged would spare the write-ahead log, and would be empty on a standby after a failover.
  `create table process (
    id uuid primary key,
    role text not null,
    version text not null,
    host text not null,
    pid integer not null,
    places integer not null,
    memory_bytes bigint not null,
    generators jsonb not null,
    started_at timestamptz(3) not null,
    seen_at timestamptz(3) not null
  )`,
  // Of the newest attempt. No reference: processes are forgotten, and older servers know of none.
  `alter table iteration add column process_id uuid`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
