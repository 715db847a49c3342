import { createHash } from "node:crypto";
import type { Context } from "../context.ts";
import type { IterationInput } from "../db/schema.ts";
import { addStored } from "../requests/stored-bytes.ts";
import { PICTURE_TYPES } from "../storage/picture-type.ts";
import { fetchPicture } from "./fetch-picture.ts";

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
      const { data, format } = await fetchPicture(image.url!, index, {
        policy: context.policy,
        signal,
        ...(context.resolve ? { resolve: context.resolve } : {}),
      });
      const { mime, extension } = PICTURE_TYPES[format];
      const key = `requests/${requestId}/input/${imageID}.${extension}`;
      await context.storage.put(key, data, mime);
      await context.db.transaction().execute(async (trx) => {
        await addStored(trx, requestId, data.length);
        const { numUpdatedRows } = await trx
          .updateTable("image")
          .set({ mime, bytes: data.length, sha256: createHash("sha256").update(data).digest("hex"), storage_key: key })
          .where("id", "=", imageID)
          .where("storage_key", "is", null)
          .executeTakeFirst();
        // Another attempt had it already, under the same key.
        if (numUpdatedRows === 0n) await addStored(trx, requestId, -data.length);
      });
      return data;
    }),
  );
}
