import { createHash } from "node:crypto";
import type { Quality, ViewHint } from "@maquette/engine/types";
import { sql, type Transaction } from "kysely";
import { ApiError, retryLater } from "../api/errors.ts";
import { texturingMethod } from "../api/parse-options.ts";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import { newId } from "../db/ids.ts";
import type { FinishSource, IterationInput, IterationOptions, Schema } from "../db/schema.ts";
import { PICTURE_TYPES } from "../storage/picture-type.ts";
import type { TraceCarrier } from "../tracing/tracing.ts";
import type { GivenImage } from "./given-images.ts";
import { type GivenModel, MODEL_TYPES } from "./given-model.ts";
import { toIdentifier } from "./identifier.ts";
import { checkQuota, monthOf } from "./quota.ts";
import { addStored } from "./stored-bytes.ts";

/** A request that has been checked and may be stored. */
export interface Submission {
  accountId: string;
  studioId: string | null;
  projectId: string | null;
  name: string | null;
  tags: string[];
  test: boolean;
  options: Omit<IterationOptions, "name" | "finish">;
  warnings: string[];
  images: GivenImage[];
  views: ViewHint[];
  /** What is finished, in place of pictures. */
  model?: GivenModel;
  finish?: Omit<FinishSource, "modelID">;
  idempotencyKey: string | null;
  /** Of the request that brought it. */
  trace?: TraceCarrier;
}

/** What a job weighs in the fair queue: about its share of the machine. */
const COST: Record<Quality, number> = { standard: 4, high: 12, ultra: 40 };
const TEST_COST = 1;

/** pg-boss keeps priorities in 32 bits. */
const LOWEST_PRIORITY = -2_147_483_647;

/**
 * Stores a request and its job. When this resolves, both and all pictures would survive a crash.
 * @returns the requestID: that of the first request when an Idempotency-Key comes again
 * @throws ApiError idempotency_conflict, queue_full, quota_requests, quota_storage; StorageUnavailable
 */
export async function submit(context: Context, submission: Submission): Promise<string> {
  await context.disk?.requireRoom();
  const now = context.now();
  const requestId = newId(now);
  const images = await storeImages(context, requestId, submission);
  const model = submission.model ? await storeModel(context, requestId, submission.model) : null;
  const keep = await context.db
    .transaction()
    .execute(async (trx) => {
      if (submission.idempotencyKey !== null) {
        const earlier = await claimKey(trx, submission, requestId, now);
        if (earlier !== null) return earlier;
      }
      await insertRequest(context, trx, submission, requestId, images, model, now);
      return requestId;
    })
    .catch(async (error) => {
      // A connection lost at the commit leaves open whether that happened: only a request that is surely not there loses
      // its pictures. Otherwise a client that asks again with its Idempotency-Key would be given one without pictures.
      if (await isAbsent(context, requestId)) await discard(context, requestId);
      throw error;
    });
  if (keep !== requestId) await discard(context, requestId);
  else context.metrics.accepted.inc({ quality: submission.options.quality, test: String(submission.test) });
  return keep;
}

interface StoredImage {
  id: string;
  url: string | null;
  name: string | null;
  mime: string | null;
  bytes: number | null;
  sha256: string | null;
  storage_key: string | null;
}

export async function storeImages(
  context: Context,
  requestId: string,
  { images, test }: Pick<Submission, "images" | "test">,
): Promise<StoredImage[]> {
  return Promise.all(
    images.map(async (image): Promise<StoredImage> => {
      const id = newId(context.now());
      const empty = { mime: null, bytes: null, sha256: null, storage_key: null };
      if (image.kind === "url") return { id, url: image.url, name: image.name, ...empty };
      if (test && image.data.length === 0) return { id, url: null, name: image.name, ...empty };
      return storeInput(context, requestId, id, image.name, image.data, PICTURE_TYPES[image.format]);
    }),
  );
}

async function storeModel(context: Context, requestId: string, model: GivenModel): Promise<StoredImage> {
  const id = newId(context.now());
  if (model.kind === "bytes" && model.format !== null) {
    return storeInput(context, requestId, id, model.name, model.data, MODEL_TYPES[model.format]);
  }
  const url = model.kind === "url" ? model.url : null;
  return { id, url, name: model.name, mime: null, bytes: null, sha256: null, storage_key: null };
}

async function storeInput(
  context: Context,
  requestId: string,
  id: string,
  name: string | null,
  data: Buffer,
  { mime, extension }: { mime: string; extension: string },
): Promise<StoredImage> {
  const key = `requests/${requestId}/input/${id}.${extension}`;
  await context.storage.put(key, data, mime);
  const sha256 = createHash("sha256").update(data).digest("hex");
  return { id, url: null, name, mime, bytes: data.length, sha256, storage_key: key };
}

export function sumBytes(files: readonly { bytes: number | null }[]): number {
  return files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

/** Takes an Idempotency-Key, or finds the request that it was taken for. A twin in flight is waited for. */
async function claimKey(
  trx: Transaction<Schema>,
  submission: Submission,
  requestId: string,
  now: number,
): Promise<string | null> {
  const key = { account_id: submission.accountId, key: submission.idempotencyKey! };
  const print = fingerprint(submission);
  const taken = await sql<{ request_id: string }>`
    insert into idempotency as i (account_id, key, fingerprint, request_id, created_at)
    values (${key.account_id}, ${key.key}, ${print}, ${requestId}, ${new Date(now)})
    on conflict (account_id, key) do update set
      fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = excluded.created_at
      where i.created_at <= ${new Date(now - LIMITS.idempotencySeconds * 1000)}
    returning request_id`.execute(trx);
  if (taken.rows.length > 0) return null;
  const earlier = await trx
    .selectFrom("idempotency")
    .select(["fingerprint", "request_id"])
    .where("account_id", "=", key.account_id)
    .where("key", "=", key.key)
    .executeTakeFirstOrThrow();
  if (earlier.fingerprint !== print) throw new ApiError("idempotency_conflict");
  return earlier.request_id;
}

function fingerprint(submission: Submission): string {
  const { idempotencyKey: _key, trace: _trace, images, model, warnings: _warnings, ...rest } = submission;
  const inputs = (model ? [...images, model] : images).map((input) =>
    input.kind === "url" ? input.url : createHash("sha256").update(input.data).digest("hex"),
  );
  return createHash("sha256")
    .update(JSON.stringify([rest, inputs]))
    .digest("hex");
}

async function insertRequest(
  context: Context,
  trx: Transaction<Schema>,
  submission: Submission,
  requestId: string,
  images: StoredImage[],
  model: StoredImage | null,
  now: number,
): Promise<void> {
  const at = new Date(now);
  const { accountId, options, test } = submission;
  const tag = await takeTurn(context, trx, accountId, options.quality, test);
  const inputs = model ? [...images, model] : images;
  const name = submission.name ?? inputs.find((input) => input.name !== null)?.name ?? "asset";
  const identifier = await freeIdentifier(trx, accountId, name, requestId);
  await trx
    .insertInto("request")
    .values({
      id: requestId,
      account_id: accountId,
      studio_id: submission.studioId,
      project_id: submission.projectId,
      name,
      identifier,
      tags: JSON.stringify(submission.tags),
      test,
      created_at: at,
    })
    .execute();
  await trx
    .insertInto("image")
    .values(inputs.map((input) => ({ ...input, request_id: requestId, created_at: at })))
    .execute();
  await addStored(trx, requestId, sumBytes(inputs));
  await addIteration(context, trx, {
    requestId,
    accountId,
    number: 0,
    options: {
      ...options,
      name: identifier,
      ...(model ? { finish: { modelID: model.id, ...submission.finish } } : {}),
    },
    inputs: images.map((image, i) => ({ imageID: image.id, view: submission.views[i]! })),
    warnings: submission.warnings,
    tag,
    trace: submission.trace,
  });
}

export interface NewIteration {
  requestId: string;
  accountId: string;
  number: number;
  options: IterationOptions;
  inputs: IterationInput[];
  warnings: string[];
  tag: number;
  editDescription?: string | null;
  applied?: string[] | null;
  trace?: TraceCarrier;
}

/** Writes an iteration and its job. */
export async function addIteration(context: Context, trx: Transaction<Schema>, iteration: NewIteration): Promise<void> {
  const now = context.now();
  const id = newId(now);
  await trx
    .insertInto("iteration")
    .values({
      id,
      request_id: iteration.requestId,
      account_id: iteration.accountId,
      number: iteration.number,
      status: "queued",
      quality: iteration.options.quality,
      options: JSON.stringify(iteration.options),
      inputs: JSON.stringify(iteration.inputs),
      warnings: JSON.stringify(iteration.warnings),
      edit_description: iteration.editDescription ?? null,
      applied: iteration.applied ? JSON.stringify(iteration.applied) : null,
      texturing_method: texturingMethod(iteration.options),
      queue_tag: iteration.tag,
      created_at: new Date(now),
    })
    .execute();
  await context.jobs.addAsset(trx, id, Math.max(LOWEST_PRIORITY, -iteration.tag), iteration.trace);
}

/**
 * The account's next turn in the queue (start-time fair queuing: Goyal, Vin, Cheng 1996). A job starts, in virtual time,
 * when the account's former one ends, but never before the newest job that has begun: so accounts with work take turns by
 * cost, one that was idle has no credit, and nobody waits behind another's thousand jobs. Locks the account's row.
 * @throws ApiError queue_full, quota_requests, quota_storage
 */
export async function takeTurn(
  context: Context,
  trx: Transaction<Schema>,
  accountId: string,
  quality: Quality,
  test: boolean,
): Promise<number> {
  const cost = test ? TEST_COST : COST[quality];
  // Locked by a statement of its own: what the next one counts is then what no other request can still change.
  await trx.selectFrom("account").select("id").where("id", "=", accountId).forUpdate().execute();
  const month = monthOf(context.now());
  const { rows } = await sql<{ tag: number; pending: number; used: number; stored: number }>`
    update account set queue_finish = greatest(
      queue_finish, coalesce((select max(queue_tag) from iteration where status <> 'queued'), 0)
    ) + ${cost}::int,
    quota_month = ${month}, quota_used = case when quota_month = ${month} then quota_used else 0 end + ${test ? 0 : 1}::int
    where id = ${accountId}
    returning queue_finish - ${cost}::int as tag, quota_used as used, stored_bytes as stored, (
      select count(*) from iteration where account_id = ${accountId} and status in ('queued', 'running')
    ) as pending`.execute(trx);
  const { tag, pending, used, stored } = rows[0]!;
  checkQuota(context, used, stored);
  if (pending >= context.config.queueLimit) throw retryLater("queue_full", pending, 30);
  return tag;
}

/** The name as an identifier that no other asset of the account has. */
async function freeIdentifier(
  trx: Transaction<Schema>,
  accountId: string,
  name: string,
  requestId: string,
): Promise<string> {
  const wanted = toIdentifier(name);
  const taken = await trx
    .selectFrom("request")
    .select("id")
    .where("account_id", "=", accountId)
    .where("identifier", "=", wanted)
    .executeTakeFirst();
  return taken ? `${wanted}_${requestId.replaceAll("-", "").slice(-12)}` : wanted;
}

/** False also when nobody can tell. */
async function isAbsent(context: Context, requestId: string): Promise<boolean> {
  try {
    const row = await context.db.selectFrom("request").select("id").where("id", "=", requestId).executeTakeFirst();
    return row === undefined;
  } catch {
    return false;
  }
}

/** Takes away what was stored for a request that came to nothing. */
async function discard(context: Context, requestId: string): Promise<void> {
  await context.storage.removeAll(`requests/${requestId}/`).catch((error) => {
    context.log.warn({ err: error, requestID: requestId }, "cannot remove pictures of a refused request");
  });
}
