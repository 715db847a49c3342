import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../../packages/server/src/db/open-database.ts";
import { addAccount } from "../../packages/server/src/index.ts";
import { s3Storage } from "../../packages/server/src/storage/s3.ts";
import { startPostgres } from "../../packages/server/test/support/postgres.ts";
import { drained, realPictures, startLoad } from "./clients.ts";
import type { ChaosOptions, ChaosResult } from "./embedded.ts";
import { createRandom, sleep } from "./random.ts";
import { startReceivers } from "./receivers.ts";
import { startFlakyS3 } from "./s3.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { verify } from "./verify.ts";

export interface ScaledOptions extends ChaosOptions {
  apis?: number;
  workers?: number;
  /** Of PostgreSQL, spread over the run. */
  restarts?: number;
  /** How long PostgreSQL is away at one of them, half-way, seconds. */
  outage?: number;
  /** Of the calls to S3. */
  s3Failures?: number;
  /** A checkout of a former version, installed: the first servers are its, and of those that take their places, half. */
  former?: string;
}

export const SCALED_DEFAULTS = { apis: 3, workers: 4, restarts: 5, outage: 60, s3Failures: 0.1 } as const;

const ACCOUNTS = 6;
/** Of the ends of processes, those that are a polite stop, as in a rolling restart. */
const POLITE = 0.2;
const DRAIN_MS = 900_000;

export interface ScaledResult extends ChaosResult {
  stops: number;
  restarts: number;
  /** The longest time that PostgreSQL was away, seconds. */
  outage: number;
}

/** Several servers of each role on PostgreSQL and S3, killed or stopped one after another, and what they stand on failing. */
export async function runScaled(options: ScaledOptions): Promise<ScaledResult> {
  const { seed, note, engine = "stand-in", former } = options;
  const { apis, workers, restarts, outage, s3Failures } = { ...SCALED_DEFAULTS, ...options };
  const started = Date.now();
  const random = createRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), "maquette-chaos-"));
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const s3 = await startFlakyS3(createRandom(seed + 3), s3Failures);
  const receivers = await startReceivers(createRandom(seed + 1));
  const env = {
    DATABASE_URL: databaseUrl,
    S3_ENDPOINT: s3.config.endpoint,
    S3_BUCKET: s3.config.bucket,
    S3_ACCESS_KEY_ID: s3.config.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.config.secretAccessKey,
    PUBLIC_URL: "http://127.0.0.1:1",
    MAQUETTE_KEY: randomBytes(32).toString("base64"),
    MAQUETTE_DATA: directory,
    MAQUETTE_ALLOW_HOSTS: "127.0.0.1",
    MAQUETTE_CONCURRENCY: "2",
    MAQUETTE_QUEUE_LIMIT: "20",
  };
  const roles = [...Array(apis).fill("api"), ...Array(workers).fill("worker")] as string[];
  const servers: ServerProcess[] = [];
  const urls = () => servers.flatMap((server) => (server.role === "api" && server.url ? [server.url] : []));
  try {
    for (const role of roles) servers.push(startServerProcess(role, engine, env, former));
    await Promise.all(servers.map((server) => server.ready));
    // By this version: where the servers are a former one's, their schema is brought up to date under them.
    const accounts = [];
    for (let i = 0; i < ACCOUNTS; i++) accounts.push(await addAccount(`account${i}@example.com`, env));
    const load = await startLoad(
      accounts,
      urls,
      receivers.urlOf,
      createRandom(seed + 2),
      100,
      engine === "real" ? realPictures() : [],
    );
    let kills = 0;
    let stops = 0;
    let restarted = 0;
    let engineKills = 0;
    const begun = Date.now();
    const timeLeft = () => Date.now() - begun < options.seconds * 1000;
    while (timeLeft() && (kills < options.kills || load.ledger.accepted.size < options.requests)) {
      await sleep(random.between(100, 2000));
      const share = Math.max(
        Math.min(kills / options.kills, load.ledger.accepted.size / options.requests),
        (Date.now() - begun) / (options.seconds * 1000),
      );
      if (restarted < restarts && share > (restarted + 0.5) / restarts) {
        await postgres.restart(restarted === Math.floor(restarts / 2) ? outage * 1000 : 0);
        restarted++;
        continue;
      }
      const place = Math.floor(random.next() * servers.length);
      const server = servers[place]!;
      if (engine === "real" && server.role === "worker" && random.next() < 0.5 && server.killEngine()) engineKills++;
      const polite = random.next() < POLITE;
      server.kill(polite ? "SIGTERM" : "SIGKILL");
      const code = await server.ended;
      if (polite) {
        stops++;
        // One that was stopped while PostgreSQL restarts may have failed to start.
        if (code !== 0 && code !== null) note(`a ${server.role} that was stopped ended with ${code}`);
      } else kills++;
      const old = former !== undefined && random.next() < 0.5;
      servers[place] = startServerProcess(server.role, engine, env, old ? former : undefined);
    }
    // As an orchestrator does with what could not start while the database was away.
    for (const [place, server] of servers.entries()) {
      await server.ready.catch(async () => {
        servers[place] = startServerProcess(server.role, engine, env);
        await servers[place].ready;
      });
    }
    await load.stop();
    receivers.calm();
    s3.calm();
    if (!(await drained(urls, DRAIN_MS))) note("the queue did not drain");
    for (const server of servers) server.kill("SIGTERM");
    const codes = await Promise.all(servers.map((server) => server.ended));
    if (codes.some((code) => code !== 0)) note(`the last servers ended with ${codes}`);
    const { db, close } = openPostgres(databaseUrl, () => {});
    const verdict = await verify(db, s3Storage(s3.config), load.ledger, receivers, note);
    await close();
    return {
      mode: "scaled",
      seed,
      kills,
      stops,
      restarts: restarted,
      outage: restarted > Math.floor(restarts / 2) ? outage : 0,
      engineKills,
      failedTries: load.ledger.failedTries,
      seconds: Math.round((Date.now() - started) / 1000),
      ...verdict,
    };
  } finally {
    for (const server of servers) server.kill("SIGKILL");
    await receivers.close();
    await s3.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
