import type { Context } from "../context.ts";
import { ObjectMissing } from "../storage/storage.ts";

/** Pixels a side: a card's picture on a screen of double density. */
const SIDE = 384;
/** Some 10 kB each. */
const KEPT = 1000;
/** The turntable's second picture, from between the front and the object's left: it shows most of a shape. */
const TURNTABLE = { columns: 4, rows: 2, index: 1 };

export interface Thumbnails {
  /** Null while there is no model to be seen. */
  ofIteration(iterationId: string): Promise<Uint8Array | null>;
  ofImage(requestId: string, imageId: string): Promise<Uint8Array | null>;
}

/** Small pictures, made when they are first asked for and kept while they are wanted. */
export function createThumbnails(context: Context): Thumbnails {
  const kept = new Map<string, Promise<Uint8Array | null>>();
  const keep = (key: string, make: () => Promise<Uint8Array | null>) => {
    const known = kept.get(key);
    kept.delete(key);
    const thumbnail = known ?? make();
    kept.set(key, thumbnail);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    // What is not there now may be there later.
    thumbnail.then(
      (value) => value ?? kept.delete(key),
      () => kept.delete(key),
    );
    return thumbnail;
  };
  const render = async (key: string, tile: typeof TURNTABLE | null) => {
    try {
      return await context.pictures.thumbnail(await context.storage.get(key), SIDE, tile);
    } catch (error) {
      if (!(error instanceof ObjectMissing)) context.log.warn({ err: error, key }, "no thumbnail could be made");
      return null;
    }
  };
  return {
    ofIteration: (iterationId) =>
      keep(iterationId, async () => {
        const preview = await context.db
          .selectFrom("artifact")
          .select("storage_key")
          .where("iteration_id", "=", iterationId)
          .where("format", "=", "preview")
          .executeTakeFirst();
        return preview?.storage_key ? render(preview.storage_key, TURNTABLE) : null;
      }),
    ofImage: (requestId, imageId) =>
      keep(imageId, async () => {
        const image = await context.db
          .selectFrom("image")
          .select("storage_key")
          .where("id", "=", imageId)
          .where("request_id", "=", requestId)
          .executeTakeFirst();
        return image?.storage_key ? render(image.storage_key, null) : null;
      }),
  };
}
