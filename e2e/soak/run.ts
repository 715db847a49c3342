/**
 * `npm run test:soak`: finds out how many assets a second a server makes at most, asks for a share of that for half an hour as
 * clients do, and prints whether answers stay as fast and memory as small as they were.
 * `--mode embedded|scaled|all --minutes N --share N --saturation SECONDS --seed S --json FILE`
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { formatTable } from "../../bench/src/report/table.ts";
import { type SoakMode, type SoakResult, soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "all" },
    minutes: { type: "string", default: "30" },
    share: { type: "string", default: "0.8" },
    saturation: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const MODES: readonly SoakMode[] = ["embedded", "scaled"];
const modes = values.mode === "all" ? MODES : MODES.filter((mode) => mode === values.mode);
if (modes.length === 0) throw new Error(`--mode is ${values.mode}: expected embedded, scaled or all`);

function print({ mode, saturation, rate, slices, failures, p99Ratio, megabytesAnHour }: SoakResult): void {
  const ms = (value: number) => value.toFixed(0);
  const rows = slices.map((slice) => [
    `${(slice.from / 60).toFixed(0)} min`,
    String(slice.finished),
    `${ms(slice.accept.p50)} · ${ms(slice.accept.p99)}`,
    `${ms(slice.message.p50)} · ${ms(slice.message.p99)}`,
    `${ms(slice.look.p50)} · ${ms(slice.look.p99)}`,
    `${ms(slice.download.p50)} · ${ms(slice.download.p99)}`,
    slice.megabytes.toFixed(0),
    String(slice.descriptors),
  ]);
  const header = ["from", "assets", "201, ms", "webhook, ms", "fetchRequest, ms", "GLB, ms", "MB", "descriptors"];
  console.log(`\n${mode}: saturated at ${saturation.toFixed(1)} assets/s, soaked at ${rate.toFixed(1)}; p50 · p99`);
  console.log(formatTable(header, rows));
  console.log(
    `p99 until the webhook, last third over first: ${p99Ratio.toFixed(2)}; ` +
      `memory: ${megabytesAnHour >= 0 ? "+" : ""}${megabytesAnHour.toFixed(1)} MB an hour over the last two thirds; failures: ${failures.length}`,
  );
  for (const failure of failures.slice(0, 10)) console.log(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

for (const mode of modes) {
  const result = await soak({
    mode,
    seconds: Number(values.minutes) * 60,
    share: Number(values.share),
    saturationSeconds: Number(values.saturation),
    seed: Number(values.seed),
    note: (text) => console.error(`${mode}: ${text}`),
  });
  if (values.json) appendFileSync(values.json, `${JSON.stringify(result)}\n`);
  print(result);
}
