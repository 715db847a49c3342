import { createHmac, randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DirectoryInUse, exchangeKey } from "../src/index.ts";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { createClient, startTestServer, type TestServer, type TestServerOptions } from "./support/start.ts";

let postgres: TestPostgres;
let receiver: Receiver;
const servers: TestServer[] = [];

beforeAll(async () => {
  [postgres, receiver] = await Promise.all([startPostgres(), startReceiver()]);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(async () => {
  await Promise.all([postgres.stop(), receiver.close()]);
});

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

const newKey = () => randomBytes(32).toString("base64");
const files = (directory: string) => ({
  key: join(directory, "server.key"),
  next: join(directory, "server.key.next"),
});

/** A stopped installation with an account that has a destination. */
async function furnish(options: TestServerOptions = {}) {
  const server = await start(options);
  const client = await server.account();
  await client.post("/api/v1/registerHook", { devID: client.devID, destination: receiver.url });
  await client.login();
  const stale = client.headers.authorization!;
  await server.close();
  return { client, stale, dataDir: server.dataDir };
}

/** What an exchange must leave as it was: the credentials and the webhook secret. */
async function expectWhole(server: TestServer, { client, stale }: Awaited<ReturnType<typeof furnish>>): Promise<void> {
  const old = await fetch(`${server.url}/api/v1/fetchProjects?devID=${client.devID}`, {
    headers: { "x-api-key": client.apiKey, authorization: stale },
  });
  expect(old.status).toBe(401);
  const again = await createClient(server.url, client, client.email);
  const requestID = await again.process();
  const { headers, text } = await receiver.next(1, ({ body }) => body.requestID === requestID);
  const { t, v1 } = JSON.parse(String(headers["kaedim-signature"]));
  expect(v1).toBe(createHmac("sha256", client.secret).update(`${t}${text}`).digest("hex"));
}

describe("the master key", () => {
  it("that was lost or is another's is a clear refusal that changes nothing", async () => {
    const furnished = await furnish();
    const { dataDir } = furnished;
    const { key } = files(dataDir);
    const aside = `${key}.aside`;
    copyFileSync(key, aside);

    rmSync(key);
    await expect(startTestServer({ dataDir })).rejects.toThrow(/^MAQUETTE_KEY: must be set .*server\.key be restored/);
    // No new one stands in the way of the old one.
    expect(existsSync(key)).toBe(false);
    writeFileSync(key, "AAAA\n");
    await expect(startTestServer({ dataDir })).rejects.toThrow(/^MAQUETTE_DATA: .*server\.key is damaged/);
    writeFileSync(key, `${newKey()}\n`);
    const other = /^MAQUETTE_KEY: the database was made with another key/;
    await expect(startTestServer({ dataDir })).rejects.toThrow(other);
    await expect(startTestServer({ dataDir, env: { MAQUETTE_KEY: newKey() } })).rejects.toThrow(other);
    await expect(exchangeKey({ MAQUETTE_DATA: dataDir })).rejects.toThrow(other);

    copyFileSync(aside, key);
    const server = await start({ dataDir });
    expect((await createClient(server.url, furnished.client, furnished.client.email)).headers.authorization).toMatch(
      /^ey/,
    );
  });

  it("is exchanged while the server is stopped: secrets and credentials stay, tokens from before are void", async () => {
    const furnished = await furnish();
    const { dataDir } = furnished;
    const { key, next } = files(dataDir);
    const former = readFileSync(key, "utf8");
    const running = await start({ dataDir });
    await expect(exchangeKey({ MAQUETTE_DATA: dataDir })).rejects.toThrow(DirectoryInUse);
    await running.close();
    expect(await exchangeKey({ MAQUETTE_DATA: dataDir })).toEqual({ secrets: 2, fromSetting: false });
    expect(readFileSync(key, "utf8")).not.toBe(former);
    expect(existsSync(next)).toBe(false);
    await expect(startTestServer({ dataDir, env: { MAQUETTE_KEY: former.trim() } })).rejects.toThrow("another key");
    const server = await start({ dataDir });
    await expectWhole(server, furnished);
    const { db } = server.server.context;
    const events = await db.selectFrom("audit_event").select("kind").where("kind", "=", "key.exchanged").execute();
    expect(events).toHaveLength(1);
  });

  it("is never lost by an exchange that is cut off, before or after its commit", async () => {
    const furnished = await furnish();
    const { dataDir } = furnished;
    const { key, next } = files(dataDir);
    // Before: the next key is on the disk, and the database still has the former one.
    writeFileSync(next, `${newKey()}\n`);
    await (await start({ dataDir })).close();
    // After: the database has changed, and the next key is still beside the former one.
    const former = readFileSync(key);
    await exchangeKey({ MAQUETTE_DATA: dataDir });
    copyFileSync(key, next);
    writeFileSync(key, former);
    const server = await start({ dataDir });
    expect([existsSync(next), readFileSync(key).equals(former)]).toEqual([false, false]);
    await expectWhole(server, furnished);
  });

  it("is exchanged on PostgreSQL once no server runs, for the key that was set beforehand", async () => {
    const databaseUrl = await postgres.createDatabase();
    const [former, next] = [newKey(), newKey()];
    const furnished = await furnish({ databaseUrl, env: { MAQUETTE_KEY: former } });
    const env = { DATABASE_URL: databaseUrl, MAQUETTE_KEY: former };
    await expect(exchangeKey(env)).rejects.toThrow(/^MAQUETTE_NEW_KEY: must be set/);
    const running = await start({ databaseUrl, env: { MAQUETTE_KEY: former } });
    await expect(exchangeKey({ ...env, MAQUETTE_NEW_KEY: next })).rejects.toThrow(
      "servers of this database are running",
    );
    await running.close();
    await expect(exchangeKey({ ...env, MAQUETTE_NEW_KEY: former })).rejects.toThrow("is the key that is used already");
    expect(await exchangeKey({ ...env, MAQUETTE_NEW_KEY: next })).toEqual({ secrets: 2, fromSetting: true });
    await expect(startTestServer({ databaseUrl, env: { MAQUETTE_KEY: former } })).rejects.toThrow("newest one");
    await expectWhole(await start({ databaseUrl, env: { MAQUETTE_KEY: next } }), furnished);
  });

  it("is not exchanged when a secret cannot be read: the account is named and nothing changes", async () => {
    const furnished = await furnish();
    const { dataDir, client } = furnished;
    const server = await start({ dataDir });
    const { db } = server.server.context;
    const secrets = () =>
      db.selectFrom("credential").select(["account_id", "secret_sealed"]).orderBy("account_id").execute();
    const damaged = Buffer.alloc(60, 1).toString("base64");
    await db.updateTable("credential").set({ secret_sealed: damaged }).where("account_id", "=", client.devID).execute();
    const before = await secrets();
    await server.close();
    await expect(exchangeKey({ MAQUETTE_DATA: dataDir })).rejects.toThrow(
      `account ${client.devID}: a sealed secret cannot be read`,
    );
    const again = await start({ dataDir });
    const after = await again.server.context.db
      .selectFrom("credential")
      .select(["account_id", "secret_sealed"])
      .orderBy("account_id")
      .execute();
    expect(after).toEqual(before);
  });
});
