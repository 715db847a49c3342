import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog, readConfig, startServer } from "@maquette/server";
import pg from "pg";
import { createAccount } from "../../../packages/server/src/auth/accounts.ts";
import { cpuOf, cpuOfPostgres } from "./cpu.ts";

export type Engine = "none" | "wait" | "cube" | "asset";

export interface Setting {
  /** `none`: no work at all; `wait`: 100 ms of waiting; `cube`: test requests; `asset`: real ones. */
  engine: Engine;
  workers: number;
  /** Jobs at a time of each worker. */
  slots: number;
  jobs: number;
  /** Whether a commit waits for the disk, as it must outside a bench. */
  flush: boolean;
}

export interface Measured extends Setting {
  seconds: number;
  perSecond: number;
  /** Of a transaction with one row, alone, on the same disk at the same time. */
  commitMs: number;
  /** Processor milliseconds an asset: of PostgreSQL, and of workers with their engines. */
  databaseMs: number;
  workerMs: number;
  /** Of one asset with one webhook destination. */
  rows: number;
  databaseBytes: number;
  fileBytes: number;
}

const WORKER = new URL("./worker.ts", import.meta.url);

/** Fills the queue, lets workers at it, and watches until the last webhook is delivered. */
export async function measureQueue(setting: Setting, databaseUrl: string, pictures: string[]): Promise<Measured> {
  // Files on a memory disk where there is one, so that what is measured is the queue and not the disk.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "maquette-queue-"));
  const env = {
    PATH: process.env.PATH,
    PORT: "0",
    HOST: "127.0.0.1",
    PUBLIC_URL: "http://127.0.0.1:1",
    DATABASE_URL: databaseUrl,
    MAQUETTE_DATA: folder,
    MAQUETTE_KEY: randomBytes(32).toString("base64"),
    MAQUETTE_CONCURRENCY: String(setting.slots),
    MAQUETTE_RATE_LIMIT: "100000000",
    MAQUETTE_QUEUE_LIMIT: "1000000",
  };
  let delivered = 0;
  const receiver = createServer((request, response) => {
    request.resume().on("end", () => {
      delivered++;
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const children: ChildProcess[] = [];
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const database = new URL(databaseUrl).pathname.slice(1);
  await client.query(`alter database ${database} set synchronous_commit = ${setting.flush ? "on" : "off"}`);
  const api = await startServer(readConfig(env, "api"), { log: createLog("error") });
  try {
    const account = await createAccount(api.context, "bench@example.com");
    const call = async (path: string, headers: Record<string, string>, body: object) => {
      const response = await fetch(api.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": account.apiKey, ...headers },
        body: JSON.stringify({ devID: account.devID, ...body }),
      });
      if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as { jwt: string };
    };
    const destination = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const { jwt } = await call("/api/v1/registerHook", {}, { destination });
    const images = pictures.map((path) => `data:image/png;base64,${readFileSync(path).toString("base64")}`);
    const body =
      setting.engine === "asset"
        ? { imageUrls: images, LoQ: "standard" }
        : { imageUrls: ["https://example.com/a.png"], test: true };
    const before = await sizes(client);
    for (let at = 0; at < setting.jobs; at += 8) {
      const batch = Array.from({ length: Math.min(8, setting.jobs - at) }, () =>
        call("/api/v1/process", { authorization: jwt }, body),
      );
      await Promise.all(batch);
    }
    const commitMs = await measureCommit(client);
    const engine = setting.engine === "cube" || setting.engine === "asset" ? "real" : setting.engine;
    for (let i = 0; i < setting.workers; i++) {
      const child = fork(WORKER, [engine], { env: env as NodeJS.ProcessEnv });
      children.push(child);
      await new Promise((ready) => child.once("message", ready));
    }
    // All have taken what they can hold, and wait.
    await sleep(1000);
    const backend = (await client.query("select pg_backend_pid() as pid")).rows[0].pid as number;
    const cpu = () => ({
      database: cpuOfPostgres(backend),
      workers: children.reduce((sum, { pid }) => sum + cpuOf(pid!), 0),
    });
    const cpuBefore = cpu();
    const started = performance.now();
    for (const child of children) child.send("go");
    while (delivered < setting.jobs) await sleep(5);
    const seconds = (performance.now() - started) / 1000;
    const cpuAfter = cpu();
    const after = await sizes(client);
    const each = (sum: number) => sum / setting.jobs;
    const { rows } = await client.query("select sum(bytes)::float8 as bytes from artifact");
    return {
      ...setting,
      seconds,
      perSecond: setting.jobs / seconds,
      commitMs,
      databaseMs: each(cpuAfter.database - cpuBefore.database) * 1000,
      workerMs: each(cpuAfter.workers - cpuBefore.workers) * 1000,
      rows: each(after.rows - before.rows),
      databaseBytes: each(after.bytes - before.bytes),
      fileBytes: each(rows[0].bytes),
    };
  } finally {
    for (const child of children) child.send("stop");
    await Promise.all(children.map((child) => new Promise((ended) => child.once("exit", ended))));
    await api.close(0);
    await client.end();
    receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureCommit(client: pg.Client): Promise<number> {
  const times: number[] = [];
  await client.query("create table if not exists bench_commit (n int)");
  for (let i = 0; i < COMMITS; i++) {
    const at = performance.now();
    await client.query("insert into bench_commit values (1)");
    times.push(performance.now() - at);
  }
  return times.sort((a, b) => a - b)[COMMITS >> 1]!;
}

const COMMITS = 51;
const TABLES = ["request", "image", "iteration", "artifact", "delivery", "pgboss.job_common"];

/** What requests leave in the database. */
async function sizes(client: pg.Client): Promise<{ rows: number; bytes: number }> {
  const counted = TABLES.map(
    (table) => `select (select count(*) from ${table}) as rows, pg_total_relation_size('${table}') as bytes`,
  );
  const { rows } = await client.query(
    `select sum(rows)::float8 as rows, sum(bytes)::float8 as bytes from (${counted.join(" union all ")}) t`,
  );
  return rows[0];
}
