import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { backup, ConfigError, DirectoryInUse, moveToScaled, restoreBackup } from "../src/index.ts";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { type S3Stub, startS3Stub } from "./support/s3-stub.ts";
import { standInEngine } from "./support/stand-in-engine.ts";
import { type Client, createClient, newDirectory, PNG, startTestServer, until } from "./support/start.ts";

let postgres: TestPostgres;
let s3: S3Stub;
let receiver: Receiver;

beforeAll(async () => {
  postgres = await startPostgres();
  s3 = await startS3Stub();
  receiver = await startReceiver();
});

afterAll(async () => {
  await Promise.all([postgres.stop(), s3.close(), receiver.close()]);
});

/** A server with a finished asset made from an upload, one under way, and a destination. */
async function startFilled() {
  const server = await startTestServer({
    env: { MAQUETTE_CONCURRENCY: "1" },
    runEngine: (job, options) => standInEngine({ ms: job.options.name === "slow" ? 60_000 : 20 })(job, options),
  });
  const client = await server.account();
  const form = new FormData();
  form.append("image", new Blob([PNG]), "chair.png");
  const { body } = await client.post("/api/v1/process", form);
  await client.finished(body.requestID);
  const hook = await client.post("/api/v1/registerHook", { devID: client.devID, destination: receiver.url });
  client.headers = { "x-api-key": client.apiKey, authorization: hook.body.jwt };
  const pending = await client.process({ name: "slow" });
  await until(async () => (await client.fetchRequest(pending)).body.iterations[0].queuePosition === 0);
  return { server, client, done: body.requestID as string, pending };
}

async function expectWhole(url: string, former: Client, done: string, pending: string): Promise<void> {
  const client = await createClient(url, former, former.email);
  const asset = await client.finished(done);
  expect((await (await fetch(asset.iterations[0].results.glb)).text()).startsWith("glb of chair")).toBe(true);
  expect(Buffer.from(await (await fetch(asset.image[0])).arrayBuffer())).toEqual(PNG);
  // What was under way is made again, and told of.
  expect((await client.finished(pending)).iterations[0].status).toBe("completed");
  await receiver.next(1, ({ body }) => body.requestID === pending);
  expect((await client.get("/api/maquette/v1/audit-events")).body.events.length).toBeGreaterThan(0);
}

it("a backup of a running server is restored into an empty one, with what was under way", async () => {
  const { server, client, done, pending } = await startFilled();
  const directory = mkdtempSync(join(tmpdir(), "maquette-backup-"));
  const env = { MAQUETTE_DATA: server.dataDir };
  const first = await backup(directory, env);
  expect(first.files).toBeGreaterThanOrEqual(8);
  // Files that are there are not copied again.
  expect(await backup(directory, env)).toMatchObject({ files: 0, gone: 0 });
  expect(statSync(join(directory, "server.key")).mode & 0o777).toBe(0o600);
  await expect(restoreBackup(directory, env)).rejects.toThrow(DirectoryInUse);
  await server.server.close(0);
  await expect(restoreBackup(directory, env)).rejects.toThrow("holds accounts already");
  await expect(restoreBackup(newDirectory(), env)).rejects.toThrow("holds no backup");

  const dataDir = newDirectory();
  expect(await restoreBackup(directory, { MAQUETTE_DATA: dataDir })).toMatchObject({
    rows: first.rows,
    files: first.files,
  });
  const restored = await startTestServer({ dataDir });
  expect(restored.server.firstStart).toBeNull();
  await expectWhole(restored.url, client, done, pending);
  await restored.close();
});

it("an embedded installation moves to PostgreSQL and S3", async () => {
  const { server, client, done, pending } = await startFilled();
  const databaseUrl = await postgres.createDatabase();
  const env = {
    MAQUETTE_DATA: server.dataDir,
    DATABASE_URL: databaseUrl,
    S3_ENDPOINT: s3.config.endpoint,
    S3_BUCKET: s3.config.bucket,
    S3_ACCESS_KEY_ID: s3.config.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.config.secretAccessKey,
  };
  await expect(moveToScaled(env)).rejects.toThrow(DirectoryInUse);
  await server.server.close(0);
  await expect(moveToScaled({ MAQUETTE_DATA: server.dataDir })).rejects.toThrow(ConfigError);
  const moved = await moveToScaled(env);
  expect(moved.files).toBe(s3.objects.size);
  const { MAQUETTE_DATA: _old, DATABASE_URL: _url, ...storage } = env;
  const key = readFileSync(join(server.dataDir, "server.key"), "utf8").trim();
  const scaled = await startTestServer({ databaseUrl, env: { ...storage, MAQUETTE_KEY: key } });
  await expectWhole(scaled.url, client, done, pending);
  await scaled.close();
});
