import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prune } from "../src/housekeeping.ts";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { standInEngine } from "./support/stand-in-engine.ts";
import { type Client, createClient, newDirectory, startTestServer, type TestServer, until } from "./support/start.ts";

const MAQUETTE = fileURLToPath(new URL("../../cli/bin/maquette.mjs", import.meta.url));

interface Process {
  processID: string;
  pid: number;
  role: string;
  up: boolean;
  self: boolean;
  running: number;
  seenSeconds: number;
}

describe("the processes of a scaled installation", () => {
  let postgres: TestPostgres;
  let api: TestServer;
  let worker: TestServer;
  let owner: Client;
  let child: ChildProcess | null = null;

  const operator = async () => (await owner.get("/api/maquette/v1/operator")).body;
  const processes = async (): Promise<Process[]> => (await operator()).processes;

  beforeAll(async () => {
    postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase();
    const dataDir = newDirectory();
    api = await startTestServer({ databaseUrl, dataDir, role: "api" });
    worker = await startTestServer({
      databaseUrl,
      dataDir,
      role: "worker",
      runEngine: standInEngine({ ms: 600_000 }),
      env: { MAQUETTE_CONCURRENCY: "3" },
    });
    const credentials = JSON.parse(readFileSync(api.server.firstStart!.credentialsPath, "utf8"));
    owner = await createClient(api.url, credentials, "owner@localhost");
  });
  afterAll(async () => {
    child?.kill("SIGKILL");
    await worker.close();
    await api.close();
    await postgres.stop();
  });

  it("are all known to each, with what they can do and what they are doing", async () => {
    const requestID = await owner.process({ name: "Crate" });
    const { processes: seen, running } = await until(async () => {
      const now = await operator();
      return now.running.length === 1 ? now : null;
    });
    expect(seen).toMatchObject([
      { self: true, role: "api", places: 0, running: 0, up: true, pid: process.pid },
      { self: false, role: "worker", places: 3, running: 1, up: true, version: expect.stringMatching(/^\d+\.\d+/) },
    ]);
    expect(running).toMatchObject([{ requestID, name: "Crate", processID: seen[1].processID }]);
  });

  it("show one that was killed as silent, for a day", async () => {
    const { databaseUrl } = worker.server.context.config;
    child = spawn(process.execPath, [MAQUETTE, "serve", "--role", "worker"], {
      env: {
        ...process.env,
        PORT: "0",
        HOST: "127.0.0.1",
        PUBLIC_URL: "http://127.0.0.1:1",
        DATABASE_URL: databaseUrl!,
        MAQUETTE_DATA: worker.dataDir,
        MAQUETTE_LOG: "error",
      },
      stdio: "ignore",
    });
    const { pid } = child;
    const own = async () => (await processes()).find((one) => one.pid === pid);
    const { processID } = await until(own, 60_000);
    expect(await own()).toMatchObject({ role: "worker", up: true, self: false });
    child.kill("SIGKILL");
    await new Promise((done) => child!.once("exit", done));

    const { db } = api.server.context;
    const lastSeen = (ago: string) =>
      sql`update process set seen_at = now() - ${ago}::interval where id = ${processID}`.execute(db);
    await lastSeen("31 seconds");
    const silent = await own();
    expect(silent).toMatchObject({ up: false, running: 0 });
    expect(silent!.seenSeconds).toBeGreaterThanOrEqual(31);
    expect((await processes()).filter(({ up }) => up)).toHaveLength(2);

    await lastSeen("23 hours");
    await prune(api.server.context);
    expect(await own()).toMatchObject({ up: false });
    await lastSeen("25 hours");
    await prune(api.server.context);
    expect(await own()).toBeUndefined();
  });

  it("take their leave when they are stopped", async () => {
    await worker.server.close(0);
    expect(await processes()).toMatchObject([{ self: true, role: "api" }]);
    const { rows } = await sql<{ id: string }>`select id from process`.execute(api.server.context.db);
    expect(rows.map(({ id }) => id)).toEqual([api.server.context.processId]);
  });
});
