/**
 * Breaks models on purpose, finishes them, and says what came of it:
 * `npm run bench:finish -- [--models N] [--seed S] [--packs DIR] [--json FILE] [--pictures DIR]`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FinishOptions } from "@maquette/engine";
import { runEngine } from "@maquette/engine/host";
import { checkMesh, toPolygons } from "@maquette/engine/mesh/check-mesh";
import { TriangleTree } from "@maquette/engine/mesh/triangle-tree";
import { weldByPosition } from "@maquette/engine/mesh/weld-by-position";
import type { Mesh } from "@maquette/engine/types";
import { BREAKS, type BreakName, type Broken, breakModel } from "./finish/break-model.ts";
import { encodeBroken } from "./finish/encode-broken.ts";
import { loadGlb } from "./load/glb.ts";
import { Packs, splitOf } from "./load/packs.ts";
import { sampleSurface } from "./measure/sample.ts";
import { random, shuffled } from "./random.ts";
import { describeMachine } from "./report/machine.ts";
import { boundsOf } from "./shape.ts";
import { readShaded } from "./topology/read-shaded.ts";
import { selfIntersections } from "./topology/self-intersections.ts";
import { uvFaults } from "./topology/uv-overlap.ts";

const SAMPLES = 5000;
/** Models with open shells have no inside to come back to: what their holes are is anybody's guess. */
const MOST_OPEN = 0.02;
/** What the delivered meshes of pictures keep to, % of the faces. */
const MOST_CROSSING = 0.1;

export interface FinishRow {
  model: string;
  broken: string;
  faces: number;
  triangles: number;
  /** Open edges, non-manifold edges and vertices, degenerate faces: all must be 0. */
  faults: number;
  /** Faces that another one cuts through, % of all. */
  crossing: number;
  /** Texels that two triangles claim, and triangles that are mirrored in the texture. */
  texels: number;
  /** Distance of the result's surface from the original's, and the other way round; % of the longest side. */
  accuracy: number;
  completeness: number;
  /** The result's height over the asked or original one. */
  size: number;
  seconds: number;
  warnings: string[];
}

const { values } = parseArgs({
  options: {
    models: { type: "string", default: "25" },
    seed: { type: "string", default: "1" },
    packs: { type: "string", default: "../shared/data" },
    json: { type: "string" },
    pictures: { type: "string" },
  },
});

const packs = new Packs(values.packs);
const seed = Number(values.seed);
const whole = packs.entries.filter((e) => splitOf(e) === "validation" && e.open <= MOST_OPEN && !e.untextured);
const chosen = shuffled(whole, random(seed)).slice(0, Number(values.models));
const kinds = Object.keys(BREAKS) as BreakName[];
const rows: FinishRow[] = [];
for (const [i, entry] of chosen.entries()) {
  const kind = kinds[i % kinds.length]!;
  const original = packs.read(entry);
  const broken = breakModel(original, kind, random(seed * 1000 + i));
  const row = await finishOne(`${entry.source}/${entry.name}`, kind, original, broken);
  rows.push(row);
  console.log(
    [
      row.model.slice(-38).padEnd(38),
      kind.padEnd(10),
      `${row.faces} → ${row.triangles}`.padEnd(16),
      `faults ${row.faults}`,
      `crossing ${row.crossing.toFixed(2)} %`,
      `texels ${row.texels}`,
      `off ${row.accuracy.toFixed(3)} % / ${row.completeness.toFixed(3)} %`,
      `size ${row.size.toFixed(4)}`,
      `${row.seconds.toFixed(1)} s`,
    ].join("  "),
  );
}
const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
console.log(
  `\n${rows.length} models, ${rows.filter((row) => row.faults === 0).length} without faults, ` +
    `${rows.filter((row) => row.crossing <= MOST_CROSSING).length} with at most ${MOST_CROSSING} % of faces that cross, ` +
    `${rows.filter((row) => row.texels === 0).length} without overlaps in the texture; off by ` +
    `${median(rows.map((row) => row.accuracy)).toFixed(3)} % (median), ` +
    `${Math.max(...rows.map((row) => row.accuracy)).toFixed(3)} % (worst) of the longest side`,
);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine: describeMachine(), seed, rows }, null, 2)}\n`);

async function finishOne(model: string, kind: string, original: Mesh, broken: Broken): Promise<FinishRow> {
  const file = await encodeBroken(broken.mesh);
  const options: FinishOptions = { name: "model", quality: "standard", topology: "triangle", ...broken.options };
  const started = performance.now();
  const asset = await runEngine({ kind: "finish", model: file, companions: [], options });
  const seconds = (performance.now() - started) / 1000;
  const bytes = asset.files.find(({ format }) => format === "glb")!.data;
  const glb = await loadGlb(bytes);
  const welded = weldByPosition(toPolygons(glb));
  const { components: _components, ...faults } = checkMesh(welded);
  const { overlap, flipped } = uvFaults((await readShaded(bytes)).uvs!, asset.report.texture.size);
  const crossing = selfIntersections({ positions: welded.positions, triangles: welded.corners });
  const truth = normalized(original);
  const result = normalized(glb);
  if (values.pictures) {
    mkdirSync(values.pictures, { recursive: true });
    const preview = asset.files.find(({ format }) => format === "preview")!;
    writeFileSync(join(values.pictures, `${model.replaceAll("/", "_")}-${kind}.png`), preview.data);
  }
  const { low, high } = boundsOf(glb);
  return {
    model,
    broken: kind,
    faces: broken.mesh.triangles.length / 3,
    triangles: glb.triangles.length / 3,
    faults: Object.values(faults).reduce((a, b) => a + b, 0),
    crossing: (100 * crossing) / (glb.triangles.length / 3),
    texels: overlap + flipped,
    accuracy: 100 * meanDistance(result, truth),
    completeness: 100 * meanDistance(truth, result),
    size: (high[1] - low[1]) / broken.height,
    seconds,
    warnings: asset.report.warnings,
  };
}

/** Longest side 1, centred. */
function normalized(mesh: Mesh): Mesh {
  const { low, high } = boundsOf(mesh);
  const longest = Math.max(...high.map((h, k) => h - low[k]!));
  const positions = mesh.positions.map((p, i) => (p - (low[i % 3]! + high[i % 3]!) / 2) / longest);
  return { positions, triangles: mesh.triangles };
}

/** Mean distance of a surface's points from another surface. */
function meanDistance(from: Mesh, to: Mesh): number {
  const tree = new TriangleTree(Float64Array.from(to.positions), to.triangles);
  const { points } = sampleSurface(from, SAMPLES, 1);
  let sum = 0;
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i]!, points[i + 1]!, points[i + 2]!];
    tree.find(x, y, z);
    sum += Math.hypot(tree.point[0]! - x, tree.point[1]! - y, tree.point[2]! - z);
  }
  return sum / SAMPLES;
}
