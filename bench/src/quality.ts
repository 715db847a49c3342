/**
 * npm run bench:quality — measures what the product makes of rendered ground truth, beside floors that know nothing.
 * The protocol is in docs/quality.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Row } from "./quality/evaluate.ts";
import { type Options, readOptions, USAGE } from "./quality/options.ts";
import { evaluateAll } from "./quality/pool.ts";
import { brief, printReport, type Strip, toJson, writeSheets } from "./quality/report.ts";

async function main(options: Options): Promise<void> {
  if (options.show.length > 0) {
    const objects = options.show.map((file) => JSON.parse(readFileSync(file, "utf8")).objects as Row[]);
    return printReport(objects.flat(), options);
  }
  const { models, cases, methods, seed, jobs } = options;
  console.log(`${models.length} models, cases ${cases.join(" ")}, methods ${methods.join(" ")}, seed ${seed}`);
  const rows: Row[] = [];
  const strips: Strip[] = [];
  const failures: string[] = [];
  const save = () => {
    if (options.json) writeFileSync(options.json, `${JSON.stringify(toJson(rows, failures, options), null, 1)}\n`);
  };
  const started = performance.now();
  let done = 0;
  await evaluateAll(models, { ...options, pictures: options.sheet !== undefined }, jobs, (model, reply) => {
    done++;
    const { source, name } = model;
    const took = ((performance.now() - started) / 1000).toFixed(0);
    const label = `[${done}/${models.length}, ${took} s] ${source}/${name}`;
    if (reply.kind === "failure") {
      failures.push(`${source}/${name}: ${reply.message}`);
      console.log(`${label}: not measured: ${reply.message}`);
      return;
    }
    rows.push(...reply.outcome.rows);
    strips.push(...reply.outcome.strips.map((strip) => ({ ...strip, source, name })));
    console.log(`${label}  ${brief(reply.outcome)}`);
    // A run that is stopped leaves what it has measured.
    save();
  });
  printReport(rows, options);
  if (failures.length > 0) console.log(`\nNot measured at all:\n${failures.join("\n")}`);
  save();
  if (options.sheet) await writeSheets(options.sheet, rows, strips);
  if (rows.length === 0) process.exitCode = 1;
}

function parse(): Options | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = parse();
if (options) await main(options);
else console.log(USAGE);
