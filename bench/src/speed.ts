/** npm run bench:speed — seconds and peak memory of every stage, from the start of the process to its end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ViewLabel } from "@maquette/engine/frames";
import type { Quality } from "@maquette/engine/types";
import sharp from "sharp";
import { listOf, wholeNumber } from "./options.ts";
import { describeMachine } from "./report/machine.ts";
import { formatTable } from "./report/table.ts";
import { measureRun, type SpeedResult } from "./speed/measure-run.ts";
import { pinnableProcessors } from "./speed/processors.ts";

const USAGE = `Usage: npm run bench:speed -- [options]

  --quality A,B    of standard,high,ultra (default: all)
  --cores A,B      how many processors the asset may use (default: 1,2)
  --example NAME   whose pictures are taken, of examples/ (default: armchair)
  --views A,B      of front,right,back,left: several pictures instead of the single one
  --repeat N       runs of each; the fastest counts (default 1)
  --json FILE      everything measured
`;

const QUALITIES = ["standard", "high", "ultra"] as const;
const LABELS = ["front", "right", "back", "left"] as const;

/** Pictures are brought to this size, whatever the example's is: it is the one that the targets are stated for. */
const PICTURE_SIZE = 1024;

/** Targets on two processors with one picture, seconds and MB. */
const TARGETS: Readonly<Record<Quality, { seconds: number; mb: number | null }>> = {
  standard: { seconds: 8, mb: 1500 },
  high: { seconds: 25, mb: null },
  ultra: { seconds: 90, mb: null },
};

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Run extends SpeedResult {
  quality: Quality;
  /** Number of processors; null when they could not be pinned. */
  cores: number | null;
}

interface Options {
  qualities: Quality[];
  cores: number[];
  example: string;
  views: ViewLabel[] | undefined;
  repeat: number;
  json: string | undefined;
}

async function main({ qualities, cores, example, views, repeat, json }: Options): Promise<void> {
  const machine = describeMachine();
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`,
  );
  const { cpus, ...unpinned } = pinnableProcessors();
  const choices = chooseCores(cores, cpus);
  if (cpus === null) {
    console.log(
      `Cores cannot be pinned here: ${"reason" in unpinned ? unpinned.reason : ""}. Measured once, on all of them.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "maquette-pictures-"));
  const runs: Run[] = [];
  try {
    const pictures = await preparePictures(example, views, folder);
    for (const quality of qualities) {
      for (const count of choices) {
        const pinned = count === null ? null : cpus!.slice(0, count);
        let best: SpeedResult | null = null;
        for (let i = 0; i < repeat; i++) {
          const result = await measureRun({ pictures, quality, views }, pinned);
          if (!best || result.seconds < best.seconds) best = result;
        }
        runs.push({ quality, cores: count, ...best! });
        console.log(`${quality}, ${coresText(count)}: ${best!.seconds.toFixed(1)} s, ${megabytes(best!.peakMb)} MB`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(
    `\n${example}, ${views ? `${views.length} pictures` : "one picture"} of ${PICTURE_SIZE}²; seconds (peak MB of the process tree)`,
  );
  console.log(tableOf(runs));
  if (json)
    writeFileSync(json, `${JSON.stringify({ machine, example, views: views ?? null, repeat, runs }, null, 1)}\n`);
}

/** What can be measured of what was asked for: without pinning, one run on whatever there is. */
function chooseCores(asked: readonly number[], cpus: readonly number[] | null): (number | null)[] {
  if (cpus === null) return [null];
  const possible = asked.filter((count) => count <= cpus.length);
  for (const count of asked) {
    if (count > cpus.length) console.log(`${count} cores cannot be measured: only ${cpus.length} may be used here.`);
  }
  return possible;
}

async function preparePictures(
  example: string,
  views: readonly ViewLabel[] | undefined,
  folder: string,
): Promise<string[]> {
  return Promise.all(
    (views ?? ["picture"]).map(async (name) => {
      const path = join(folder, `${name}.png`);
      await sharp(join(EXAMPLES, example, `${name}.png`))
        .resize(PICTURE_SIZE, PICTURE_SIZE)
        .png()
        .toFile(path);
      return path;
    }),
  );
}

function tableOf(runs: readonly Run[]): string {
  const stages = runs[0].stages.map((s) => s.stage);
  const header = ["stage", ...runs.map((run) => `${run.quality}, ${coresText(run.cores)}`)];
  const lines = stages.map((name) => [
    name,
    ...runs.map((run) => {
      const stage = run.stages.find((s) => s.stage === name);
      return stage ? `${stage.seconds.toFixed(2)} (${megabytes(stage.peakMb)})` : "–";
    }),
  ]);
  lines.push(["total", ...runs.map((run) => `${run.seconds.toFixed(2)} (${megabytes(run.peakMb)})`)]);
  lines.push([
    "target",
    ...runs.map(({ quality, cores }) => {
      const { seconds, mb } = TARGETS[quality];
      return cores === 2 ? `${seconds.toFixed(2)} (${mb ?? "–"})` : "";
    }),
  ]);
  return formatTable(header, lines);
}

function coresText(cores: number | null): string {
  return cores === null ? "all cores" : `${cores} core${cores === 1 ? "" : "s"}`;
}

function megabytes(mb: number | null): string {
  return mb === null ? "?" : mb.toFixed(0);
}

function parse(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        quality: { type: "string", default: QUALITIES.join(",") },
        cores: { type: "string", default: "1,2" },
        example: { type: "string", default: "armchair" },
        views: { type: "string" },
        repeat: { type: "string", default: "1" },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return null;
    return {
      qualities: listOf("--quality", values.quality, QUALITIES),
      cores: values.cores.split(",").map((item) => wholeNumber("--cores", item, 1, 1024)),
      example: values.example,
      views: values.views === undefined ? undefined : listOf("--views", values.views, LABELS),
      repeat: wholeNumber("--repeat", values.repeat, 1, 100),
      json: values.json,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = parse();
if (options) await main(options);
else console.log(USAGE);
