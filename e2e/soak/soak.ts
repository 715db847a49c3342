import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, quantile } from "@maquette/engine/image/quantile";
import { treeMb } from "../../bench/src/speed/process-tree.ts";
import { addAccount } from "../../packages/server/src/index.ts";
import { startPostgres } from "../../packages/server/test/support/postgres.ts";
import { createRandom, sleep } from "../chaos/random.ts";
import { type ServerProcess, startServerProcess } from "../chaos/server-process.ts";
import { type ClientTimes, startClients } from "./clients.ts";

export type SoakMode = "embedded" | "scaled";

export interface SoakOptions {
  mode: SoakMode;
  seconds: number;
  /** Of the saturation. */
  share: number;
  /** How long the server is driven as fast as it goes before, to find out how fast that is. */
  saturationSeconds: number;
  seed: number;
  note: (text: string) => void;
}

interface Percentiles {
  p50: number;
  p99: number;
}

/** What assets that were asked for in one stretch of time met. Milliseconds from the moment at which they were due. */
export interface Slice {
  /** Seconds after the soak's start. */
  from: number;
  finished: number;
  accept: Percentiles;
  message: Percentiles;
  look: Percentiles;
  download: Percentiles;
  /** Of all server processes together, medians over the stretch. PostgreSQL's own are not among them. */
  megabytes: number;
  descriptors: number;
}

export interface SoakResult {
  mode: SoakMode;
  /** Assets a second. */
  saturation: number;
  rate: number;
  slices: Slice[];
  failures: string[];
  /** The median p99 of messages over the last third of all stretches, over that of the first third. */
  p99Ratio: number;
  /** By least squares over the last two thirds. */
  megabytesAnHour: number;
}

const ACCOUNTS = 20;
/** Assets under way at a time while the saturation is sought: past some twenty no more are made. */
const SATURATING = 48;
const SLICES = 10;
const SAMPLE_MS = 5000;
/** What the stand-in of the engine waits for is 60 ms, so that this many at a time are no limit. */
const CONCURRENCY = "16";

interface Installation {
  servers: ServerProcess[];
  url: string;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Drives a server of one size at a steady share of what it can do, and watches it. */
export async function soak({ mode, seconds, share, saturationSeconds, seed, note }: SoakOptions): Promise<SoakResult> {
  const directory = mkdtempSync(join(tmpdir(), "maquette-soak-"));
  const installation = await (mode === "embedded" ? startEmbedded(directory) : startScaled(directory));
  try {
    const accounts = [];
    for (let i = 0; i < ACCOUNTS; i++) accounts.push(await addAccount(`account${i}@example.com`, installation.env));
    const random = createRandom(seed);
    const clients = await startClients(installation.url, accounts);

    const until = Date.now() + saturationSeconds * 1000;
    // The first third warms up: code is compiled and caches fill.
    const warm = until - (saturationSeconds * 2000) / 3;
    let made = 0;
    await Promise.all(
      Array.from({ length: SATURATING }, async () => {
        while (Date.now() < until) {
          await clients.ask(performance.now());
          if (Date.now() > warm && Date.now() < until) made++;
        }
      }),
    );
    const saturation = made / ((until - warm) / 1000);
    const rate = saturation * share;
    note(`saturated at ${saturation.toFixed(1)} assets a second; soaking at ${rate.toFixed(1)} for ${seconds} s`);

    const failures = clients.failures;
    const began = performance.now();
    const asked: { at: number; times: ClientTimes }[] = [];
    const samples: { at: number; megabytes: number; descriptors: number }[] = [];
    const watch = setInterval(() => {
      samples.push({ at: (performance.now() - began) / 1000, ...measureProcesses(installation.servers) });
    }, SAMPLE_MS);
    const underWay = new Set<Promise<void>>();
    let due = began;
    for (;;) {
      // Poisson arrivals: clients know nothing of each other, and do not wait for a slow server.
      due += (-Math.log(1 - random.next()) / rate) * 1000;
      if (due - began > seconds * 1000) break;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const at = (due - began) / 1000;
      const one: Promise<void> = clients.ask(due).then((times) => {
        if (times) asked.push({ at, times });
        underWay.delete(one);
      });
      underWay.add(one);
    }
    await Promise.all(underWay);
    clearInterval(watch);
    await clients.close();

    const length = seconds / SLICES;
    const slices = Array.from({ length: SLICES }, (_, i): Slice => {
      const within = <T extends { at: number }>(all: T[]) =>
        all.filter(({ at }) => at >= i * length && at < (i + 1) * length);
      const own = within(asked).map(({ times }) => times);
      const seen = within(samples);
      return {
        from: i * length,
        finished: own.length,
        accept: percentiles(own.map(({ accept }) => accept)),
        message: percentiles(own.map(({ message }) => message)),
        look: percentiles(own.map(({ look }) => look)),
        download: percentiles(own.map(({ download }) => download)),
        megabytes: median(seen.map(({ megabytes }) => megabytes)),
        descriptors: median(seen.map(({ descriptors }) => descriptors)),
      };
    });
    const third = Math.ceil(SLICES / 3);
    const p99 = (some: Slice[]) => median(some.map(({ message }) => message.p99));
    return {
      mode,
      saturation,
      rate,
      slices,
      failures,
      p99Ratio: p99(slices.slice(-third)) / p99(slices.slice(0, third)),
      megabytesAnHour: slope(samples.filter((sample) => sample.at > seconds / 3)) * 3600,
    };
  } finally {
    await installation.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startEmbedded(directory: string): Promise<Installation> {
  const env = settings(directory);
  const server = startServerProcess("all", "stand-in", env);
  const url = await server.ready;
  return { servers: [server], url, env, stop: () => stopAll([server]) };
}

/** One API server and one worker: what one process of each can do, since two cores hold no more. */
async function startScaled(directory: string): Promise<Installation> {
  const postgres = await startPostgres();
  const env = {
    ...settings(directory),
    DATABASE_URL: await postgres.createDatabase(),
    PUBLIC_URL: "http://127.0.0.1:1",
    MAQUETTE_KEY: randomBytes(32).toString("base64"),
  };
  const servers = ["api", "worker"].map((role) => startServerProcess(role, "stand-in", env));
  const [url] = await Promise.all(servers.map(({ ready }) => ready));
  return {
    servers,
    url: url!,
    env,
    async stop() {
      await stopAll(servers);
      await postgres.stop();
    },
  };
}

const settings = (directory: string): Record<string, string> => ({
  MAQUETTE_DATA: directory,
  MAQUETTE_ALLOW_HOSTS: "127.0.0.1",
  MAQUETTE_CONCURRENCY: CONCURRENCY,
  MAQUETTE_QUEUE_LIMIT: "100000",
  MAQUETTE_RATE_LIMIT: "100000000",
});

async function stopAll(servers: ServerProcess[]): Promise<void> {
  for (const server of servers) server.kill("SIGTERM");
  await Promise.all(servers.map(({ ended }) => ended));
}

function measureProcesses(servers: ServerProcess[]): { megabytes: number; descriptors: number } {
  const sum = (of: (pid: number) => number) => servers.reduce((total, { pid }) => total + of(pid), 0);
  return {
    megabytes: sum((pid) => treeMb(pid) ?? Number.NaN),
    descriptors: sum((pid) => readdirSync(`/proc/${pid}/fd`).length),
  };
}

const percentiles = (values: number[]): Percentiles => ({ p50: median(values), p99: quantile(values, 0.99) });

/** Of a line through the samples, by least squares, MB a second. */
function slope(samples: { at: number; megabytes: number }[]): number {
  const mean = (of: (sample: { at: number; megabytes: number }) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const t = mean((sample) => sample.at);
  const m = mean((sample) => sample.megabytes);
  return mean((sample) => (sample.at - t) * (sample.megabytes - m)) / mean((sample) => (sample.at - t) ** 2);
}
