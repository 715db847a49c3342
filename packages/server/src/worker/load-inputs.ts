import { createHash } from "node:crypto";
import { LIMITS } from "../config/limits.ts";
import type { Context } from "../context.ts";
import type { IterationInput } from "../db/schema.ts";
import { formatOf, MODEL_TYPES } from "../requests/given-model.ts";
import { addStored } from "../requests/stored-bytes.ts";
import { PICTURE_TYPES } from "../storage/picture-type.ts";
import { fetchFile } from "./fetch-file.ts";
import { fetchPicture } from "./fetch-picture.ts";

/** For a model to arrive. */
const MODEL_TIMEOUT_MS = 120_000;

/**
 * The encoded pictures of an iteration, in order. Those given by URL are fetched once and then kept, so that a retry or a
 * revision works on the same bytes.
 * @throws FetchError, EngineError
 */
export async function loadPictures(
  context: Context,
  requestId: string,
  inputs: readonly IterationInput[],
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const rows = await context.db.selectFrom("image").selectAll().where("request_id", "=", requestId).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return Promise.all(
    inputs.map(async ({ imageID }, index) => {
      const image = byId.get(imageID);
      if (!image) throw new Error(`image ${imageID} of request ${requestId} is missing`);
      if (image.storage_key !== null) return context.storage.get(image.storage_key);
      const { data, format } = await fetchPicture(image.url!, index, fetchOptions(context, signal));
      await keep(context, requestId, imageID, data, PICTURE_TYPES[format]);
      return data;
    }),
  );
}

/**
 * The model that an iteration finishes, as it came; fetched and kept like pictures.
 * @throws FetchError, EngineError
 */
export async function loadModel(
  context: Context,
  requestId: string,
  modelId: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const model = await context.db
    .selectFrom("image")
    .select(["url", "storage_key"])
    .where("request_id", "=", requestId)
    .where("id", "=", modelId)
    .executeTakeFirstOrThrow();
  if (model.storage_key !== null) return context.storage.get(model.storage_key);
  const limits = { maxBytes: LIMITS.modelBytes, timeoutMs: MODEL_TIMEOUT_MS };
  const data = await fetchFile(model.url!, null, limits, fetchOptions(context, signal));
  await keep(context, requestId, modelId, data, MODEL_TYPES[formatOf(data)]);
  return data;
}

function fetchOptions({ policy, resolve }: Context, signal: AbortSignal) {
  return { policy, signal, ...(resolve ? { resolve } : {}) };
}

/** Stores what was fetched. */
async function keep(
  context: Context,
  requestId: string,
  id: string,
  data: Buffer,
  { mime, extension }: { mime: string; extension: string },
): Promise<void> {
  const key = `requests/${requestId}/input/${id}.${extension}`;
  await context.storage.put(key, data, mime);
  await context.db.transaction().execute(async (trx) => {
    await addStored(trx, requestId, data.length);
    const { numUpdatedRows } = await trx
      .updateTable("image")
      .set({ mime, bytes: data.length, sha256: createHash("sha256").update(data).digest("hex"), storage_key: key })
      .where("id", "=", id)
      .where("storage_key", "is", null)
      .executeTakeFirst();
    // Another attempt had it already, under the same key.
    if (numUpdatedRows === 0n) await addStored(trx, requestId, -data.length);
  });
}
