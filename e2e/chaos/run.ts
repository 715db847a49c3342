/**
 * `npm run test:chaos`: kills servers at random points under load, and counts what was promised and not kept.
 * With `--engine real`, half of the requests are real pictures, and engine processes are killed too.
 * Scaled, PostgreSQL is away for a minute at one of its restarts, or for `--outage` seconds. With `--former DIR`, an installed
 * checkout of a former version, its servers start the installation, and half of those that take their places are its too.
 * `--mode embedded|scaled|all --kills N --requests N --seconds N --seed S --runs N --engine stand-in|real --json FILE`
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type ChaosResult, runEmbedded } from "./embedded.ts";
import { runScaled, SCALED_DEFAULTS, type ScaledOptions } from "./scaled.ts";
import { FAULTS } from "./verify.ts";

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "all" },
    kills: { type: "string", default: "500" },
    requests: { type: "string", default: "5000" },
    seconds: { type: "string", default: "3600" },
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1" },
    outage: { type: "string", default: String(SCALED_DEFAULTS.outage) },
    former: { type: "string" },
    engine: { type: "string", default: "stand-in" },
    json: { type: "string" },
  },
});
const MODES: Record<string, (options: ScaledOptions) => Promise<ChaosResult>> = {
  embedded: runEmbedded,
  scaled: runScaled,
};
const modes = values.mode === "all" ? Object.keys(MODES) : [values.mode];
const { engine } = values;
if (engine !== "stand-in" && engine !== "real") throw new Error(`--engine is ${engine}: expected stand-in or real`);
const results: ChaosResult[] = [];
for (const mode of modes) {
  const run = MODES[mode];
  if (!run) throw new Error(`--mode is ${mode}: expected embedded, scaled or all`);
  for (let i = 0; i < Number(values.runs); i++) {
    const result = await run({
      seed: Number(values.seed) + i,
      kills: Number(values.kills),
      requests: Number(values.requests),
      seconds: Number(values.seconds),
      outage: Number(values.outage),
      ...(values.former === undefined ? {} : { former: values.former }),
      engine,
      note: (text) => console.error(`${mode}, seed ${Number(values.seed) + i}: ${text}`),
    });
    results.push(result);
    if (values.json) appendFileSync(values.json, `${JSON.stringify(result)}\n`);
  }
}
console.table(Object.fromEntries(results.map(({ mode, seed, ...rest }) => [`${mode}, seed ${seed}`, rest])));
const faults = results.reduce((sum, result) => sum + FAULTS.reduce((own, name) => own + result[name], 0), 0);
console.log(faults === 0 ? "Every promise was kept." : `${faults} promises were broken.`);
process.exitCode = faults === 0 ? 0 : 1;
