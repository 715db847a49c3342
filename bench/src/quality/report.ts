import type { CaseName } from "../inputs/cases.ts";
import { describeMachine } from "../report/machine.ts";
import { formatTable } from "../report/table.ts";
import type { ObjectOutcome, Row } from "./evaluate.ts";
import { printAgainstFloors } from "./floors.ts";
import type { Options } from "./options.ts";
import { writeSheet } from "./sheet.ts";
import { COLUMNS, type Column, groupBy, type Means, summarize } from "./summary.ts";

/** A picture of one object in one case. */
export interface Strip {
  case: CaseName;
  name: string;
  source: string;
  picture: Uint8Array;
}

const WORST = 10;
const SHEET_ALL = 24;

/** IoU of each method, case by case. */
export function brief(outcome: ObjectOutcome): string {
  return [...groupBy(outcome.rows, (row) => row.case)]
    .map(([name, group]) => `${name} ${group.map((row) => (row.error ? "✗" : row.iou.toFixed(2))).join("/")}`)
    .join("  ");
}

const FORMATS: Readonly<Record<Column, (v: number) => string>> = {
  iou: (v) => v.toFixed(3),
  cd: (v) => v.toFixed(3),
  f005: (v) => v.toFixed(3),
  f010: (v) => v.toFixed(3),
  f020: (v) => v.toFixed(3),
  normal: (v) => v.toFixed(3),
  viewIou: (v) => v.toFixed(3),
  viewPsnr: (v) => v.toFixed(1),
  viewSsim: (v) => v.toFixed(3),
  inputIou: (v) => v.toFixed(3),
  inputPsnr: (v) => v.toFixed(1),
  seconds: (v) => v.toFixed(2),
  peakMb: (v) => v.toFixed(0),
};

/** Headings of the columns; those listed also show the median and the worst tenth. */
const HEADINGS: Readonly<Record<Column, string>> = {
  iou: "IoU",
  cd: "CD",
  f005: "F.05",
  f010: "F.1",
  f020: "F.2",
  normal: "normal",
  viewIou: "viewIoU",
  viewPsnr: "PSNR",
  viewSsim: "SSIM",
  inputIou: "inIoU",
  inputPsnr: "inPSNR",
  seconds: "s",
  peakMb: "MB",
};
const SPREAD: ReadonlySet<Column> = new Set(["iou", "cd", "f010", "viewIou", "inputIou"]);

/** The tables of all cases, the worst objects of the first method, and the product against the floors. */
export function printReport(rows: readonly Row[], { bySource, byKind }: Pick<Options, "bySource" | "byKind">): void {
  for (const [name, ofCase] of groupBy(rows, (row) => row.case)) {
    console.log(`\n${name}: mean · median · mean of the worst tenth`);
    console.log(tableOf(ofCase));
    if (bySource) printGroups(ofCase, "source");
    if (byKind) printGroups(ofCase, "kind");
    printWorst(ofCase);
  }
  printAgainstFloors(rows);
}

function tableOf(ofCase: readonly Row[]): string {
  const header = ["method", "n", "failed", ...COLUMNS.map((column) => HEADINGS[column])];
  const lines = [...groupBy(ofCase, (row) => row.method)].map(([method, group]) => {
    const { objects, failed, mean, median, worstTenth } = summarize(group);
    const cell = (column: Column) => {
      const show = (means: Means) => (means[column] === null ? "–" : FORMATS[column](means[column]));
      return SPREAD.has(column) ? [mean, median, worstTenth].map(show).join("·") : show(mean);
    };
    return [method, String(objects), String(failed), ...COLUMNS.map(cell)];
  });
  return formatTable(header, lines);
}

function printGroups(ofCase: readonly Row[], key: "source" | "kind"): void {
  const groups = [...groupBy(ofCase, (row) => row[key])].sort((a, b) => b[1].length - a[1].length);
  for (const [name, group] of groups) console.log(`\n${group[0].case}, ${key} ${name}\n${tableOf(group)}`);
}

function printWorst(ofCase: readonly Row[]): void {
  const { method } = ofCase[0];
  const worst = ofCase.filter((row) => row.method === method).sort((a, b) => a.iou - b.iou);
  console.log(`\nThe worst of ${method} by IoU:`);
  for (const row of worst.slice(0, WORST)) {
    const note = row.error ? `refused or failed: ${row.error}` : `IoU ${row.iou.toFixed(3)}, CD ${row.cd.toFixed(3)}`;
    console.log(`  ${row.source}/${row.name} (${row.kind}): ${note}`);
  }
}

/** Everything measured, in the form that docs/quality.md gives. */
export function toJson(rows: readonly Row[], failures: readonly string[], options: Options) {
  const cases: Record<string, Record<string, Means>> = {};
  const spread: Record<string, Record<string, unknown>> = {};
  const groups: Record<"source" | "kind", Record<string, Record<string, Record<string, Means>>>> = {
    source: {},
    kind: {},
  };
  for (const [name, ofCase] of groupBy(rows, (row) => row.case)) {
    cases[name] = {};
    spread[name] = {};
    for (const [method, group] of groupBy(ofCase, (row) => row.method)) {
      const { mean, ...rest } = summarize(group);
      cases[name][method] = mean;
      spread[name][method] = rest;
      for (const key of ["source", "kind"] as const) {
        for (const [value, part] of groupBy(group, (row) => row[key])) {
          groups[key][name] ??= {};
          groups[key][name][value] ??= {};
          groups[key][name][value][method] = summarize(part).mean;
        }
      }
    }
  }
  return {
    machine: describeMachine(),
    seed: options.seed,
    models: options.models.length - failures.length,
    quality: options.quality,
    cases,
    spread,
    bySource: groups.source,
    byKind: groups.kind,
    notMeasured: failures,
    objects: rows,
  };
}

/** One sheet a case; with several cases their names go before the extension. */
export async function writeSheets(path: string, rows: readonly Row[], strips: readonly Strip[]): Promise<void> {
  const cases = [...new Set(rows.map((row) => row.case))];
  for (const name of cases) {
    const ofCase = rows.filter((row) => row.case === name);
    const methods = [...new Set(ofCase.map((row) => row.method))];
    const ranked = ofCase.filter((row) => row.method === methods[0]).sort((a, b) => a.iou - b.iou);
    const middle = Math.floor((ranked.length - WORST) / 2);
    const shown =
      ranked.length <= SHEET_ALL
        ? ranked
        : [...ranked.slice(0, WORST), ...ranked.slice(middle, middle + WORST), ...ranked.slice(-WORST)];
    const file = cases.length > 1 ? path.replace(/(\.\w+)?$/, `-${name.replace("?", "-unordered")}$1`) : path;
    await writeSheet(
      file,
      `${name}, ordered by the IoU of ${methods[0]}: input | ${["truth", ...methods].join(" | ")}, each from the input's side, 90° and 180° further`,
      shown.map((row) => ({
        picture: strips.find((s) => s.case === name && s.name === row.name && s.source === row.source)!.picture,
        caption: `${row.source}/${row.name}: IoU ${methods
          .map((m) => ofCase.find((r) => r.name === row.name && r.source === row.source && r.method === m)!)
          .map((r) => `${r.method} ${r.error ? `✗ (${r.error})` : r.iou.toFixed(3)}`)
          .join(", ")}`,
      })),
    );
    console.log(`Contact sheet: ${file}`);
  }
}
