/** npm run bench:scaling — what 1 to 10 million assets a day take, by a simulation of the queue and the measured cost. */
import { parseArgs } from "node:util";
import { formatTable } from "./report/table.ts";
import { findSlots } from "./scaling/simulate.ts";

const USAGE = `Usage: npm run bench:scaling -- [options]

  --per-day A,B        assets a day (default: 10000,100000,1000000,2000000,5000000,10000000)
  --peak N             busiest hour, as a multiple of the mean (default 2)
  --wait N             seconds that all but one in twenty wait at most, in that hour (default 30)
  --asset-seconds N    core seconds of an asset (default from docs/scaling.md)
  --database-ms N      PostgreSQL's core milliseconds of an asset
  --database-kb N      what it leaves in the database
  --rows N             in how many rows
  --files-mb N         what it leaves in the store
  --seed N             (default 1)
`;

/** Measured by `npm run bench:queue -- --engines asset`; docs/scaling.md has the run. */
export const COST = { assetSeconds: 8.4, databaseMs: 190, databaseKb: 127, rows: 21, filesMb: 16.5 } as const;

/** Slots that one worker process has, on a machine with as many cores. */
const SLOTS_A_PROCESS = 16;
/** Connections of a process to PostgreSQL: its pool and its queue's. */
const CONNECTIONS_A_PROCESS = 14;
/** One PostgreSQL: cores that are used to half, and connections that it holds well. */
const CELL = { cores: 8, connections: 1000 } as const;
/** Of service times, as a share of their mean: levels of quality differ by ten. */
const SPREAD = 1;
const HOUR = 3600;

const { values } = parseArgs({
  options: {
    "per-day": { type: "string", default: "10000,100000,1000000,2000000,5000000,10000000" },
    peak: { type: "string", default: "2" },
    wait: { type: "string", default: "30" },
    "asset-seconds": { type: "string", default: String(COST.assetSeconds) },
    "database-ms": { type: "string", default: String(COST.databaseMs) },
    "database-kb": { type: "string", default: String(COST.databaseKb) },
    rows: { type: "string", default: String(COST.rows) },
    "files-mb": { type: "string", default: String(COST.filesMb) },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", short: "h" },
  },
});

function main(): void {
  const positive = (name: keyof typeof values) => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new Error(`--${name}: expected a number above 0 but received ${values[name]}`);
    return value;
  };
  const assetSeconds = positive("asset-seconds");
  const rows = String(values["per-day"])
    .split(",")
    .map(Number)
    .map((perDay) => {
      const perSecond = (perDay / 24 / HOUR) * positive("peak");
      const demand = { perSecond, seconds: HOUR, serviceSeconds: assetSeconds, serviceSpread: SPREAD };
      const { slots, waits } = findSlots(demand, positive("wait"), positive("seed"));
      const processes = Math.ceil(slots / SLOTS_A_PROCESS);
      const cores = (perSecond * positive("database-ms")) / 1000;
      const connections = processes * CONNECTIONS_A_PROCESS;
      const cells = Math.max(1, Math.ceil((2 * cores) / CELL.cores), Math.ceil(connections / CELL.connections));
      return [
        perDay.toLocaleString("en"),
        perSecond.toFixed(1),
        String(slots),
        `${Math.round(100 * waits.use)} %`,
        `${waits.p50.toFixed(0)} / ${waits.p95.toFixed(0)} / ${waits.p99.toFixed(0)} s`,
        cores.toFixed(2),
        connections.toLocaleString("en"),
        String(cells),
        ((perDay * positive("rows")) / 1e6).toFixed(1),
        ((perDay * positive("database-kb")) / 1e6).toFixed(1),
        ((perDay * positive("files-mb")) / 1e6).toFixed(2),
      ];
    });
  const header = [
    "assets/day",
    "peak/s",
    "slots",
    "used",
    "wait p50/p95/p99",
    "db cores",
    "connections",
    "cells",
    "M rows/day",
    "db GB/day",
    "files TB/day",
  ];
  console.log(formatTable(header, rows));
}

if (values.help) console.log(USAGE);
else main();
