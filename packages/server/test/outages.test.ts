import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../src/config/read-config.ts";
import { migrate } from "../src/db/migrate.ts";
import { openEmbedded, openPostgres } from "../src/db/open-database.ts";
import { tidyEmbedded } from "../src/db/tidy-embedded.ts";
import { startHousekeeping } from "../src/housekeeping.ts";
import { deliver } from "../src/webhooks/deliver.ts";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { type DatabaseProxy, startProxy } from "./support/proxy.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { startS3Stub } from "./support/s3-stub.ts";
import { standInEngine } from "./support/stand-in-engine.ts";
import { type Client, newDirectory, PNG, startTestServer, type TestServer, until } from "./support/start.ts";

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

function upload(client: Client, headers: Record<string, string> = {}) {
  const form = new FormData();
  form.append("image", new Blob([PNG]), "chair.png");
  return client.post("/api/v1/process", form, headers);
}

async function register(client: Client, destination: string): Promise<void> {
  const { body } = await client.post("/api/v1/registerHook", { devID: client.devID, destination });
  client.headers = { "x-api-key": client.apiKey, authorization: body.jwt };
}

const iterationOf = (server: TestServer, requestId: string) =>
  server.server.context.db
    .selectFrom("iteration")
    .select(["status", "attempt", "failures", "lost"])
    .where("request_id", "=", requestId)
    .executeTakeFirstOrThrow();

describe("a storage that fails", () => {
  it("dismisses nothing, however long, and says to come back", async () => {
    let held = () => {};
    const gate = new Promise<void>((resolve) => {
      held = resolve;
    });
    let runs = 0;
    const engine = standInEngine({
      onJob: () => {
        runs++;
        return gate;
      },
    });
    const server = await start({ runEngine: engine });
    const client = await server.account();
    const { body } = await upload(client);
    await until(() => runs === 1);
    const files = join(server.dataDir, "files");
    renameSync(files, `${files}.away`);
    writeFileSync(files, "no directory");
    held();
    // More failures than an engine may have.
    const third = await until(async () => {
      const now = await iterationOf(server, body.requestID);
      return now.attempt === 3 && now.status === "queued" ? now : null;
    }, 40_000);
    expect(third).toMatchObject({ failures: 0, lost: 0 });
    // Only the first attempt found out after the work; the others looked before it.
    expect(runs).toBe(1);
    const refused = await upload(client);
    expect([refused.status, refused.body.code]).toEqual([503, "unavailable"]);
    expect(refused.headers.get("retry-after")).toBe("5");
    rmSync(files);
    renameSync(`${files}.away`, files);
    const asset = await client.finished(body.requestID, 60_000);
    expect(asset.iterations[0].status).toBe("completed");
    expect((await fetch(asset.iterations[0].results.glb)).status).toBe(200);
    expect((await client.get(`/api/v1/fetchAll?devID=${client.devID}`)).body.assets).toHaveLength(1);
  }, 120_000);

  it("on S3 in the middle of writing the files is survived", async () => {
    const stub = await startS3Stub();
    let runs = 0;
    const { endpoint, bucket, accessKeyId, secretAccessKey } = stub.config;
    const server = await start({
      env: {
        S3_ENDPOINT: endpoint,
        S3_BUCKET: bucket,
        S3_ACCESS_KEY_ID: accessKeyId,
        S3_SECRET_ACCESS_KEY: secretAccessKey,
      },
      runEngine: standInEngine({
        onJob: () => {
          // Seven files, four tries each: the first attempt cannot but fail.
          if (++runs === 1) stub.failNext = 28;
        },
      }),
    });
    const client = await server.account();
    const requestId = await client.process();
    await until(async () => (await iterationOf(server, requestId)).attempt >= 2);
    const asset = await client.finished(requestId, 60_000);
    expect(asset.iterations[0].status).toBe("completed");
    expect(await iterationOf(server, requestId)).toMatchObject({ failures: 0 });
    // No file of an attempt that failed is left.
    const { attempt } = await iterationOf(server, requestId);
    await until(() => [...stub.objects.keys()].every((key) => key.includes(`/${attempt}/`)));
    await server.close();
    await stub.close();
  }, 120_000);
});

describe("a database that fails", () => {
  let postgres: TestPostgres;
  let receiver: Receiver;
  let proxy: DatabaseProxy;

  beforeAll(async () => {
    postgres = await startPostgres();
    receiver = await startReceiver();
  });

  afterEach(() => proxy?.close());

  afterAll(async () => {
    await receiver.close();
    await postgres.stop();
  });

  async function startBehindProxy(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
    proxy = await startProxy(await postgres.createDatabase());
    return start({ databaseUrl: proxy.url, ...options });
  }

  it("while a job runs costs neither the request nor the work", async () => {
    let runs = 0;
    const server = await startBehindProxy({ runEngine: standInEngine({ ms: 1500, onJob: () => void runs++ }) });
    const client = await server.account();
    const requestId = await client.process();
    await until(() => runs === 1);
    proxy.fail("refuse");
    const refused = await client.post("/api/v1/process", { test: true, imageUrls: ["https://example.com/a.png"] });
    expect([refused.status, refused.body.code]).toEqual([503, "unavailable"]);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await new Promise((done) => setTimeout(done, 4000));
    proxy.heal();
    expect((await client.finished(requestId)).iterations[0].status).toBe("completed");
    expect(runs).toBe(1);
    // Everything works again, notifications and new requests included.
    expect((await client.finished(await client.process())).iterations[0].status).toBe("completed");
  });

  it("by swallowing every byte is noticed within seconds", async () => {
    const server = await startBehindProxy();
    const client = await server.account();
    await client.finished(await client.process());
    proxy.fail("swallow");
    const before = Date.now();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect(Date.now() - before).toBeLessThan(10_000);
    proxy.heal();
    await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
    expect((await client.finished(await client.process())).iterations[0].status).toBe("completed");
  });

  it("between the commit of a request and its answer leaves it whole: asking again gives the same one", async () => {
    const server = await startBehindProxy();
    const client = await server.account();
    const cut = proxy.cutAtCommit('insert into "request"');
    const lost = await upload(client, { "idempotency-key": "once" });
    await cut;
    expect([lost.status, lost.body.code]).toEqual([503, "unavailable"]);
    const again = await upload(client, { "idempotency-key": "once" });
    expect(again.status).toBe(201);
    const asset = await client.finished(again.body.requestID);
    expect(asset.iterations[0].status).toBe("completed");
    expect((await fetch(asset.image[0])).status).toBe(200);
    expect((await client.get(`/api/v1/fetchAll?devID=${client.devID}`)).body.assets).toHaveLength(1);
  });

  it("between the commit of a result and its answer neither loses nor repeats it", async () => {
    let runs = 0;
    const server = await startBehindProxy({ runEngine: standInEngine({ onJob: () => void runs++ }) });
    const client = await server.account();
    await register(client, `${receiver.url}/commit`);
    const cut = proxy.cutAtCommit('insert into "artifact"');
    const requestId = await client.process();
    await cut;
    const asset = await client.finished(requestId);
    expect(asset.iterations[0].status).toBe("completed");
    expect((await fetch(asset.iterations[0].results.glb)).status).toBe(200);
    expect(runs).toBe(1);
    await receiver.next(1, ({ path }) => path === "/commit");
    expect(await iterationOf(server, requestId)).toMatchObject({ attempt: 1, failures: 0 });
  });

  it("between the sending of a message and its record has it sent again, under the same id", async () => {
    const server = await startBehindProxy();
    const client = await server.account();
    await register(client, `${receiver.url}/unrecorded`);
    const fits = ({ path }: { path: string }) => path === "/unrecorded";
    receiver.answer = (response) => {
      if (receiver.received.filter(fits).length === 1) proxy.fail("refuse");
      response.end();
    };
    await client.process();
    const first = await receiver.next(1, fits);
    await new Promise((done) => setTimeout(done, 500));
    proxy.heal();
    // The claim lapses when its heartbeats stop: 15 s, and up to 10 s until that is looked at.
    const second = await receiver.next(2, fits, 45_000);
    receiver.answer = (response) => response.end();
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    await until(async () => {
      const { body } = await client.get("/api/maquette/v1/deliveries");
      return body.deliveries?.[0]?.state === "delivered";
    });
  });

  it("cannot undo a delivery that another server has settled", async () => {
    const server = await startBehindProxy();
    const client = await server.account();
    await register(client, `${receiver.url}/twice`);
    const fits = ({ path }: { path: string }) => path === "/twice";
    let refuseFirst = () => {};
    receiver.answer = (response, { path }) => {
      if (path === "/twice" && receiver.received.filter(fits).length === 1) {
        refuseFirst = () => void response.writeHead(500).end();
      } else response.end();
    };
    await client.process();
    await receiver.next(1, fits);
    const { context } = server.server;
    const { id } = await context.db.selectFrom("delivery").select("id").executeTakeFirstOrThrow();
    const stranger = { id: "00000000-0000-7000-8000-000000000000", retryCount: 0, data: { deliveryID: id } };
    await deliver(context, stranger as Parameters<typeof deliver>[1], new AbortController().signal);
    refuseFirst();
    await until(async () => {
      const { rows } = await sql<{ open: number }>`select count(*)::int as open from pgboss.job
        where name = 'delivery' and state <> 'completed'`.execute(context.db);
      return rows[0]!.open === 0;
    });
    receiver.answer = (response) => response.end();
    const delivery = await context.db.selectFrom("delivery").selectAll().executeTakeFirstOrThrow();
    expect(delivery).toMatchObject({ state: "delivered", last_error: null, attempts: 1 });
    expect(receiver.received.filter(fits)).toHaveLength(2);
  });

  it("is brought up to date by one of several servers that start at once", async () => {
    const databaseUrl = await postgres.createDatabase();
    const all = await Promise.all(
      Array.from({ length: 4 }, () => start({ databaseUrl, dataDir: newDirectory(), env: KEY })),
    );
    expect(all.filter(({ server }) => server.firstStart !== null)).toHaveLength(1);
    const client = await all[0]!.account();
    expect((await client.finished(await client.process())).iterations[0].status).toBe("completed");
  });

  it("of a newer version is used if that says so, and refused otherwise", async () => {
    const databaseUrl = await postgres.createDatabase();
    const { db, close } = openPostgres(databaseUrl, () => {});
    await migrate(db);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-future', now()::text)`.execute(db);
    const server = await start({ databaseUrl });
    const client = await server.account();
    expect((await client.finished(await client.process())).iterations[0].status).toBe("completed");
    await sql`update setting set value = '9999-future' where name = 'schema_floor'`.execute(db);
    await expect(start({ databaseUrl })).rejects.toThrow(ConfigError);
    await expect(start({ databaseUrl })).rejects.toThrow(/^DATABASE_URL: .*9999-future by a newer version/);
    await close();
  });
});

/** Servers side by side share the master key. */
const KEY = { MAQUETTE_KEY: Buffer.alloc(32, 5).toString("base64") };

describe("the clock", () => {
  it("set back strands no job that was added before", async () => {
    const server = await start({ env: { MAQUETTE_CONCURRENCY: "1" }, runEngine: standInEngine({ ms: 1000 }) });
    const client = await server.account();
    const running = await client.process();
    await until(async () => (await iterationOf(server, running)).status === "running");
    const waiting = await client.process();
    const { context } = server.server;
    await sql`update pgboss.job set start_after = now() + interval '1 day' where state = 'created'`.execute(context.db);
    await client.finished(running);
    await new Promise((done) => setTimeout(done, 1500));
    expect(await iterationOf(server, waiting)).toMatchObject({ status: "queued", attempt: 0 });
    await startHousekeeping(context, null)();
    expect((await client.finished(waiting)).iterations[0].status).toBe("completed");
  });
});

describe("the embedded database", () => {
  it("keeps its write-ahead log short while it runs", async () => {
    const { pglite, close } = await openEmbedded(newDirectory());
    await pglite!.exec(
      "create table t (x text); insert into t select repeat(md5(g::text), 20) from generate_series(1, 40000) g",
    );
    const unread = async () => {
      const { rows } = await pglite!.query<{ bytes: number }>(
        "select (pg_current_wal_lsn() - redo_lsn)::int as bytes from pg_control_checkpoint()",
      );
      return rows[0]!.bytes;
    };
    expect(await unread()).toBeGreaterThan(20e6);
    await tidyEmbedded(pglite!);
    expect(await unread()).toBeLessThan(1e5);
    await close();
  });

  it("vacuums and analyses what has changed, and nothing else", async () => {
    const { pglite, close } = await openEmbedded(newDirectory());
    for (const name of ["still", "changed"]) {
      await pglite!.exec(`create table ${name} (x int); insert into ${name} select generate_series(1, 5000)`);
    }
    // What has changed is counted when a transaction ends, once a second at the most.
    await pglite!.exec("select pg_stat_force_next_flush()");
    await pglite!.exec("vacuum analyze still");
    await pglite!.exec("update changed set x = x + 1");
    await pglite!.exec("select pg_stat_force_next_flush()");
    const before = await tables();
    await tidyEmbedded(pglite!);
    const after = await tables();
    expect(before.changed).toMatchObject({ dead: 5000, rows: -1 });
    expect(after.changed).toMatchObject({ dead: 0, rows: 5000 });
    expect(after.still).toEqual(before.still);
    await close();

    async function tables() {
      const { rows } = await pglite!.query<{ name: string; dead: number; rows: number; seen: Date }>(`
        select c.relname as name, t.n_dead_tup as dead, c.reltuples as rows, t.last_analyze as seen
        from pg_class c join pg_stat_all_tables t on t.relid = c.oid where c.relname in ('changed', 'still')`);
      return Object.fromEntries(rows.map((row) => [row.name, row]));
    }
  });
});

describe("a server that stops", () => {
  it("keeps its deadline with a download that nobody reads", async () => {
    const server = await start({
      runEngine: async (job, options) => {
        const asset = await standInEngine()(job, options);
        asset.files[0]!.data = Buffer.alloc(50e6);
        return asset;
      },
    });
    const client = await server.account();
    const { iterations } = await client.finished(await client.process());
    const stalled = await fetch(iterations[0].results.glb);
    expect(stalled.status).toBe(200);
    const before = Date.now();
    await server.server.close(500);
    expect(Date.now() - before).toBeLessThan(8000);
    await expect(stalled.arrayBuffer()).rejects.toThrow();
  });

  it("keeps its deadline with receivers and picture hosts that hang, and gives what they hold back untried", async () => {
    const sockets = new Set<Socket>();
    const hanging = createServer((socket) => void sockets.add(socket.on("error", () => {})));
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    const { port } = hanging.address() as { port: number };
    const one = await startTestServer();
    const client = await one.account();
    await register(client, `http://127.0.0.1:${port}/hook`);
    await client.finished(await client.process());
    await until(() => sockets.size === 1);
    const fetching = await client.process({ test: false, imageUrls: [`http://127.0.0.1:${port}/a.png`] });
    await until(() => sockets.size === 2);
    const before = Date.now();
    await one.server.close(500);
    expect(Date.now() - before).toBeLessThan(8000);
    for (const socket of sockets) socket.destroy();
    hanging.close();

    const { db, close } = await openEmbedded(one.dataDir);
    expect(await db.selectFrom("delivery").select(["state", "attempts"]).execute()).toEqual([
      { state: "pending", attempts: 0 },
    ]);
    const iteration = await db
      .selectFrom("iteration")
      .select(["status", "failures", "lost"])
      .where("request_id", "=", fetching)
      .executeTakeFirstOrThrow();
    expect(iteration).toEqual({ status: "queued", failures: 0, lost: 0 });
    const { rows } = await sql<{ state: string; name: string }>`select name, state from pgboss.job
      where state <> 'completed' and name in ('asset', 'delivery') order by name`.execute(db);
    expect(rows).toEqual([
      { name: "asset", state: "retry" },
      { name: "delivery", state: "retry" },
    ]);
    await close();
  });
});
