import { randomBytes, randomUUID } from "node:crypto";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSignInLink } from "../src/auth/accounts.ts";
import { keepHouse, prune } from "../src/housekeeping.ts";
import { recountStored } from "../src/requests/stored-bytes.ts";
import { sweepOrphans } from "../src/storage/sweep-orphans.ts";
import { onBothDatabases, type Start } from "./support/databases.ts";
import { type S3Stub, startS3Stub } from "./support/s3-stub.ts";
import { type Client, startTestServer, type TestServer } from "./support/start.ts";

const DAY_MS = 24 * 3600 * 1000;

let stub: S3Stub;
/** Half a megabyte that does not compress. */
let picture: Buffer<ArrayBuffer>;
beforeAll(async () => {
  stub = await startS3Stub();
  const raw = { width: 400, height: 400, channels: 3 } as const;
  picture = Buffer.from(
    await sharp(randomBytes(400 * 400 * 3), { raw })
      .png()
      .toBuffer(),
  );
});
afterAll(() => stub.close());

/** The scaled set keeps its files in S3. */
function storageOf(kind: "embedded" | "postgres"): Record<string, string> {
  if (kind === "embedded") return {};
  const { endpoint, bucket, accessKeyId, secretAccessKey } = stub.config;
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

async function upload(client: Client, data = picture, fields: Record<string, string> = {}) {
  const form = new FormData();
  form.append("image", new Blob([data]), "chair.png");
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return client.post("/api/v1/process", form);
}

async function make(client: Client): Promise<string> {
  const { body } = await upload(client);
  const asset = await client.finished(body.requestID);
  expect(asset.iterations[0].status).toBe("completed");
  return body.requestID;
}

const usage = async (client: Client) => (await client.get("/api/maquette/v1/usage")).body;

async function countFiles({ server }: TestServer, requestId: string): Promise<number> {
  let count = 0;
  for await (const _ of server.context.storage.list(`requests/${requestId}/`)) count++;
  return count;
}

onBothDatabases("what is kept", (start: Start, kind) => {
  const open = (env: Record<string, string>) => start({ env: { ...storageOf(kind), ...env } });

  it("files go when their time is over, and the record stays and can be made again", async () => {
    const server = await open({ MAQUETTE_KEEP_FILES_DAYS: "30" });
    const client = await server.account();
    const requestID = await make(client);
    const { bytes: before, quota } = await usage(client);
    expect(quota.bytes).toEqual({ used: before, limit: null });
    server.ahead.ms = 29 * DAY_MS;
    await keepHouse(server.server.context);
    expect(await countFiles(server, requestID)).toBe(8);

    server.ahead.ms = 31 * DAY_MS;
    await keepHouse(server.server.context);
    await client.login();
    expect(await countFiles(server, requestID)).toBe(1);
    const { body } = await client.fetchRequest(requestID);
    const [iteration] = body.iterations;
    expect(iteration).toMatchObject({ status: "completed", triangles: 12, filesRemovedAt: expect.any(String) });
    const download = await client.get(iteration.results.glb.replace(server.url, ""));
    expect(download.status).toBe(410);
    expect(download.body).toMatchObject({ code: "files_removed", message: expect.stringContaining("30 days") });
    expect((await client.get(body.image[0].replace(server.url, ""))).status).toBe(200);
    expect(await usage(client)).toMatchObject({ bytes: picture.length, quota: { bytes: { used: picture.length } } });
    expect((await client.get(`/api/maquette/v1/batch?requestIDs=${requestID}`)).status).toBe(404);

    // Nothing of it changes, and it is worth making all the same.
    const revision = await client.post(`/api/maquette/v1/requests/${requestID}/iterations`, { seed: 0 });
    expect(revision.body).toMatchObject({ iterationID: "1" });
    const again = await client.finished(requestID);
    expect((await client.get(again.iterations[1].results.glb.replace(server.url, ""))).status).toBe(200);
    expect((await usage(client)).quota.bytes.used).toBe((await usage(client)).bytes);
  });

  it("pictures go when their time is over, and a revision asks for them again", async () => {
    const server = await open({ MAQUETTE_KEEP_PICTURES_DAYS: "7" });
    const client = await server.account();
    const requestID = await make(client);
    server.ahead.ms = 8 * DAY_MS;
    await keepHouse(server.server.context);
    await client.login();
    expect(await countFiles(server, requestID)).toBe(7);
    const path = `/api/maquette/v1/requests/${requestID}/iterations`;
    const refused = await client.post(path, { height: 50 });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.body.message).toContain(
      "pictures that were deleted 7 days after the asset was made: send them again",
    );
    const form = new FormData();
    form.append("image", new Blob([picture]), "again.png");
    expect((await client.post(path, form)).status).toBe(201);
    const { iterations } = await client.finished(requestID);
    expect(iterations[1].status).toBe("completed");
    expect((await usage(client)).quota.bytes.used).toBe((await usage(client)).bytes);
  });

  it("assets of a month are counted, tests are not, and the next month begins anew", async () => {
    const server = await open({ MAQUETTE_QUOTA_REQUESTS: "2" });
    const client = await server.account();
    server.ahead.ms = Date.UTC(2027, 0, 31, 12) - Date.now();
    await client.login();
    await make(client);
    await make(client);
    await client.process();
    const refused = await upload(client);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      code: "quota_requests",
      message:
        "You have asked for 2 assets this month: more can be made from 2027-02-01 (UTC) on, or ask the operator of this server for more",
    });
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(11 * 3600);
    expect(wait).toBeLessThanOrEqual(12 * 3600);
    expect((await usage(client)).quota.requests).toEqual({ used: 2, limit: 2, resetsAt: "2027-02-01T00:00:00.000Z" });
    server.ahead.ms += 13 * 3600 * 1000;
    await client.login();
    expect((await usage(client)).quota.requests.used).toBe(0);
    await make(client);
  });

  it("an account that is full is told so, and has room again when it deletes", async () => {
    const server = await open({ MAQUETTE_QUOTA_MEGABYTES: "1" });
    const client = await server.account();
    const made: string[] = [];
    while ((await usage(client)).bytes < 1e6) made.push(await make(client));
    const refused = await upload(client);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: "quota_storage", message: expect.stringMatching(/take up \d of 1 MB/) });
    const revision = await client.post(`/api/maquette/v1/requests/${made[0]}/iterations`, { height: 10 });
    expect(revision).toMatchObject({ status: 403, body: { code: "quota_storage" } });
    await client.request("DELETE", `/api/maquette/v1/requests/${made[0]}`);
    await make(client);
  });

  it("what an account takes up is exact while it makes, revises and deletes at once", async () => {
    const server = await open({});
    const client = await server.account();
    const ids = await Promise.all(Array.from({ length: 6 }, () => make(client)));
    await Promise.all(
      ids.map((id, i) =>
        i % 2 === 0
          ? client.request("DELETE", `/api/maquette/v1/requests/${id}`)
          : client.post(`/api/maquette/v1/requests/${id}/iterations`, { height: 10 + i }),
      ),
    );
    for (const [i, id] of ids.entries()) if (i % 2 === 1) await client.finished(id);
    const { bytes, quota } = await usage(client);
    expect(quota.bytes.used).toBe(bytes);
    const { db } = server.server.context;
    await db.updateTable("account").set({ stored_bytes: 1 }).where("id", "=", client.devID).execute();
    await recountStored({ db });
    expect((await usage(client)).quota.bytes.used).toBe(bytes);
    expect((await client.get("/metrics")).body).toContain(`maquette_storage_bytes ${bytes}`);
  });

  it("files without a row are swept after a day, and nothing else", async () => {
    const server = await open({});
    const client = await server.account();
    const requestID = await make(client);
    const { storage } = server.server.context;
    const orphans = [`requests/${requestID}/${randomUUID()}/1/${randomUUID()}`, `requests/${randomUUID()}/input/a.png`];
    const others = ["other/thing", "requests/readme"];
    for (const key of [...orphans, ...others]) await storage.put(key, Buffer.from("x"), "text/plain");
    const { context } = server.server;
    expect(await sweepOrphans(context)).toMatchObject({ removed: 0 });
    server.ahead.ms = 25 * 3600 * 1000;
    // By the housekeeping of a server, once a day.
    await keepHouse(context);
    for (const key of orphans) await expect(storage.get(key)).rejects.toThrow("holds no");
    for (const key of others) expect((await storage.get(key)).toString()).toBe("x");
    expect(await countFiles(server, requestID)).toBe(8);
    expect((await client.get("/metrics")).body).toMatch(/maquette_orphans_removed_total [1-9]/);
  });
});

onBothDatabases("what has expired", (start) => {
  it("is removed", async () => {
    const server = await start();
    const client = await server.account();
    const { context, firstStart } = server.server;
    await client.post("/api/v1/process", { imageUrls: ["a"], test: true }, { "idempotency-key": "once" });
    await client.request("GET", "/api/v1/fetchProjects", undefined, { "x-api-key": "mq_wrong" });
    await fetch(firstStart!.signInUrl, { redirect: "manual" });
    await createSignInLink(context, client.devID);
    const tables = ["idempotency", "auth_failure", "session", "sign_in_link"] as const;
    const counted = () =>
      Promise.all(tables.map(async (table) => (await context.db.selectFrom(table).selectAll().execute()).length));
    await prune(context);
    expect(await counted()).toEqual([1, 2, 1, 1]);
    server.ahead.ms += 40 * DAY_MS;
    await prune(context);
    expect(await counted()).toEqual([0, 0, 0, 0]);
  });
});

it("a bucket that is mostly another installation's is not swept", async () => {
  const server = await startTestServer({ env: storageOf("postgres") });
  const modified = new Date(Date.now() - 2 * DAY_MS);
  for (let i = 0; i < 2500; i++) {
    stub.objects.set(`requests/${randomUUID()}/input/a.png`, { data: Buffer.from("x"), mime: "image/png", modified });
  }
  const before = stub.objects.size;
  expect(await sweepOrphans(server.server.context)).toMatchObject({ removed: 0 });
  expect(stub.objects.size).toBe(before);
  await server.close();
});
