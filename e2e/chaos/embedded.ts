import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { amcheck } from "@electric-sql/pglite/contrib/amcheck";
import { Kysely, PGliteDialect } from "kysely";
import type { Schema } from "../../packages/server/src/db/schema.ts";
import { addAccount } from "../../packages/server/src/index.ts";
import { localStorage } from "../../packages/server/src/storage/local.ts";
import { drained, realPictures, startLoad } from "./clients.ts";
import { createRandom, sleep } from "./random.ts";
import { startReceivers } from "./receivers.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { type Verdict, verify } from "./verify.ts";

export type EngineKind = "stand-in" | "real";

export interface ChaosOptions {
  seed: number;
  /** Ends when both are reached, or when the time is up. */
  kills: number;
  requests: number;
  /** From when all are up: a busy machine takes as long to start them as the short form lasts. */
  seconds: number;
  /** `stand-in` by default. */
  engine?: EngineKind;
  note: (text: string) => void;
}

export interface ChaosResult extends Verdict {
  mode: string;
  seed: number;
  kills: number;
  /** Of engine processes. */
  engineKills: number;
  failedTries: number;
  seconds: number;
}

/**
 * Accounts: each has one request on its way at a time, so this is how many answers a kill may cut off. How many assets of
 * each may wait. And requests that are accepted between two kills, at most; half as many on average. By requests and not
 * by time, so that a busy machine is loaded as well: 5,000 of them are 500 kills. A real asset takes a hundred times as long.
 */
const SIZES = {
  "stand-in": { accounts: 16, queueLimit: 10, lifeRequests: 20 },
  real: { accounts: 3, queueLimit: 2, lifeRequests: 4 },
};
/** Mean pause of a client between an answer and its next request. */
const PAUSE_MS = 60;
/** Of a server that accepts nothing more. */
const LIFE_MS = 20_000;
/** And then a moment more, so that kills meet all that a server does and not only what follows an answer. */
const LIFE_REST_MS = 400;
/** Of the asked kills, those that hit a server which is still starting. */
const EARLY = 0.15;
/** After the last kill: retries of messages that met bad manners several times wait up to a minute and more. */
const DRAIN_MS = 900_000;

/** The whole embedded server under load, killed again and again at random points. */
export async function runEmbedded(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, note, engine = "stand-in" } = options;
  const started = Date.now();
  const random = createRandom(seed);
  const dataDir = mkdtempSync(join(tmpdir(), "maquette-chaos-"));
  const size = SIZES[engine];
  const env = {
    MAQUETTE_DATA: dataDir,
    MAQUETTE_CONCURRENCY: "2",
    MAQUETTE_QUEUE_LIMIT: String(size.queueLimit),
  };
  const receivers = await startReceivers(createRandom(seed + 1));
  let server: ServerProcess = startServerProcess("all", engine, env);
  const urls = () => (server.url ? [server.url] : []);
  try {
    await server.ready;
    const accounts = [];
    for (let i = 0; i < size.accounts; i++) accounts.push(await addAccount(`account${i}@example.com`, env));
    const load = await startLoad(
      accounts,
      urls,
      receivers.urlOf,
      createRandom(seed + 2),
      PAUSE_MS,
      engine === "real" ? realPictures() : [],
    );
    let kills = 0;
    let engineKills = 0;
    const begun = Date.now();
    const timeLeft = () => Date.now() - begun < options.seconds * 1000;
    while (timeLeft() && (kills < options.kills || load.ledger.accepted.size < options.requests)) {
      if (random.next() < EARLY) await sleep(random.between(50, 1500));
      else {
        await server.ready;
        const enough = load.ledger.accepted.size + Math.floor(random.between(0, size.lifeRequests));
        for (const end = Date.now() + LIFE_MS; load.ledger.accepted.size < enough && Date.now() < end; )
          await sleep(10);
        await sleep(random.between(0, LIFE_REST_MS));
        if (engine === "real" && random.next() < 0.5 && server.killEngine()) engineKills++;
      }
      server.kill("SIGKILL");
      await server.ended;
      kills++;
      server = startServerProcess("all", engine, env);
    }
    await server.ready;
    await load.stop();
    receivers.calm();
    if (!(await drained(urls, DRAIN_MS))) note("the queue did not drain");
    server.kill("SIGTERM");
    const code = await server.ended;
    if (code !== 0) note(`the last server ended with ${code}`);

    const pglite = await PGlite.create({ dataDir: join(dataDir, "database"), extensions: { amcheck } });
    const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
    const verdict = await verify(db, localStorage(join(dataDir, "files")), load.ledger, receivers, note);
    await db.destroy();
    if (!pglite.closed) await pglite.close();
    return {
      mode: "embedded",
      seed,
      kills,
      engineKills,
      failedTries: load.ledger.failedTries,
      seconds: Math.round((Date.now() - started) / 1000),
      ...verdict,
    };
  } finally {
    server.kill("SIGKILL");
    await receivers.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
