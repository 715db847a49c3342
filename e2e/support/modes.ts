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

/** For what is much the same in both modes and takes long: one whole pass on the scaled one. */
export function onScaledMode(name: string, define: (start: Start) => void): void {
  describeOn(`${name}, scaled`, scaled, define);
}

/** What the servers of a scaled set stand on. */
export interface Services {
  /** The settings by which servers find them, with an empty database unless one is named, and whatever is in the bucket. */
  newEnv(databaseUrl?: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const [postgres, s3] = await Promise.all([startPostgres(), startFlakyS3(createRandom(1), 0)]);
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.config;
  return {
    newEnv: async (databaseUrl) => ({
      DATABASE_URL: databaseUrl ?? (await postgres.createDatabase()),
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
      MAQUETTE_KEY: Buffer.alloc(32, 5).toString("base64"),
    }),
    async close() {
      await s3.close();
      await postgres.stop();
    },
  };
}

async function scaled(): Promise<Ground> {
  const services = await startServices();
  return {
    async start({ shared, ...options }) {
      const { DATABASE_URL, ...env } = await services.newEnv(shared);
      return startPair({ ...options, databaseUrl: DATABASE_URL!, env: { ...env, ...options.env } });
    },
    close: () => services.close(),
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
