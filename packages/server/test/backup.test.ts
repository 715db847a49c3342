import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { debianPostgres } from "../../engine/test/support/find-tools.ts";
import { backup, ConfigError, DirectoryInUse, moveToScaled, restoreBackup } from "../src/index.ts";
import { s3Storage } from "../src/storage/s3.ts";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { type S3Stub, startS3Stub } from "./support/s3-stub.ts";
import { standInEngine } from "./support/stand-in-engine.ts";
import {
  type Client,
  createClient,
  newDirectory,
  PNG,
  startTestServer,
  type TestServerOptions,
  until,
} from "./support/start.ts";

/** Scaled, what ran waits until the heartbeats of who made it are missed. */
const TAKEN_OVER_MS = 60_000;

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
async function startFilled({ env, ...options }: TestServerOptions = {}) {
  const server = await startTestServer({
    ...options,
    env: { MAQUETTE_CONCURRENCY: "1", ...env },
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
  expect((await client.finished(pending, TAKEN_OVER_MS)).iterations[0].status).toBe("completed");
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

/** The settings of a store, by which servers and commands find it. */
const storeOf = ({ config }: S3Stub) => ({
  S3_ENDPOINT: config.endpoint,
  S3_BUCKET: config.bucket,
  S3_ACCESS_KEY_ID: config.accessKeyId,
  S3_SECRET_ACCESS_KEY: config.secretAccessKey,
});

it("a scaled installation is backed up while it runs, by the command or by the tools of PostgreSQL and the store", async () => {
  const bin = debianPostgres();
  if (bin === null) throw new Error("the tools of PostgreSQL are missing: run `npm run test:setup`");
  const run = (program: string, ...args: string[]) => execFileSync(join(bin, program), args, { stdio: "pipe" });
  const debian = await startPostgres(bin);
  const [store, forCommand, forTools] = await Promise.all([startS3Stub(), startS3Stub(), startS3Stub()]);
  try {
    const databaseUrl = await debian.createDatabase();
    const MAQUETTE_KEY = randomBytes(32).toString("base64");
    const env = { ...storeOf(store), MAQUETTE_KEY };
    const { server, client, done, pending } = await startFilled({ databaseUrl, env });
    const directory = mkdtempSync(join(tmpdir(), "maquette-backup-"));
    const copied = await backup(directory, { ...env, DATABASE_URL: databaseUrl });
    const dump = join(directory, "maquette.dump");
    run("pg_dump", "--format=custom", `--file=${dump}`, databaseUrl);
    // What comes after the database's moment has files in the store and no rows: that is the order in which nothing is missed.
    const form = new FormData();
    form.append("image", new Blob([PNG]), "late.png");
    const late = (await client.post("/api/v1/process", form)).body.requestID;
    const [from, to] = [s3Storage(store.config), s3Storage(forTools.config)];
    for await (const { key } of from.list("requests/")) await to.put(key, await from.get(key), "image/png");
    await server.server.close(0);

    const restoredUrl = await debian.createDatabase();
    const target = { ...storeOf(forCommand), MAQUETTE_KEY };
    expect(await restoreBackup(directory, { ...target, DATABASE_URL: restoredUrl })).toMatchObject({
      rows: copied.rows,
      files: copied.files,
    });
    const byCommand = await startTestServer({ databaseUrl: restoredUrl, env: target });
    await expectWhole(byCommand.url, client, done, pending);
    await byCommand.close();

    const loadedUrl = await debian.createDatabase();
    run("pg_restore", "--no-owner", "--exit-on-error", `--dbname=${loadedUrl}`, dump);
    receiver.received.length = 0;
    const byTools = await startTestServer({ databaseUrl: loadedUrl, env: { ...storeOf(forTools), MAQUETTE_KEY } });
    await expectWhole(byTools.url, client, done, pending);
    expect((await (await createClient(byTools.url, client, client.email)).fetchRequest(late)).status).toBe(404);
    await byTools.close();
  } finally {
    await Promise.all([debian.stop(), store.close(), forCommand.close(), forTools.close()]);
  }
}, 180_000);
