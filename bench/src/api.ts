/** npm run bench:api — requests a second and latency of the API, beside a bare Fastify route on the same machine. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startPostgres } from "../../packages/server/test/support/postgres.ts";
import {
  bare,
  bareSelect,
  fetchRequest,
  type Load,
  type LoadResult,
  measureLoad,
  processPicture,
  processTest,
} from "./api/measure-load.ts";
import { startBare, startMaquette, type Target } from "./api/targets.ts";
import { listOf, wholeNumber } from "./options.ts";
import { describeMachine } from "./report/machine.ts";
import { formatTable } from "./report/table.ts";

const USAGE = `Usage: npm run bench:api -- [options]

  --databases A,B   of embedded,postgres (default: both)
  --connections A,B how many at a time (default: 1,32,256)
  --seconds N       for each figure (default 5)
  --memory N        requests over which memory is watched, 0 for none (default 100000)
  --json FILE       everything measured
`;

const DATABASES = ["embedded", "postgres"] as const;
type Database = (typeof DATABASES)[number];

/** Share of the bare route's throughput that fetchRequest must reach, on the same number of connections. */
const TARGETS: Readonly<Record<Database, number>> = { embedded: 0.1, postgres: 0.25 };

/** What no route that asks PostgreSQL about each request can exceed on a single connection. */
const CEILING = "bare route, one select 1";

const PICTURE_BYTES = 1_000_000;
/** The signature is all that is looked at before the answer. */
const PICTURE = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex")], PICTURE_BYTES);

interface Figure extends LoadResult {
  target: "bare" | Database;
  load: string;
  connections: number;
  /** Of the bare route's requests a second. */
  share: number | null;
}

interface Options {
  databases: Database[];
  connections: number[];
  seconds: number;
  memory: number;
  json: string | undefined;
}

async function main({ databases, connections, seconds, memory, json }: Options): Promise<void> {
  const machine = describeMachine();
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}`);
  const figures: Figure[] = [];
  const flatness: { database: Database; requests: number; megabytes: number[] }[] = [];
  const base = new Map<number, number>();

  const target = await startBare(null);
  for (const count of connections) {
    const result = await measureLoad(target, bare, count, { seconds });
    base.set(count, result.requestsPerSecond);
    figures.push({ target: "bare", load: "bare route", connections: count, share: null, ...result });
  }
  await target.stop();

  if (databases.includes("postgres")) {
    const postgres = await startPostgres();
    const ceiling = await startBare(await postgres.createDatabase());
    for (const count of connections) {
      const result = await measureLoad(ceiling, bareSelect, count, { seconds });
      const share = result.requestsPerSecond / base.get(count)!;
      figures.push({ target: "bare", load: CEILING, connections: count, share, ...result });
    }
    await ceiling.stop();
    await postgres.stop();
  }

  for (const database of databases) {
    await onDatabase(database, async (server) => {
      const loads: [string, Load][] = [
        ["fetchRequest", fetchRequest(server)],
        ["process, test", processTest(server)],
        ["process, 1 MB picture", processPicture(server, PICTURE)],
      ];
      for (const [load, what] of loads) {
        for (const count of connections) {
          const result = await measureLoad(server, what, count, { seconds });
          const share = result.requestsPerSecond / base.get(count)!;
          figures.push({ target: database, load, connections: count, share, ...result });
        }
      }
    });
    if (memory > 0) {
      await onDatabase(database, async (server) => {
        const megabytes: number[] = [];
        // The first tenth warms up: code is compiled and caches fill.
        for (let tenth = 0; tenth < 10; tenth++) {
          await measureLoad(server, fetchRequest(server), 32, { requests: Math.ceil(memory / 10) });
          megabytes.push(Math.round(await server.memory()));
        }
        flatness.push({ database, requests: memory, megabytes });
      });
    }
  }

  console.log(`\n${formatFigures(figures)}\n`);
  for (const { database, requests, megabytes } of flatness) {
    console.log(`Memory over ${requests} requests, ${database}, MB after each tenth: ${megabytes.join(" ")}`);
  }
  for (const database of databases) console.log(judge(database, figures));
  if (json) writeFileSync(json, `${JSON.stringify({ machine, figures, memory: flatness }, null, 2)}\n`);
}

async function onDatabase(database: Database, work: (server: Target) => Promise<void>): Promise<void> {
  const postgres = database === "postgres" ? await startPostgres() : null;
  try {
    const server = await startMaquette(postgres ? await postgres.createDatabase() : null);
    try {
      await work(server);
    } finally {
      await server.stop();
    }
  } finally {
    await postgres?.stop();
  }
}

function formatFigures(figures: readonly Figure[]): string {
  const header = ["", "connections", "requests/s", "of bare", "p99 ms", "failures"];
  const rows = figures.map(({ target, load, connections, requestsPerSecond, share, p99Ms, failures }) => [
    target === "bare" ? load : `${target}: ${load}`,
    String(connections),
    requestsPerSecond.toFixed(requestsPerSecond < 100 ? 1 : 0),
    share === null ? "" : `${(share * 100).toFixed(1)} %`,
    p99Ms.toFixed(0),
    String(failures),
  ]);
  return formatTable(header, rows);
}

function judge(database: Database, figures: readonly Figure[]): string {
  const of = (wanted: string) => figures.filter(({ load }) => load === wanted);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const verdicts = of("fetchRequest")
    .filter(({ target }) => target === database)
    .map(({ connections, requestsPerSecond, share }) => {
      const verdict = share! >= TARGETS[database] ? "reached" : "missed";
      const ceiling = database === "postgres" && of(CEILING).find((figure) => figure.connections === connections);
      const beside = ceiling ? `, ${percent(requestsPerSecond / ceiling.requestsPerSecond)} of one select 1` : "";
      return `${connections} connections ${percent(share!)} of bare${beside}: ${verdict}`;
    });
  return `fetchRequest, ${database}, target ${TARGETS[database] * 100} %: ${verdicts.join("; ")}`;
}

function readOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      databases: { type: "string", default: DATABASES.join(",") },
      connections: { type: "string", default: "1,32,256" },
      seconds: { type: "string", default: "5" },
      memory: { type: "string", default: "100000" },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return null;
  return {
    databases: listOf("--databases", values.databases, DATABASES),
    connections: values.connections.split(",").map((text) => wholeNumber("--connections", text, 1, 4096)),
    seconds: wholeNumber("--seconds", values.seconds, 1, 3600),
    memory: wholeNumber("--memory", values.memory, 0, 1e9),
    json: values.json,
  };
}

const options = readOptions(process.argv.slice(2));
if (options) await main(options);
else console.log(USAGE);
