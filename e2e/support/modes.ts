import { describeOn, embedded, type Ground, type Start } from "../../packages/server/test/support/databases.ts";
import { startPostgres } from "../../packages/server/test/support/postgres.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../../packages/server/test/support/start.ts";
import { createRandom } from "../chaos/random.ts";
import { startFlakyS3 } from "../chaos/s3.ts";

export type Mode = "embedded" | "scaled";

/**
 * Runs the same promises on one process with everything in it, and on an API server and a worker that share PostgreSQL and
 * an S3 service and nothing else.
 */
export function onBothModes(name: string, define: (start: Start, mode: Mode) => void): void {
  describeOn(`${name}, embedded`, embedded, (start) => define(start, "embedded"));
  describeOn(`${name}, scaled`, scaled, (start) => define(start, "scaled"));
}

async function scaled(): Promise<Ground> {
  const [postgres, s3] = await Promise.all([startPostgres(), startFlakyS3(createRandom(1), 0)]);
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.config;
  const store = {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    MAQUETTE_KEY: Buffer.alloc(32, 5).toString("base64"),
  };
  return {
    async start({ shared, ...options }) {
      const databaseUrl = shared ?? (await postgres.createDatabase());
      return startPair({ ...options, databaseUrl, env: { ...store, ...options.env } });
    },
    async close() {
      await s3.close();
      await postgres.stop();
    },
  };
}

/** An API server, as which the pair shows itself, and its worker. */
async function startPair(options: TestServerOptions): Promise<TestServer> {
  const api = await startTestServer({ ...options, role: "api" });
  const worker = await startTestServer({
    ...options,
    role: "worker",
    // Its links are followed at the API server, and both live by one clock.
    env: { ...options.env, PUBLIC_URL: options.env?.PUBLIC_URL ?? api.url },
    now: () => Date.now() + api.ahead.ms,
  });
  return {
    ...api,
    async close() {
      await worker.close();
      await api.close();
    },
  };
}
