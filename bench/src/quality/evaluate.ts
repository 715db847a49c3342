import { readFileSync, writeFileSync } from "node:fs";
import type { RenderMesh } from "@maquette/engine/raster/render";
import { CASE_ALIGNMENT, type CaseInput, type CaseName, renderCase } from "../inputs/cases.ts";
import { loadModel, type ModelRef } from "../load/models.ts";
import { type Metrics, measure, prepareTruth, type Truth } from "../measure/measure.ts";
import type { KnownSize, Method } from "../methods/method.ts";
import { seedOf } from "../random.ts";
import { extentOf, withNormals } from "../shape.ts";
import { renderRow, type Shown } from "./sheet.ts";

/** One line of the result: one object, one case, one method. */
export interface Row extends Metrics {
  name: string;
  source: string;
  kind: string;
  case: CaseName;
  method: string;
  seconds: number;
  /** Peak resident memory of the process while the method ran, MB; null where the system does not tell. */
  peakMb: number | null;
  /** Why there is no result; it is then measured as a point at the origin. */
  error: string | null;
}

export interface ObjectOutcome {
  rows: Row[];
  /** Encoded pictures of each case when asked for: input, truth, and each method's result. */
  strips: { case: CaseName; picture: Uint8Array }[];
}

const NOTHING: RenderMesh = { positions: new Float32Array(9), triangles: Uint32Array.of(0, 1, 2) };

/** Runs all methods on all cases of one object and measures what they make. */
export async function evaluateObject(
  model: ModelRef,
  cases: readonly CaseName[],
  methods: readonly Method[],
  seed: number,
  pictures: boolean,
): Promise<ObjectOutcome> {
  const mesh = withNormals(await loadModel(model));
  const object = `${model.source}/${model.name}`;
  const truth = prepareTruth(mesh, seedOf(seed, "truth", object));
  const extent = extentOf(mesh);
  const longest = (["width", "height", "depth"] as const)[extent.indexOf(Math.max(...extent))];
  const outcome: ObjectOutcome = { rows: [], strips: [] };
  for (const name of cases) {
    const input = await renderCase(mesh, name, seed, object);
    const results: Shown[] = [];
    for (const method of methods) {
      if (!method.cases.includes(name)) continue;
      const { row, shown } = await evaluateMethod(method, input, truth, { longest }, seedOf(seed, "result", object));
      outcome.rows.push({ name: model.name, source: model.source, kind: model.kind, ...row });
      results.push(shown);
    }
    if (pictures)
      outcome.strips.push({
        case: name,
        picture: await renderRow(input, [{ mesh, camera: input.truth[0] }, ...results]),
      });
  }
  return outcome;
}

async function evaluateMethod(
  method: Method,
  input: CaseInput,
  truth: Truth,
  known: KnownSize,
  seed: number,
): Promise<{ row: Omit<Row, "name" | "source" | "kind">; shown: Shown }> {
  let result = NOTHING;
  let error: string | null = null;
  resetPeak();
  const start = performance.now();
  try {
    result = await method.run(input.pictures, input.cameras, known);
    if (!result.positions.every(Number.isFinite)) throw new Error("the result has coordinates that are not finite");
    if (result.triangles.length === 0) throw new Error("the result has no triangles");
  } catch (failure) {
    result = NOTHING;
    error = failure instanceof Error ? failure.message : String(failure);
  }
  const seconds = (performance.now() - start) / 1000;
  const peakMb = readPeak();
  const { metrics, shown, cameras } = measure(truth, result, input, CASE_ALIGNMENT[input.case], seed);
  return {
    row: { case: input.case, method: method.name, ...metrics, seconds, peakMb, error },
    shown: { mesh: shown, camera: cameras[0] },
  };
}

/** Linux keeps a process's highest resident memory and lets it start anew. */
function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Elsewhere `readPeak` says that it does not know.
  }
}

function readPeak(): number | null {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return line ? (Number(line[1]) * 1024) / 1e6 : null;
  } catch {
    return null;
  }
}
