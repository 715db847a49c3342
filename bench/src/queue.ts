/** npm run bench:queue — what the queue costs, how throughput grows with workers, and what an asset leaves behind. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startPostgres } from "../../packages/server/test/support/postgres.ts";
import { listOf, wholeNumber } from "./options.ts";
import { type Engine, type Measured, measureQueue } from "./queue/measure.ts";
import { describeMachine } from "./report/machine.ts";
import { formatTable } from "./report/table.ts";

const USAGE = `Usage: npm run bench:queue -- [options]

  --engines A,B     of none,wait,cube,asset (default: none,wait,cube)
                      none   no work: what the queue, the database and one webhook cost
                      wait   100 ms of waiting: throughput where processors are no limit
                      cube   test requests, with the engine's process
                      asset  real ones, standard, four pictures of examples/van
  --workers A,B     worker processes with one job at a time each (default: 1,2,4)
  --jobs N          jobs a worker for none (default 400); a tenth for wait, a twentieth for cube, 2 for asset
  --json FILE       everything measured
`;

const ENGINES = ["none", "wait", "cube", "asset"] as const;
/** The queue's share of a job must be no more, milliseconds. */
const TARGET_MS = 20;
const PICTURES = ["front", "right", "back", "left"].map(
  (side) => new URL(`../../examples/van/${side}.png`, import.meta.url).pathname,
);
/** With `none`, the last figure: as many jobs at a time as make the database busy. */
const SATURATING = { workers: 2, slots: 8 };

async function main(engines: Engine[], workers: number[], jobs: number, json: string | undefined): Promise<void> {
  const machine = describeMachine();
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}`);
  const counts: Record<Engine, number> = {
    none: jobs,
    wait: Math.ceil(jobs / 10),
    cube: Math.ceil(jobs / 20),
    asset: 2,
  };
  const postgres = await startPostgres();
  const measured: Measured[] = [];
  try {
    for (const engine of engines) {
      const settings = workers.map((count) => ({
        engine,
        workers: count,
        slots: 1,
        jobs: counts[engine] * count,
        flush: true,
      }));
      if (engine === "none") {
        settings.push({ engine, workers: 1, slots: 1, jobs, flush: false });
        settings.push({ engine, ...SATURATING, jobs: jobs * 4, flush: false });
      }
      for (const setting of settings) {
        const result = await measureQueue(setting, await postgres.createDatabase(), PICTURES);
        measured.push(result);
        console.error(`${engine}, ${setting.workers} × ${setting.slots}: ${result.perSecond.toFixed(2)} jobs/s`);
      }
    }
  } finally {
    await postgres.stop();
  }
  const first = (engine: Engine) => measured.find((m) => m.engine === engine)!.perSecond;
  const table = measured.map((m) => [
    m.flush ? m.engine : `${m.engine}, no flush`,
    `${m.workers} × ${m.slots}`,
    String(m.jobs),
    m.perSecond.toFixed(2),
    `${(m.perSecond / first(m.engine)).toFixed(2)}`,
    ((1000 * m.workers * m.slots) / m.perSecond).toFixed(1),
    m.commitMs.toFixed(1),
    m.databaseMs.toFixed(1),
    m.workerMs.toFixed(0),
    m.rows.toFixed(1),
    (m.databaseBytes / 1000).toFixed(1),
    (m.fileBytes / 1e6).toFixed(2),
  ]);
  const header = [
    "engine",
    "workers",
    "jobs",
    "jobs/s",
    "ratio",
    "ms/job",
    "commit ms",
    "db CPU ms",
    "worker CPU ms",
    "rows",
    "db kB",
    "files MB",
  ];
  console.log(formatTable(header, table));
  for (const m of measured.filter(({ engine, workers, slots }) => engine === "none" && workers * slots === 1)) {
    const overhead = 1000 / m.perSecond;
    const commits = m.flush
      ? `, ${(overhead / m.commitMs).toFixed(1)} bare commits on this disk`
      : " without waiting for the disk";
    const verdict = overhead <= TARGET_MS ? "met" : "missed";
    console.log(`queue overhead: ${overhead.toFixed(1)} ms a job${commits} (target ${TARGET_MS} ms: ${verdict})`);
  }
  if (json) writeFileSync(json, `${JSON.stringify({ machine, measured }, null, 2)}\n`);
}

const { values } = parseArgs({
  options: {
    engines: { type: "string", default: "none,wait,cube" },
    workers: { type: "string", default: "1,2,4" },
    jobs: { type: "string", default: "400" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) console.log(USAGE);
else {
  await main(
    listOf("--engines", values.engines, ENGINES),
    values.workers.split(",").map((text) => wholeNumber("--workers", text, 1, 64)),
    wholeNumber("--jobs", values.jobs, 1, 1_000_000),
    values.json,
  );
}
