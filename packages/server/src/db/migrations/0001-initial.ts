import { type Kysely, sql } from "kysely";

// Timestamps have milliseconds, as JavaScript's dates do, so that a cursor made of one finds its row again.
const STATEMENTS = [
  `create table account (
    id uuid primary key,
    email text not null,
    name text not null,
    created_at timestamptz(3) not null,
    queue_finish bigint not null default 0
  )`,
  `create unique index account_email on account (lower(email))`,

  `create table credential (
    account_id uuid primary key references account on delete cascade,
    api_key_hash text not null unique,
    secret_sealed text not null,
    jwt_id uuid,
    jwt_not_before timestamptz(3) not null
  )`,
  `create table refresh_token (
    hash text primary key,
    account_id uuid not null references account on delete cascade,
    created_at timestamptz(3) not null
  )`,
  `create index refresh_token_newest on refresh_token (account_id, created_at desc)`,
  `create table sign_in_link (
    hash text primary key,
    account_id uuid not null references account on delete cascade,
    expires_at timestamptz(3) not null
  )`,
  `create table session (
    hash text primary key,
    account_id uuid not null references account on delete cascade,
    created_at timestamptz(3) not null,
    expires_at timestamptz(3) not null
  )`,

  `create table studio (
    id uuid primary key,
    name text not null,
    created_at timestamptz(3) not null
  )`,
  `create table membership (
    studio_id uuid not null references studio on delete cascade,
    account_id uuid not null references account on delete cascade,
    role text not null check (role in ('owner', 'admin', 'editor')),
    created_at timestamptz(3) not null,
    primary key (studio_id, account_id)
  )`,
  `create index membership_account on membership (account_id)`,
  `create table project (
    id uuid primary key,
    account_id uuid references account on delete cascade,
    studio_id uuid references studio on delete cascade,
    name text not null,
    style jsonb not null,
    created_at timestamptz(3) not null,
    deleted_at timestamptz(3),
    check (num_nonnulls(account_id, studio_id) = 1)
  )`,
  `create index project_account on project (account_id) where account_id is not null`,
  `create index project_studio on project (studio_id) where studio_id is not null`,

  `create table destination (
    id uuid primary key,
    account_id uuid not null references account on delete cascade,
    url text not null,
    state text not null check (state in ('active', 'disabled', 'removed')),
    created_at timestamptz(3) not null,
    last_success_at timestamptz(3),
    failing_since timestamptz(3),
    last_error text,
    unique (account_id, url)
  )`,

  `create table request (
    id uuid primary key,
    account_id uuid not null references account on delete cascade,
    studio_id uuid references studio on delete set null,
    project_id uuid references project on delete set null,
    name text not null,
    identifier text not null,
    tags jsonb not null,
    test boolean not null,
    created_at timestamptz(3) not null,
    deleted_at timestamptz(3),
    purged_at timestamptz(3),
    unique (account_id, identifier)
  )`,
  `create index request_purge on request (id) where deleted_at is not null and purged_at is null`,
  `create index request_account on request (account_id, created_at desc, id desc) where deleted_at is null`,
  `create index request_studio on request (studio_id, created_at desc, id desc)
    where deleted_at is null and studio_id is not null`,
  `create table image (
    id uuid primary key,
    request_id uuid not null references request on delete cascade,
    url text,
    name text,
    mime text,
    bytes integer,
    sha256 text,
    storage_key text,
    created_at timestamptz(3) not null
  )`,
  `create index image_request on image (request_id)`,

  `create table iteration (
    id uuid primary key,
    request_id uuid not null references request on delete cascade,
    account_id uuid not null references account on delete cascade,
    number integer not null,
    status text not null
      check (status in ('queued', 'running', 'completed', 'dismissed', 'approved', 'uploaded')),
    quality text not null,
    options jsonb not null,
    inputs jsonb not null,
    edit_description text,
    applied jsonb,
    warnings jsonb not null,
    texturing_method text,
    attempt integer not null default 0,
    failures integer not null default 0,
    lost integer not null default 0,
    stage text,
    progress real not null default 0,
    queue_tag bigint not null,
    cause text,
    cause_code text,
    report jsonb,
    created_at timestamptz(3) not null,
    started_at timestamptz(3),
    completed_at timestamptz(3),
    unique (request_id, number)
  )`,
  // The bounded queue of an account, the place in the queue, and the queue's virtual time.
  `create index iteration_pending on iteration (account_id) where status in ('queued', 'running')`,
  `create index iteration_queued on iteration (queue_tag, created_at, id) where status = 'queued'`,
  `create index iteration_begun on iteration (queue_tag) where status <> 'queued'`,
  `create table artifact (
    id uuid primary key,
    iteration_id uuid not null references iteration on delete cascade,
    format text not null,
    name text not null,
    mime text not null,
    bytes bigint not null,
    sha256 text not null,
    storage_key text not null
  )`,
  `create index artifact_iteration on artifact (iteration_id)`,

  `create table delivery (
    id uuid primary key,
    account_id uuid not null references account on delete cascade,
    destination_id uuid not null references destination on delete cascade,
    iteration_id uuid not null references iteration on delete cascade,
    state text not null check (state in ('pending', 'delivered', 'dead')),
    attempts integer not null default 0,
    created_at timestamptz(3) not null,
    window_start timestamptz(3) not null,
    next_at timestamptz(3),
    finished_at timestamptz(3),
    last_status integer,
    last_error text
  )`,
  `create index delivery_account on delivery (account_id, created_at desc, id desc)`,
  `create index delivery_iteration on delivery (iteration_id)`,
  `create index delivery_destination on delivery (destination_id)`,

  `create table audit_event (
    id bigint generated always as identity primary key,
    account_id uuid references account on delete cascade,
    studio_id uuid references studio on delete cascade,
    actor_id uuid,
    kind text not null,
    detail jsonb not null,
    address text,
    at timestamptz(3) not null
  )`,
  `create index audit_event_account on audit_event (account_id, id desc)`,
  `create index audit_event_studio on audit_event (studio_id, id desc) where studio_id is not null`,

  `create table idempotency (
    account_id uuid not null references account on delete cascade,
    key text not null,
    fingerprint text not null,
    request_id uuid not null,
    created_at timestamptz(3) not null,
    primary key (account_id, key)
  )`,
  `create table auth_failure (
    bucket text primary key,
    count integer not null,
    window_start timestamptz(3) not null
  )`,
  `create table setting (
    name text primary key,
    value text not null
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
