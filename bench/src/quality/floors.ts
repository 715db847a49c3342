import { random } from "../random.ts";
import { formatTable } from "../report/table.ts";
import type { Row } from "./evaluate.ts";
import { groupBy } from "./summary.ts";

/** What the product is held against floors by. */
const FIGURES = { iou: "IoU", f010: "F.1", cd: "CD" } as const;
type Figure = keyof typeof FIGURES;

/** One figure of one method in one case, beside the floor that is best there in the mean. */
export interface Against {
  figure: Figure;
  mean: number;
  floor: string;
  floorMean: number;
  ratio: number;
  /** Between which the middle 95 of 100 ratios lie when the objects are drawn again, with repetition. */
  low: number;
  high: number;
}

/** Resamples of the objects, and the seed from which they are drawn. */
const RESAMPLES = 1000;
const RESAMPLE_SEED = 1;

const isProduct = (method: string) => method.startsWith("maquette");

/** The figures of a method beside the best floor of each, from the rows of one case; empty without floors. */
export function againstFloors(ofCase: readonly Row[], method: string): Against[] {
  const methods = groupBy(ofCase, (row) => row.method);
  const mine = methods.get(method);
  const floors = [...methods].filter(([name]) => !isProduct(name));
  if (!mine || floors.length === 0) return [];
  return (Object.keys(FIGURES) as Figure[]).map((figure) => {
    const better = (a: number, b: number) => (figure === "cd" ? a < b : a > b);
    const [floor, rows] = floors.reduce((best, next) =>
      better(meanOf(next[1], figure), meanOf(best[1], figure)) ? next : best,
    );
    // Method and floor of one object are drawn together: what is hard for one is hard for the other.
    const theirs = new Map(rows.map((row) => [keyOf(row), row]));
    const pairs = mine.filter((row) => theirs.has(keyOf(row))).map((row) => [row, theirs.get(keyOf(row))!] as const);
    const ratioOf = (drawn: typeof pairs) => sum(drawn, ([row]) => row[figure]) / sum(drawn, ([, row]) => row[figure]);
    const next = random(RESAMPLE_SEED);
    const ratios = Array.from({ length: RESAMPLES }, () =>
      ratioOf(pairs.map(() => pairs[Math.floor(next() * pairs.length)])),
    ).sort((a, b) => a - b);
    return {
      figure,
      mean: meanOf(mine, figure),
      floor,
      floorMean: meanOf(rows, figure),
      ratio: ratioOf(pairs),
      low: ratios[Math.floor(0.025 * RESAMPLES)],
      high: ratios[Math.floor(0.975 * RESAMPLES)],
    };
  });
}

/** The product beside the better floor in every case, and kind by kind; nothing when one of the two was not measured. */
export function printAgainstFloors(rows: readonly Row[]): void {
  const cases = [...groupBy(rows, (row) => row.case)];
  const products = [...new Set(rows.map((row) => row.method))].filter(isProduct);
  const lines = cases.flatMap(([name, ofCase]) =>
    products.flatMap((method) => {
      const all = againstFloors(ofCase, method);
      if (all.length === 0) return [];
      const objects = ofCase.filter((row) => row.method === method).length;
      const cells = all.flatMap(({ mean, floor, floorMean, ratio, low, high }) => [
        mean.toFixed(3),
        `${floor} ${floorMean.toFixed(3)}`,
        `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
      ]);
      return [[`${name} ${method}`, String(objects), ...cells]];
    }),
  );
  if (lines.length === 0) return;
  console.log("\nAgainst the best floor in the mean: mean, floor, ratio (95 % of resamples of the objects)");
  const header = ["case", "n", ...Object.values(FIGURES).flatMap((heading) => [heading, "floor", "ratio"])];
  console.log(formatTable(header, lines));
  for (const figure of ["cd", "iou"] as const) printKinds(cases, products[0], figure);
}

/** Ratios of means to the best floor of the case, kind by kind, the most frequent first. */
function printKinds(cases: readonly [string, Row[]][], method: string, figure: Figure): void {
  const columns = cases.flatMap(([name, ofCase]) => {
    const best = againstFloors(ofCase, method).find((against) => against.figure === figure);
    return best ? [{ name, ofCase, floor: best.floor }] : [];
  });
  const all = columns.flatMap(({ ofCase }) => ofCase.filter((row) => row.method === method));
  const kinds = [...groupBy(all, (row) => row.kind)].sort((a, b) => b[1].length - a[1].length).map(([kind]) => kind);
  const lines = kinds.map((kind) => [
    kind,
    ...columns.map(({ ofCase, floor }) => {
      const of = (name: string) => ofCase.filter((row) => row.kind === kind && row.method === name);
      const mine = of(method);
      if (mine.length === 0) return "–";
      return `${(meanOf(mine, figure) / meanOf(of(floor), figure)).toFixed(2)} (${mine.length})`;
    }),
  ]);
  console.log(`\n${FIGURES[figure]} of ${method} over that of the floor, means of each kind (objects)`);
  console.log(formatTable(["kind", ...columns.map(({ name, floor }) => `${name}/${floor}`)], lines));
}

function keyOf(row: Row): string {
  return `${row.source}/${row.name}`;
}

function meanOf(rows: readonly Row[], figure: Figure): number {
  return sum(rows, (row) => row[figure]) / rows.length;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
