import type { AssetOptions, AssetReport, Stage, Style, UpAxis } from "@maquette/engine/asset";
import type { FileFormat, Quality, Topology, ViewHint } from "@maquette/engine/types";
import type { ColumnType, Generated } from "kysely";
import type { Role } from "../config/read-config.ts";
import type { GeneratorLoad } from "../generators/generators.ts";

/** JSON columns are written as text, since the two drivers disagree on what to do with arrays. */
type Json<T> = ColumnType<T, string, string>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

/** Somebody who makes assets. Its id is the devID. */
export interface AccountTable {
  id: string;
  email: string;
  name: string;
  /** Null until one is set: the web app is then entered by one-time link alone. */
  password_hash: Nullable<string>;
  created_at: Date;
  /** Where the account's last job ends in the fair queue's virtual time. */
  queue_finish: Generated<number>;
  /** Of the pictures and files of the account's requests that are there. */
  stored_bytes: Generated<number>;
  /** `YYYY-MM`, UTC, for which `quota_used` counts the assets that were asked for. */
  quota_month: Nullable<string>;
  quota_used: Generated<number>;
}

/** SHA-256 of what is presented, in hex; the webhook secret alone must be read back and is sealed instead. */
export interface CredentialTable {
  account_id: string;
  api_key_hash: string;
  secret_sealed: string;
  /** `jti` of the newest JWT. */
  jwt_id: Nullable<string>;
  /** JWTs issued before are void, whatever the server's setting says. */
  jwt_not_before: Date;
}

export interface RefreshTokenTable {
  hash: string;
  account_id: string;
  created_at: Date;
}

export interface SignInLinkTable {
  hash: string;
  account_id: string;
  expires_at: Date;
}

export interface SessionTable {
  hash: string;
  /** Names it in lists; opens nothing. */
  id: Generated<string>;
  account_id: string;
  created_at: Date;
  expires_at: Date;
  via: Generated<"link" | "password">;
  seen_at: Generated<Date>;
  /** What the browser calls itself. */
  agent: Nullable<string>;
  address: Nullable<string>;
}

export interface StudioTable {
  id: string;
  name: string;
  created_at: Date;
}

export type StudioRole = "owner" | "admin" | "editor";

export interface MembershipTable {
  studio_id: string;
  account_id: string;
  role: StudioRole;
  created_at: Date;
}

/** What a project sets for its assets. Absent: the request's or the engine's default. */
export interface ProjectStyle extends Partial<Style> {
  topology?: Topology;
  polycount?: number;
  /** Texels a metre. */
  texelDensity?: number;
  /** Who makes the shape: a generator's name, or `builtin`. */
  generator?: string;
}

/** A style, of one account or of a studio. */
export interface ProjectTable {
  id: string;
  account_id: Nullable<string>;
  studio_id: Nullable<string>;
  name: string;
  style: Json<ProjectStyle>;
  created_at: Date;
  deleted_at: Nullable<Date>;
}

/** A webhook's address. `disabled`: switched off after failing too long; `removed`: made room or taken away. */
export interface DestinationTable {
  id: string;
  account_id: string;
  url: string;
  state: "active" | "disabled" | "removed";
  created_at: Date;
  last_success_at: Nullable<Date>;
  failing_since: Nullable<Date>;
  last_error: Nullable<string>;
}

export interface RequestTable {
  id: string;
  account_id: string;
  studio_id: Nullable<string>;
  project_id: Nullable<string>;
  name: string;
  /** The name as an identifier, unique in the account. */
  identifier: string;
  tags: Json<string[]>;
  test: boolean;
  created_at: Date;
  deleted_at: Nullable<Date>;
  /** When the files of a deleted request were gone. */
  purged_at: Nullable<Date>;
  /** When the pictures went, as the server is set (`keepPicturesDays`). */
  pictures_removed_at: Nullable<Date>;
}

export interface ImageTable {
  id: string;
  request_id: string;
  /** Where it is fetched from; null when its bytes came with the request. */
  url: Nullable<string>;
  name: Nullable<string>;
  /** These four are null until a picture from a URL has been fetched. */
  mime: Nullable<string>;
  bytes: Nullable<number>;
  sha256: Nullable<string>;
  storage_key: Nullable<string>;
  created_at: Date;
}

/** `queued` and `running` are `new` to the API; nothing sets `uploaded`, a word of the contract's (decision 0011). */
export type IterationStatus = "queued" | "running" | "completed" | "dismissed" | "approved" | "uploaded";

export interface IterationInput {
  imageID: string;
  view: ViewHint;
}

/** Where an asset comes from a model: which, and how it is read. The model is kept as pictures are, in `image`. */
export interface FinishSource {
  modelID: string;
  up?: UpAxis;
  keepLoose?: boolean;
  keepBase?: boolean;
}

/** What is asked of the engine. Iterations that finish a model have no pictures among their inputs. */
export interface IterationOptions extends AssetOptions {
  finish?: FinishSource;
}

export interface IterationTable {
  id: string;
  request_id: string;
  account_id: string;
  number: number;
  status: IterationStatus;
  quality: Quality;
  options: Json<IterationOptions>;
  inputs: Json<IterationInput[]>;
  edit_description: Nullable<string>;
  /** Which wishes of the description were applied, in words. */
  applied: NullableJson<string[]>;
  warnings: Json<string[]>;
  texturing_method: Nullable<string>;
  /** Counts the starts; only the newest may report progress or finish. */
  attempt: Generated<number>;
  /** Attempts that ended in a fault of the engine. */
  failures: Generated<number>;
  /** Attempts that never ended, since the server died. */
  lost: Generated<number>;
  stage: Nullable<Stage | "fetch">;
  progress: Generated<number>;
  /** Start in the fair queue's virtual time. */
  queue_tag: number;
  cause: Nullable<string>;
  cause_code: Nullable<string>;
  report: NullableJson<AssetReport>;
  created_at: Date;
  started_at: Nullable<Date>;
  completed_at: Nullable<Date>;
  /** When the files went, as the server is set (`keepFilesDays`). */
  files_removed_at: Nullable<Date>;
  /** Who began the newest attempt; null if that was a server of an older version. */
  process_id: Nullable<string>;
}

/** A server process on a shared database, as it last told of itself. */
export interface ProcessTable {
  id: string;
  role: Role;
  version: string;
  host: string;
  pid: number;
  /** Assets that it makes at a time. */
  places: number;
  memory_bytes: number;
  /** What each generator does for it. */
  generators: Json<Record<string, GeneratorLoad>>;
  started_at: Date;
  seen_at: Date;
}

export interface ArtifactTable {
  id: string;
  iteration_id: string;
  format: FileFormat;
  name: string;
  mime: string;
  bytes: number;
  sha256: string;
  /** Null once the file was deleted and only its record is left. */
  storage_key: Nullable<string>;
}

/** One webhook message to one destination. Its id is the message's. */
export interface DeliveryTable {
  id: string;
  account_id: string;
  destination_id: string;
  iteration_id: string;
  state: "pending" | "delivered" | "dead";
  attempts: Generated<number>;
  created_at: Date;
  /** When the day of retries began: at first, and again when somebody re-sends it. */
  window_start: Date;
  next_at: Nullable<Date>;
  finished_at: Nullable<Date>;
  last_status: Nullable<number>;
  last_error: Nullable<string>;
}

export interface AuditEventTable {
  id: Generated<number>;
  /** Whom it concerns. */
  account_id: Nullable<string>;
  studio_id: Nullable<string>;
  /** Who did it; null: the server. */
  actor_id: Nullable<string>;
  kind: string;
  detail: Json<Record<string, unknown>>;
  address: Nullable<string>;
  at: Date;
}

export interface IdempotencyTable {
  account_id: string;
  key: string;
  fingerprint: string;
  request_id: string;
  created_at: Date;
}

/** Failed authentications in a window, by address or account. */
export interface AuthFailureTable {
  bucket: string;
  count: number;
  window_start: Date;
}

export interface SettingTable {
  name: string;
  value: string;
}

export interface Schema {
  account: AccountTable;
  credential: CredentialTable;
  refresh_token: RefreshTokenTable;
  sign_in_link: SignInLinkTable;
  session: SessionTable;
  studio: StudioTable;
  membership: MembershipTable;
  project: ProjectTable;
  destination: DestinationTable;
  request: RequestTable;
  image: ImageTable;
  iteration: IterationTable;
  artifact: ArtifactTable;
  delivery: DeliveryTable;
  audit_event: AuditEventTable;
  idempotency: IdempotencyTable;
  auth_failure: AuthFailureTable;
  setting: SettingTable;
  process: ProcessTable;
}
