import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { S3mini } from "s3mini";
import type { S3Config } from "../config/read-config.ts";
import { ObjectMissing, type Storage } from "./storage.ts";

const REQUEST_TIMEOUT_MS = 60_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 100;
/** The most that S3 lists at a time. */
const LIST_PAGE = 1000;

/** Objects in a bucket of any S3-compatible service, addressed by path. */
export function s3Storage(config: S3Config): Storage {
  const common = {
    endpoint: `${config.endpoint}/${config.bucket}`,
    accessKeyId: config.accessKeyId,
    secretAccessKey: config.secretAccessKey,
  };
  const client = new S3mini({ ...common, requestAbortTimeout: REQUEST_TIMEOUT_MS });
  // A download lasts as long as its reader takes, so no time limit runs over the body.
  const streaming = new S3mini(common);
  return {
    put: (key, data, mime) => retry(async () => void (await client.putObject(key, Buffer.from(data), mime))),
    async get(key) {
      const data = await retry(() => client.getObjectArrayBuffer(key));
      if (data === null) throw new ObjectMissing(key);
      return Buffer.from(data);
    },
    async stream(key, start, end) {
      // The end is inclusive to S3, and exclusive to s3mini.
      const response = await retry(() => streaming.getObjectRaw(key, false, start, end + 1)).catch((error) => {
        throw error.status === 404 ? new ObjectMissing(key) : error;
      });
      if (!response.body) return Readable.from([]);
      return Readable.fromWeb(response.body as WebStream);
    },
    async *list(prefix) {
      let token: string | undefined;
      do {
        const page = await retry(() => client.listObjectsPaged("/", prefix, LIST_PAGE, token));
        for (const { Key: key, Size: bytes, LastModified: modified } of page?.objects ?? []) {
          yield { key, bytes: Number(bytes), modified: new Date(modified).getTime() };
        }
        token = page?.nextContinuationToken;
      } while (token);
    },
    async remove(keys) {
      if (keys.length > 0) await retry(() => client.deleteObjects([...keys]));
    },
    async removeAll(prefix) {
      const objects = await retry(() => client.listObjects("/", prefix));
      if (objects?.length) await retry(() => client.deleteObjects(objects.map((object) => object.Key)));
    },
    async check() {
      if (!(await retry(() => client.bucketExists())))
        throw new Error(`bucket ${config.bucket} does not exist or cannot be read`);
    },
  };
}

/** S3 promises no more than that a request may fail and be asked again. */
async function retry<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      const status = (error as { status?: number }).status ?? 500;
      if (attempt === TRIES || (status >= 400 && status < 500 && status !== 429)) throw error;
      await new Promise((done) => setTimeout(done, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random())));
    }
  }
}
