/**
 * npm run bench:understand — measures mattes on composites with known truth, beside the border model alone and GrabCut.
 * The protocol is in docs/understanding.md.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EngineError } from "@maquette/engine/errors";
import { cubeCamera, LABEL_DIRECTIONS, VIEW_LABELS } from "@maquette/engine/frames";
import { loadMatteModel } from "@maquette/engine/host/load-matte-model";
import { loadModels } from "@maquette/engine/host/load-models";
import { median } from "@maquette/engine/image/quantile";
import { inspectPictures } from "@maquette/engine/inspect/inspect-pictures";
import type { Models, SidesModel } from "@maquette/engine/models";
import { renderMesh } from "@maquette/engine/raster/render";
import { borderMatte } from "@maquette/engine/segment/border-matte";
import { type MatteModel, segmentPictureWith } from "@maquette/engine/segment/segment";
import type { RgbaImage } from "@maquette/engine/types";
import { encodePng, framedCamera } from "./inputs/cases.ts";
import { compositeOf, FAMILIES, type Family } from "./inputs/composite.ts";
import { listPacks, loadModel, type ModelRef } from "./load/models.ts";
import { listOf, wholeNumber } from "./options.ts";
import { random, seedOf, shuffled } from "./random.ts";
import { describeMachine } from "./report/machine.ts";
import { formatTable } from "./report/table.ts";
import { compareMattes } from "./understand/compare-mattes.ts";
import { GrabCut } from "./understand/grabcut.ts";
import { writeMatteSheet } from "./understand/matte-sheet.ts";
import { type Naming, nameFourSides } from "./understand/name-sets.ts";
import { exampleShown, type Shown, writeOverview } from "./understand/overview.ts";
import { poseShot, type Shot } from "./understand/pose-shots.ts";

const USAGE = `Usage: npm run bench:understand -- [options]

  --data DIR         the packed models (default: ../shared/data)
  --limit N          composites, in equal parts of six families (default 504)
  --families F,…     only these of them: ${FAMILIES.join(", ")}
  --sets N           sets of four sides in random order that are to be named (default 200)
  --size N           pixels a side (default 512)
  --seed S           of the choice, the cameras and the backgrounds (default 1)
  --no-grabcut       leave GrabCut out
  --no-model         leave the learned matte out
  --sheet FILE.png   the composites with the mattes, the worst of each family first
  --overview FILE    a JPEG of the examples and of the three worst composites of each family, as \`maquette inspect\` shows them
  --json FILE        everything measured
`;

/** Kinds whose front means something; which side of a rock or a sword is the front is its author's habit. */
const FRONTED = new Set(["character", "animal", "vehicle", "furniture", "building"]);
/** Share of the picture's half that objects reach. */
const FILL = [0.6, 0.9] as const;
const METHODS = ["maquette", "border", "grabcut"] as const;
type Method = (typeof METHODS)[number];

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
/** Composites of each family that the overview shows: the worst ones. */
const WORST = 3;

interface Row {
  family: Family;
  kind: string;
  name: string;
  confidence: number;
  source: string;
  /** Processor seconds of cutting out and of inspecting: what others run at the same time does not count. */
  processor: { segment: number; inspect: number };
  results: Partial<Record<Method, { iou: number; boundary: number; seconds: number }>>;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return;
  const { data, limit, size, seed, json, sheet, overview } = options;
  const models = spreadOverKinds(listPacks(data, "validation"), seed);
  const grabCut = options.grabcut ? new GrabCut() : null;
  const model = options.model ? await loadMatteModel().catch(tellWhy) : null;
  const rows: Row[] = [];
  const tiles: { row: Row; image: RgbaImage; mattes: Uint8Array[] }[] = [];
  for (let i = 0; i < limit; i++) {
    const family = FAMILIES[i % FAMILIES.length];
    if (!options.families.includes(family)) continue;
    const ref = models[i % models.length];
    const next = random(seedOf(seed, family, ref.source, ref.name));
    const { image, truth } = await draw(ref, family, size, next);
    const { row, mattes } = await measure(image, truth, model, grabCut);
    const full = { family, kind: ref.kind, name: `${ref.source}/${ref.name}`, ...row };
    rows.push(full);
    if (sheet || overview) tiles.push({ row: full, image, mattes: [truth, ...mattes] });
    if ((i + 1) % 50 === 0) console.error(`${i + 1} of ${limit}`);
  }
  grabCut?.close();
  if (rows.length > 0) print(rows, model !== null);
  const prior = options.model ? await loadModels().catch(tellWhy) : null;
  const namings = await nameSets(models.slice(0, options.sets), seed, prior?.sides ?? null);
  const shots = prior ? await poseShots(models.slice(0, options.sets), seed, prior) : [];
  if (namings.length > 0) printNamings(namings);
  if (shots.length > 0) printShots(shots);
  if (json)
    writeFileSync(json, `${JSON.stringify({ machine: describeMachine(), seed, size, rows, namings }, null, 1)}\n`);
  if (sheet) await writeMatteSheet(sheet, tiles);
  if (overview) await writeOverview(overview, [...exampleShown(EXAMPLES), ...(await worstShown(tiles))]);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      data: { type: "string", default: "../shared/data" },
      limit: { type: "string", default: "504" },
      families: { type: "string", default: FAMILIES.join() },
      sets: { type: "string", default: "200" },
      size: { type: "string", default: "512" },
      seed: { type: "string", default: "1" },
      "no-grabcut": { type: "boolean", default: false },
      "no-model": { type: "boolean", default: false },
      sheet: { type: "string" },
      overview: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return null;
  }
  return {
    data: values.data,
    limit: wholeNumber("--limit", values.limit, 0, 100_000),
    families: listOf("--families", values.families, FAMILIES),
    sets: wholeNumber("--sets", values.sets, 0, 100_000),
    size: wholeNumber("--size", values.size, 128, 1536),
    seed: wholeNumber("--seed", values.seed, 0, 2 ** 31),
    grabcut: !values["no-grabcut"],
    model: !values["no-model"],
    sheet: values.sheet,
    overview: values.overview,
    json: values.json,
  };
}

function tellWhy(error: Error): null {
  console.error(`without the learned matte: ${error.message}`);
  return null;
}

/** Every kind in turn, in random order: common kinds must not hide what happens to rare ones. */
function spreadOverKinds(models: readonly ModelRef[], seed: number): ModelRef[] {
  const kinds = new Map<string, ModelRef[]>();
  for (const model of shuffled(models, random(seed))) kinds.set(model.kind, [...(kinds.get(model.kind) ?? []), model]);
  const out: ModelRef[] = [];
  const queues = [...kinds.values()];
  // A step of 7 through 11 kinds, so that no kind meets the same of six families again and again.
  for (let i = 0; out.length < models.length && i < 100 * models.length; i++) {
    const model = queues[(7 * i) % queues.length].shift();
    if (model) out.push(model);
  }
  return out;
}

async function draw(ref: ModelRef, family: Family, size: number, next: () => number) {
  const mesh = await loadModel(ref);
  const [low, high] = FILL;
  const fill = low + (high - low) * next();
  const label = VIEW_LABELS[Math.floor(4 * next())];
  // A third are level sides, as in character sheets; the others are seen as photographs are taken.
  const level = next() < 0.33;
  const camera = level
    ? cubeCamera(LABEL_DIRECTIONS[label].azimuth, 0, size, fill)
    : framedCamera(mesh, 360 * next(), 5 + 30 * next(), fill, { size });
  const cutout = renderMesh(mesh, camera, size, size);
  const image = compositeOf(family, mesh, camera, cutout, next);
  return { image, truth: Uint8Array.from({ length: size * size }, (_, i) => cutout.data[4 * i + 3]) };
}

async function measure(image: RgbaImage, truth: Uint8Array, model: MatteModel | null, grabCut: GrabCut | null) {
  const results: Row["results"] = {};
  const mattes: Uint8Array[] = [];
  const time = async (method: Method, run: () => Promise<Uint8Array>) => {
    const started = performance.now();
    const matte = await run();
    const seconds = (performance.now() - started) / 1000;
    results[method] = { ...compareMattes(matte, truth, image.width, image.height), seconds };
    mattes.push(matte);
  };
  let started = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(started);
    started = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const cutout = await segmentPictureWith(model, image, false);
  const segment = spent();
  try {
    inspectPictures([cutout], []);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  const processor = { segment, inspect: spent() };
  await time("maquette", async () => cutout.matte.data);
  await time("border", async () => borderMatte(image).matte.data);
  if (grabCut) await time("grabcut", () => grabCut.cut(image));
  const { confidence, source } = cutout;
  return { row: { confidence, source, processor, results }, mattes };
}

function worstShown(tiles: readonly { row: Row; image: RgbaImage }[]): Promise<Shown[]> {
  const iou = ({ row }: { row: Row }) => row.results.maquette?.iou ?? 0;
  const worst = FAMILIES.flatMap((family) =>
    tiles
      .filter(({ row }) => row.family === family)
      .sort((a, b) => iou(a) - iou(b))
      .slice(0, WORST),
  );
  return Promise.all(
    worst.map(async (tile) => ({
      caption: `${tile.row.family}, IoU ${iou(tile).toFixed(2)}`,
      bytes: await encodePng(tile.image),
    })),
  );
}

function print(rows: readonly Row[], learned: boolean): void {
  const header = ["", "n", ...METHODS.flatMap((m) => [`${m} IoU`, "F"]), "learned", "refused"];
  const line = (name: string, some: readonly Row[]) => [
    name,
    String(some.length),
    ...METHODS.flatMap((m) => (["iou", "boundary"] as const).map((key) => mean(some.map((r) => r.results[m]?.[key])))),
    percent(some, (r) => r.source === "learned"),
    percent(some, (r) => r.confidence < 0.4),
  ];
  const groups = (key: "family" | "kind") =>
    [...new Set(rows.map((r) => r[key]))].map((g) =>
      line(
        g,
        rows.filter((r) => r[key] === g),
      ),
    );
  console.log(`\n${rows.length} composites${learned ? "" : ", without the learned matte"}; mean IoU and boundary F\n`);
  console.log(formatTable(header, [...groups("family"), line("all", rows)]));
  console.log(`\n${formatTable(header, groups("kind"))}`);
  const seconds = (["border", "grabcut"] as const).map((m) => `${m} ${mean(rows.map((r) => r.results[m]?.seconds))}`);
  const processor = (["segment", "inspect"] as const).map((s) => `${s} ${mean(rows.map((r) => r.processor[s]))}`);
  console.log(`\nprocessor seconds a picture: ${processor.join(", ")}; seconds: ${seconds.join(", ")}`);
}

async function nameSets(
  models: readonly ModelRef[],
  seed: number,
  sides: SidesModel | null,
): Promise<(Naming & { kind: string })[]> {
  const out: (Naming & { kind: string })[] = [];
  for (const ref of models) {
    const next = random(seedOf(seed, "sides", ref.source, ref.name));
    out.push({ kind: ref.kind, ...(await nameFourSides(await loadModel(ref), next, sides)) });
  }
  return out;
}

function printNamings(namings: readonly (Naming & { kind: string })[]): void {
  const line = (name: string, some: readonly Naming[]) => [
    name,
    String(some.length),
    ...(["pairs", "ring", "named"] as const).map((key) => mean(some.map((n) => n[key]))),
  ];
  const kinds = [...new Set(namings.map((n) => n.kind))];
  const rows = kinds.map((kind) =>
    line(
      kind,
      namings.filter((n) => n.kind === kind),
    ),
  );
  console.log("\nFour sides in random order, without hints: opposite sides found, sides in turn, sides named\n");
  console.log(formatTable(["", "n", "opposite", "in turn", "named"], [...rows, line("all", namings)]));
}

async function poseShots(models: readonly ModelRef[], seed: number, prior: Models) {
  const out: (Shot & { kind: string })[] = [];
  for (const ref of models) {
    const next = random(seedOf(seed, "shot", ref.source, ref.name));
    out.push({ kind: ref.kind, ...(await poseShot(await loadModel(ref), next, prior)) });
  }
  return out;
}

function printShots(shots: readonly (Shot & { kind: string })[]): void {
  const line = (name: string, some: readonly Shot[]) => [
    name,
    String(some.length),
    percent(some, (s) => s.turn <= 30),
    percent(some, (s) => s.sure),
    percent(some.some((s) => s.sure) ? some.filter((s) => s.sure) : some, (s) => s.turn <= 30),
    median(some.map((s) => s.elevation)).toFixed(1),
  ];
  const kinds = [...new Set(shots.map((s) => s.kind))];
  const rows = kinds.map((kind) =>
    line(
      kind,
      shots.filter((s) => s.kind === kind),
    ),
  );
  const fronted = shots.filter((s) => FRONTED.has(s.kind));
  console.log(
    "\nSingle pictures from anywhere: azimuth within 30°, sure of it, of those within 30°, error of elevation (median)\n",
  );
  console.log(
    formatTable(
      ["", "n", "within 30°", "sure", "of those", "elevation, °"],
      [...rows, line("with a front", fronted), line("all", shots)],
    ),
  );
}

function mean(values: readonly (number | undefined)[]): string {
  const known = values.filter((v) => v !== undefined);
  return known.length === 0 ? "–" : (known.reduce((a, b) => a + b, 0) / known.length).toFixed(3);
}

function percent<T>(rows: readonly T[], is: (row: T) => boolean): string {
  return `${Math.round((100 * rows.filter(is).length) / rows.length)} %`;
}

await main();
