import type { AssetOptions, Stage } from "@maquette/engine/asset";
import { LEVELS } from "@maquette/engine/levels";
import type { Quality } from "@maquette/engine/types";
import { type RawBuilder, sql } from "kysely";
import { ASSET_VERSION } from "../db/migrations/0006-look.ts";
import type { Db } from "../db/open-database.ts";
import type { IterationInput, IterationStatus } from "../db/schema.ts";
import { type ArtifactRef, type Linker, resultLinks } from "../downloads/links.ts";
import { imageLink } from "../webhooks/payload.ts";

/** Rows that are looked at to tell a place in the queue; beyond it the place is no news to anybody. */
const LONGEST_QUEUE = 10_000;

/** A request with all that belongs to it, as one query brings it. Times are in ms since 1970. */
export interface AssetRow {
  /** Differs whenever the rest may (see `ASSET_VERSION`). */
  version: string;
  id: string;
  account_id: string;
  email: string;
  studio_id: string | null;
  project_id: string | null;
  name: string;
  identifier: string;
  tags: string[];
  test: boolean;
  created_at: Date;
  images: { id: string; url: string | null; name: string | null; storage_key: string | null }[];
  iterations: IterationRow[];
}

interface IterationRow {
  number: number;
  status: IterationStatus;
  quality: Quality;
  options: AssetOptions;
  inputs: IterationInput[];
  edit_description: string | null;
  applied: string[] | null;
  warnings: string[];
  texturing_method: string | null;
  stage: Stage | "fetch" | null;
  progress: number;
  cause: string | null;
  triangles: number | null;
  created_at: number;
  completed_at: number | null;
  files_removed_at: number | null;
  ahead: number | null;
  artifacts: ArtifactRef[];
}

/** Everything about some requests in one round trip. `where` and `tail` speak of `r`, the request. */
export async function loadAssets(
  db: Db,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<AssetRow[]> {
  const { rows } = await sql<AssetRow>`
    select ${sql.raw(ASSET_VERSION)} as version, r.id, r.account_id, a.email, r.studio_id, r.project_id, r.name, r.identifier, r.tags, r.test, r.created_at,
      (select coalesce(json_agg(json_build_object(
          'id', m.id, 'url', m.url, 'name', m.name, 'storage_key', m.storage_key)), '[]')
        from image m where m.request_id = r.id) as images,
      (select coalesce(json_agg(json_build_object(
          'number', i.number, 'status', i.status, 'quality', i.quality, 'options', i.options, 'inputs', i.inputs,
          'edit_description', i.edit_description, 'applied', i.applied, 'warnings', i.warnings,
          'texturing_method', i.texturing_method, 'stage', i.stage, 'progress', i.progress, 'cause', i.cause,
          'triangles', i.report->'triangles',
          'created_at', (extract(epoch from i.created_at) * 1000)::bigint,
          'completed_at', (extract(epoch from i.completed_at) * 1000)::bigint,
          'files_removed_at', (extract(epoch from i.files_removed_at) * 1000)::bigint,
          'ahead', case when i.status = 'queued' then (select count(*) from (
              select 1 from iteration q where q.status = 'queued'
                and (q.queue_tag, q.created_at, q.id) < (i.queue_tag, i.created_at, i.id) limit ${LONGEST_QUEUE}::int) ahead) end,
          'artifacts', (select coalesce(json_agg(json_build_object('id', f.id, 'format', f.format, 'name', f.name)), '[]') from artifact f where f.iteration_id = i.id)
        ) order by i.number), '[]') from iteration i where i.request_id = r.id) as iterations
    from request r join account a on a.id = r.account_id
    where r.deleted_at is null and ${where} ${tail}`.execute(db);
  return rows;
}

/** Requests that a caller may see: his own and those of his studios. */
export function visibleTo(accountId: string): RawBuilder<unknown> {
  return sql`(r.account_id = ${accountId} or r.studio_id in (select studio_id from membership where account_id = ${accountId}))`;
}

/** What the API says of a request. */
export interface AssetView {
  requestID: string;
  devID: string;
  createdAt: string;
  image: string[];
  image_tags: string[];
  name: string;
  tags: string[];
  polycount: string;
  projectID: string | null;
  studioID: string | null;
  test: boolean;
  iterations: IterationView[];
}

export interface IterationView {
  createdAt: string;
  completedAt: string | null;
  iterationID: string;
  results: Record<string, string> | null;
  status: "new" | "completed" | "dismissed" | "approved" | "uploaded";
  userID: string;
  email: string;
  loq: Quality;
  dismissedReason: string | null;
  editDescription: string | null;
  applied: string[];
  texturingMethod: string | null;
  stage: string | null;
  progress: number;
  queuePosition: number | null;
  triangles: number | null;
  /** Since then the links of `results` answer 410. */
  filesRemovedAt: string | null;
  warnings: string[];
}

/** Turns a row into what the API says, with links that are signed now. */
export function presentAsset(row: AssetRow, link: Linker): AssetView {
  const newest = row.iterations.at(-1)!;
  const images = new Map(row.images.map((image) => [image.id, image]));
  return {
    requestID: row.id,
    devID: row.account_id,
    createdAt: row.created_at.toISOString(),
    image: newest.inputs.flatMap(({ imageID }) => {
      const image = images.get(imageID);
      return (image && imageLink(image, link)) ?? [];
    }),
    image_tags: [row.identifier, ...row.tags],
    name: row.name,
    tags: row.tags,
    polycount: String(newest.options.polycount ?? LEVELS[newest.quality].polycount),
    projectID: row.project_id,
    studioID: row.studio_id,
    test: row.test,
    iterations: row.iterations.map((iteration) => presentIteration(row, iteration, link)),
  };
}

function presentIteration(row: AssetRow, iteration: IterationRow, link: Linker): IterationView {
  const pending = iteration.status === "queued" || iteration.status === "running";
  return {
    createdAt: new Date(iteration.created_at).toISOString(),
    completedAt: iteration.completed_at === null ? null : new Date(iteration.completed_at).toISOString(),
    iterationID: String(iteration.number),
    results: iteration.artifacts.length === 0 ? null : resultLinks(iteration.artifacts, link),
    status: iteration.status === "queued" || iteration.status === "running" ? "new" : iteration.status,
    userID: row.account_id,
    email: row.email,
    loq: iteration.quality,
    dismissedReason: iteration.cause,
    editDescription: iteration.edit_description,
    applied: iteration.applied ?? [],
    texturingMethod: iteration.texturing_method,
    stage: pending ? (iteration.stage ?? (iteration.status === "queued" ? "queued" : "start")) : null,
    progress: Math.round(iteration.progress * 1000) / 1000,
    queuePosition: iteration.ahead === null ? (iteration.status === "running" ? 0 : null) : iteration.ahead + 1,
    triangles: iteration.triangles,
    filesRemovedAt: iteration.files_removed_at === null ? null : new Date(iteration.files_removed_at).toISOString(),
    warnings: iteration.warnings,
  };
}
