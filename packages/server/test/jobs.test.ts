import { EngineError } from "@maquette/engine/errors";
import { sql } from "kysely";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { LIMITS } from "../src/config/limits.ts";
import type { RunEngine } from "../src/context.ts";
import { onBothDatabases } from "./support/databases.ts";
import { refuse, standInEngine } from "./support/stand-in-engine.ts";
import { PNG, type TestServer, until } from "./support/start.ts";

onBothDatabases("jobs", (start, kind) => {
  let main: TestServer;
  /** What the engine does with each job; a test puts its own here. */
  let onJob: (job: Parameters<RunEngine>[0]) => void | Promise<void> = () => {};
  let ms = 20;

  beforeAll(async () => {
    const engine: RunEngine = (job, options) => standInEngine({ ms, onJob: (given) => onJob(given) })(job, options);
    main = await start({ runEngine: engine, env: { MAQUETTE_CONCURRENCY: "1", MAQUETTE_QUEUE_LIMIT: "40" } });
  });

  beforeEach(() => {
    ms = 20;
    onJob = () => {};
  });

  it("answer 201 only after the request, its images and its job are durable", async () => {
    const client = await main.account();
    const form = new FormData();
    form.append("images", new Blob([PNG]), "chair.png");
    form.append("LoQ", "standard");
    const { status, body } = await client.post("/api/v1/process", form);
    expect(status).toBe(201);
    const { db, storage } = main.server.context;
    const image = await db
      .selectFrom("image")
      .selectAll()
      .where("request_id", "=", body.requestID)
      .executeTakeFirstOrThrow();
    expect(await storage.get(image.storage_key!)).toEqual(PNG);
    const { rows } = await sql<{ jobs: number }>`select count(*)::int as jobs from pgboss.job j
      join iteration i on i.id = j.id where j.name = 'asset' and i.request_id = ${body.requestID}`.execute(db);
    expect(rows[0]!.jobs).toBe(1);
    expect((await client.finished(body.requestID)).iterations[0].status).toBe("completed");
  });

  it("wait for the disk where a promise is kept; claims on PostgreSQL do not", async () => {
    const client = await main.account();
    ms = 1500;
    await client.finished(await client.process());
    const { db, jobs } = main.server.context;
    const query = "show synchronous_commit";
    const product = await Promise.all(
      Array.from({ length: 10 }, () => sql<{ synchronous_commit: string }>`${sql.raw(query)}`.execute(db)),
    );
    expect(new Set(product.map(({ rows }) => rows[0]!.synchronous_commit))).toEqual(new Set(["on"]));
    const { rows } = await jobs.boss.getDb().executeSql(query);
    expect(rows[0]).toEqual({ synchronous_commit: kind === "postgres" ? "off" : "on" });
  });

  it("show stage, progress and place while they wait and run", async () => {
    const client = await main.account();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    onJob = () => held;
    ms = 3000;
    const first = await client.process();
    const second = await client.process();
    const third = await client.process();
    const seen = async (id: string) => (await client.fetchRequest(id)).body.iterations[0];
    await until(async () => (await seen(first)).queuePosition === 0);
    expect(await seen(first)).toMatchObject({ status: "new", stage: "start", results: null });
    expect(await seen(second)).toMatchObject({ status: "new", stage: "queued", queuePosition: 1, progress: 0 });
    expect(await seen(third)).toMatchObject({ queuePosition: 2 });
    release();
    onJob = () => {};
    ms = 20;
    const running = await until(async () => {
      const now = await seen(first);
      return now.progress > 0.3 ? now : null;
    });
    expect(running).toMatchObject({ status: "new", queuePosition: 0 });
    expect(["carve", "bake"]).toContain(running.stage);
    ms = 20;
    for (const id of [first, second, third])
      expect((await client.finished(id)).iterations[0]).toMatchObject({
        status: "completed",
        progress: 1,
        stage: null,
        queuePosition: null,
      });
  });

  it("of several accounts take turns, whoever has how many", async () => {
    const [busy, calm] = [await main.account(), await main.account()];
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    onJob = async (job) => {
      order.push(job.options.name.replace(/_.*/, ""));
      await held;
    };
    for (let i = 0; i < 12; i++) await busy.process({ name: `busy ${i}` });
    for (let i = 0; i < 3; i++) await calm.process({ name: `calm ${i}` });
    release();
    await until(() => order.length === 15);
    onJob = () => {};
    // The calm account's three come within the first eight, not after the other's twelve.
    expect(order.slice(0, 8).filter((name) => name === "calm")).toHaveLength(3);
  });

  it("are bounded for each account, with a time to come back", async () => {
    const client = await main.account();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    onJob = () => held;
    const answers = await Promise.all(
      Array.from({ length: 45 }, () =>
        client.post("/api/v1/process", { test: true, imageUrls: ["https://example.com/a.png"] }),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 429);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(40);
    expect(refused).toHaveLength(5);
    expect(refused[0]!.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(refused[0]!.body).toMatchObject({ status: "error", code: "queue_full" });
    const other = await main.account();
    expect((await other.post("/api/v1/process", { test: true, imageUrls: ["https://example.com/a.png"] })).status).toBe(
      201,
    );
    onJob = () => {};
    release();
    const { db } = main.server.context;
    await until(
      async () =>
        (await db.selectFrom("iteration").select("id").where("status", "in", ["queued", "running"]).execute())
          .length === 0,
      60_000,
    );
  });

  it("with an Idempotency-Key are one job, also when twins arrive at once", async () => {
    const client = await main.account();
    const body = { test: true, imageUrls: ["https://example.com/a.png"], LoQ: "high" };
    const twins = await Promise.all(
      Array.from({ length: 8 }, () => client.post("/api/v1/process", body, { "idempotency-key": "k1" })),
    );
    expect(new Set(twins.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(twins.map((answer) => answer.body.requestID)).size).toBe(1);
    const other = await client.post("/api/v1/process", { ...body, LoQ: "ultra" }, { "idempotency-key": "k1" });
    expect([other.status, other.body.code]).toEqual([409, "idempotency_conflict"]);
    const stranger = await main.account();
    const theirs = await stranger.post("/api/v1/process", body, { "idempotency-key": "k1" });
    expect(theirs.body.requestID).not.toBe(twins[0]!.body.requestID);
    expect((await client.get(`/api/v1/fetchAll?devID=${client.devID}`)).body.assets).toHaveLength(1);
    main.ahead.ms += 25 * 3600 * 1000;
    await client.login();
    const later = await client.post("/api/v1/process", body, { "idempotency-key": "k1" });
    expect([later.status, later.body.requestID === twins[0]!.body.requestID]).toEqual([201, false]);
  });

  it("whose pictures are refused end with the cause, without another try", async () => {
    const client = await main.account();
    let runs = 0;
    onJob = (job) => {
      if (job.options.name !== "refused") return;
      runs++;
      refuse();
    };
    const requestId = await client.process({ name: "refused" });
    const [iteration] = (await client.finished(requestId)).iterations;
    expect(iteration).toMatchObject({ status: "dismissed", results: null });
    expect(iteration.dismissedReason).toMatch(/^Image 1: no object can be told from the background/);
    expect(runs).toBe(1);
  });

  it("that crash the engine are tried again, and given up after three times", async () => {
    const client = await main.account();
    let runs = 0;
    onJob = (job) => {
      if (job.options.name !== "crash_once") return;
      if (++runs === 1) throw new EngineError("internal", "engine process ended with signal SIGSEGV in stage carve");
    };
    expect((await client.finished(await client.process({ name: "crash once" }))).iterations[0].status).toBe(
      "completed",
    );
    expect(runs).toBe(2);
    runs = 0;
    onJob = (job) => {
      if (job.options.name !== "crash_always") return;
      runs++;
      throw new EngineError("internal", "memory limit of 4096 MB reached in stage bake");
    };
    const requestId = await client.process({ name: "crash always" });
    const [iteration] = (await client.finished(requestId)).iterations;
    expect(runs).toBe(3);
    expect(iteration).toMatchObject({ status: "dismissed" });
    expect(iteration.dismissedReason).toBe(
      `Internal error: the asset could not be made in several attempts. Please report it with the requestID ${requestId}.`,
    );
  });

  it("that lost their server are made again up to a bound, and then given up with the cause", async () => {
    const client = await main.account();
    const { db } = main.server.context;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    onJob = () => held;
    const first = await client.process();
    await until(async () => (await client.fetchRequest(first)).body.iterations[0].queuePosition === 0);
    const [unlucky, poison] = [await client.process(), await client.process()];
    const loseAll = (requestId: string, lost: number) =>
      sql`update iteration set status = 'running', lost = ${lost} where request_id = ${requestId}`.execute(db);
    // What beginning them again finds is one more: their server died with them in work.
    await loseAll(unlucky, LIMITS.lostAttempts - 1);
    await loseAll(poison, LIMITS.lostAttempts);
    release();
    expect((await client.finished(unlucky)).iterations[0].status).toBe("completed");
    expect((await client.finished(poison)).iterations[0]).toMatchObject({
      status: "dismissed",
      dismissedReason: expect.stringContaining(
        `Internal error: the asset could not be made in several attempts. Please report it with the requestID ${poison}`,
      ),
    });
  });

  it("are finished by the newest attempt only", async () => {
    const client = await main.account();
    let hung = () => {};
    const first = new Promise<void>((resolve) => {
      hung = resolve;
    });
    let runs = 0;
    onJob = () => (++runs === 1 ? first : undefined);
    const requestId = await client.process();
    await until(() => runs === 1);
    // Another worker believes that the first one died, and takes the job over.
    const { db } = main.server.context;
    await sql`update iteration set attempt = attempt + 1 where request_id = ${requestId}`.execute(db);
    hung();
    const asset = await client.finished(requestId);
    // The first attempt was turned away, the next one took over; there is one set of files and one end.
    expect(asset.iterations[0].status).toBe("completed");
    expect(runs).toBe(2);
    const files = await db
      .selectFrom("artifact as a")
      .innerJoin("iteration as i", "i.id", "a.iteration_id")
      .select(["a.format", "a.storage_key", "i.attempt"])
      .where("i.request_id", "=", requestId)
      .execute();
    expect(files).toHaveLength(new Set(files.map((file) => file.format)).size);
    expect(files.every((file) => file.attempt === 3 && file.storage_key!.includes("/3/"))).toBe(true);
  });

  it.each([
    ["finished", () => {}],
    ["was refused", refuse],
  ])("are made again when an attempt %s that no longer counts, and nobody told it so", async (_how, end) => {
    const client = await main.account();
    const { db } = main.server.context;
    let runs = 0;
    // After the fetch no progress is written for half a second, by which it would learn that it was replaced.
    ms = 5;
    onJob = async () => {
      if (++runs > 1) return;
      await sql`update iteration set attempt = attempt + 1 where account_id = ${client.devID}`.execute(db);
      end();
    };
    const form = new FormData();
    form.append("image", new Blob([PNG]), "a.png");
    const { body } = await client.post("/api/v1/process", form);
    const asset = await client.finished(body.requestID);
    expect([asset.iterations[0].status, runs]).toEqual(["completed", 2]);
  });

  it("can be cancelled while they wait and while they run", async () => {
    const client = await main.account();
    ms = 60_000;
    const running = await client.process();
    await until(async () => (await client.fetchRequest(running)).body.iterations[0].stage !== "queued");
    const waiting = await client.process();
    const cancel = (id: string) => client.post(`/api/maquette/v1/requests/${id}/iterations/0/cancel`);
    expect((await cancel(waiting)).status).toBe(200);
    expect((await cancel(running)).status).toBe(200);
    ms = 20;
    for (const id of [waiting, running]) {
      expect((await client.fetchRequest(id)).body.iterations[0]).toMatchObject({
        status: "dismissed",
        dismissedReason: "Cancelled at your request.",
      });
    }
    expect((await cancel(running)).body).toMatchObject({ status: "error", code: "state_conflict" });
    // The slot is free again within seconds, for the same once more too.
    const again = `/api/maquette/v1/requests/${running}/iterations`;
    expect((await client.post(again, {})).body).toMatchObject({ status: "success", iterationID: "1" });
    expect((await client.finished(running)).iterations[1].status).toBe("completed");
    expect((await client.post(again, {})).body.message).toContain("a revision that changes nothing");
  });

  it("are deleted with all their files", async () => {
    const client = await main.account();
    const form = new FormData();
    form.append("image", new Blob([PNG]), "a.png");
    const { body } = await client.post("/api/v1/process", form);
    const asset = await client.finished(body.requestID);
    const link = asset.iterations[0].results.glb;
    expect((await fetch(link)).status).toBe(200);
    const stranger = await main.account();
    expect((await stranger.request("DELETE", `/api/maquette/v1/requests/${body.requestID}`)).status).toBe(404);
    expect((await client.request("DELETE", `/api/maquette/v1/requests/${body.requestID}`)).status).toBe(200);
    expect((await fetch(link)).status).toBe(404);
    expect((await client.fetchRequest(body.requestID)).status).toBe(404);
    expect((await client.get(`/api/v1/fetchAll?devID=${client.devID}`)).body.assets).toEqual([]);
    const { db, storage } = main.server.context;
    const [file] = await db
      .selectFrom("artifact as a")
      .innerJoin("iteration as i", "i.id", "a.iteration_id")
      .select("storage_key")
      .where("i.request_id", "=", body.requestID)
      .execute();
    await expect(storage.get(file!.storage_key!)).rejects.toThrow("holds no");
  });

  it("are given back by a server that stops, and that counts as no failure", async () => {
    const other = await start({ runEngine: standInEngine({ ms: 60_000 }) });
    const client = await other.account();
    const requestId = await client.process();
    await until(async () => (await client.fetchRequest(requestId)).body.iterations[0].stage !== "queued");
    const { db } = other.server.context;
    const stopping = other.server.close(100);
    await until(async () => {
      try {
        const row = await db
          .selectFrom("iteration")
          .select(["status", "failures", "lost"])
          .where("request_id", "=", requestId)
          .executeTakeFirst();
        return row?.status === "queued" && row.failures === 0 && row.lost === 0;
      } catch {
        return true;
      }
    });
    await stopping;
  });
});
