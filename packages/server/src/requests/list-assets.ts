import type { Quality } from "@maquette/engine/types";
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../db/open-database.ts";
import type { IterationStatus } from "../db/schema.ts";
import { visibleTo } from "./load-assets.ts";

export const STATUSES: readonly IterationStatus[] = [
  "queued",
  "running",
  "completed",
  "approved",
  "dismissed",
  "uploaded",
];

/** Orders of the list; the id makes each total. */
const ORDERS = {
  newest: sql`r.created_at desc, r.id desc`,
  oldest: sql`r.created_at, r.id`,
  name: sql`lower(r.name), r.id`,
  changed: sql`coalesce(i.completed_at, i.started_at, i.created_at) desc, r.id desc`,
} as const;
export type ListOrder = keyof typeof ORDERS;
export const LIST_ORDERS = Object.keys(ORDERS) as ListOrder[];

export interface ListFilter {
  search: string | null;
  statuses: IterationStatus[];
  tag: string | null;
  projectId: string | null;
  /** `none`: the caller's own, outside any studio. */
  studioId: string | "none" | null;
  from: Date | null;
  to: Date | null;
}

/** One line of the library: the request and its newest iteration. */
export interface ListedAsset {
  id: string;
  account_id: string;
  name: string;
  tags: string[];
  test: boolean;
  project_id: string | null;
  studio_id: string | null;
  created_at: Date;
  number: number;
  status: IterationStatus;
  stage: string | null;
  progress: number;
  quality: Quality;
  cause: string | null;
  triangles: number | null;
  completed_at: Date | null;
  /** The newest iteration that has a preview. */
  pictured: number | null;
  /** The first picture, if its bytes are here. */
  image: string | null;
}

/** A stretch of the list and how long all of it is. */
export async function listAssets(
  db: Db,
  accountId: string,
  filter: ListFilter,
  page: { order: ListOrder; offset: number; limit: number },
): Promise<{ rows: ListedAsset[]; total: number }> {
  const from = sql`
    from request r
    join lateral (select * from iteration n where n.request_id = r.id order by n.number desc limit 1) i on true
    where r.deleted_at is null and ${visibleTo(accountId)} and ${conditions(filter)}`;
  const { rows } = await sql<ListedAsset>`
    select p.*,
      (select max(j.number) from iteration j join artifact f on f.iteration_id = j.id and f.format = 'preview' and f.storage_key is not null
        where j.request_id = p.id) as pictured,
      (select m.id from image m where m.id = (p.inputs->0->>'imageID')::uuid and m.storage_key is not null) as image
    from (
      select r.id, r.account_id, r.name, r.tags, r.test, r.project_id, r.studio_id, r.created_at, i.number, i.status,
        i.stage, i.progress, i.quality, i.cause, (i.report->>'triangles')::int as triangles, i.completed_at, i.inputs,
        row_number() over (order by ${ORDERS[page.order]}) as place
      ${from} order by ${ORDERS[page.order]} limit ${page.limit}::int offset ${page.offset}::int
    ) p order by p.place`.execute(db);
  const { rows: counted } = await sql<{ total: number }>`select count(*)::int as total ${from}`.execute(db);
  return { rows, total: counted[0]!.total };
}

/** The tags in use, most used first. */
export async function listTags(db: Db, accountId: string): Promise<{ tag: string; assets: number }[]> {
  const { rows } = await sql<{ tag: string; assets: number }>`
    select t.tag, count(*)::int as assets from request r, jsonb_array_elements_text(r.tags) as t(tag)
    where r.deleted_at is null and ${visibleTo(accountId)}
    group by t.tag order by assets desc, t.tag limit 500`.execute(db);
  return rows;
}

function conditions(filter: ListFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [sql`true`];
  // Each word must be somewhere: in the name, a tag or the number of the request.
  for (const word of filter.search?.split(/\s+/).filter(Boolean).slice(0, 8) ?? []) {
    const pattern = `%${word.replace(/[\\%_]/g, (c) => `\\${c}`)}%`;
    all.push(sql`(r.name ilike ${pattern} or r.tags::text ilike ${pattern} or r.id::text = ${word.toLowerCase()})`);
  }
  if (filter.statuses.length > 0) all.push(sql`i.status in (${sql.join(filter.statuses)})`);
  if (filter.tag !== null) all.push(sql`r.tags @> ${JSON.stringify([filter.tag])}::jsonb`);
  if (filter.projectId !== null) all.push(sql`r.project_id = ${filter.projectId}`);
  if (filter.studioId === "none") all.push(sql`r.studio_id is null`);
  else if (filter.studioId !== null) all.push(sql`r.studio_id = ${filter.studioId}`);
  if (filter.from) all.push(sql`r.created_at >= ${filter.from}`);
  if (filter.to) all.push(sql`r.created_at < ${filter.to}`);
  return sql.join(all, sql` and `);
}
