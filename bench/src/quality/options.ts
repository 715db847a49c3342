import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Quality } from "@maquette/engine/types";
import { CASES, type CaseName } from "../inputs/cases.ts";
import { choose, listFolder, listPacks, type ModelRef } from "../load/models.ts";
import { METHOD_NAMES, type Measured, type MethodName } from "../methods/registry.ts";
import { listOf, oneOf, wholeNumber } from "../options.ts";

const DEFAULT_DATA = "../shared/data";

export const USAGE = `Usage: npm run bench:quality -- (--models DIR | --data DIR) [options]

  --models DIR       every GLB and glTF file under DIR
  --data DIR         the packed models (default: ../shared/data when it is there)
  --split NAME       of the packed models: validation (default), training, all
  --packs A,B        only packed models of these sources, e.g. kaykit,quaternius/animals_pack
  --cases A,B        of ${CASES.join(",")} (default: all)
  --methods A,B      of ${METHOD_NAMES.join(",")} (default: maquette and the floors)
  --no-prior         also measure the product without its learned prior
  --surface          stop the product at its dense surface, before mesh and texture: several times as fast, grey
  --weights DIR      of the product's prior, as training exports them (default: those that come with it)
  --quality LEVEL    of the product: standard (default), high, ultra
  --limit N          a fixed random choice of N models
  --every N          every Nth model instead, so that every source has its share
  --seed S           of the choice, the cameras and the samples (default 1)
  --jobs N           processes at once, 1 or 2 (default 1; two share the cores and blur the seconds)
  --by-source        also a table for each source
  --by-kind          also a table for each kind
  --sheet FILE.png   contact sheets, one a case: all objects, or of more than 24 the ten worst, middle and best
  --json FILE        everything measured
  --show FILE,…      measure nothing: print the tables of such files, taken together
`;

export interface Options {
  models: ModelRef[];
  cases: CaseName[];
  methods: MethodName[];
  /** How far the product goes. */
  measured: Measured;
  /** Folder of the prior's weights; those that come with the product by default. */
  weights: string | undefined;
  quality: Quality;
  seed: number;
  jobs: number;
  bySource: boolean;
  byKind: boolean;
  sheet: string | undefined;
  json: string | undefined;
  /** Files of earlier runs to print instead. */
  show: string[];
}

/** @throws with a sentence that names the option, what it takes and what it got; null when only help was asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      models: { type: "string" },
      data: { type: "string" },
      split: { type: "string", default: "validation" },
      packs: { type: "string" },
      cases: { type: "string", default: CASES.join(",") },
      methods: { type: "string", default: METHOD_NAMES.filter((name) => name !== "maquette-no-prior").join(",") },
      "no-prior": { type: "boolean", default: false },
      surface: { type: "boolean", default: false },
      weights: { type: "string" },
      quality: { type: "string", default: "standard" },
      limit: { type: "string" },
      every: { type: "string" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "1" },
      "by-source": { type: "boolean", default: false },
      "by-kind": { type: "boolean", default: false },
      sheet: { type: "string" },
      json: { type: "string" },
      show: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const methods = listOf("--methods", values.methods, METHOD_NAMES);
  if (values["no-prior"] && !methods.includes("maquette-no-prior")) methods.splice(1, 0, "maquette-no-prior");
  const seed = wholeNumber("--seed", values.seed, 0, 2 ** 31);
  const every = values.every ? wholeNumber("--every", values.every, 1, 1e6) : 1;
  const limit = values.limit ? wholeNumber("--limit", values.limit, 1, 1e6) : Number.POSITIVE_INFINITY;
  const options = {
    cases: listOf("--cases", values.cases, CASES),
    methods,
    measured: values.surface ? ("surface" as const) : ("asset" as const),
    weights: values.weights,
    quality: oneOf("--quality", values.quality, ["standard", "high", "ultra"] as const),
    seed,
    jobs: Math.min(wholeNumber("--jobs", values.jobs, 1, 2), availableParallelism()),
    bySource: values["by-source"],
    byKind: values["by-kind"],
    sheet: values.sheet,
    json: values.json,
    show: values.show?.split(",") ?? [],
  };
  if (options.show.length > 0) return { ...options, models: [] };
  const split = oneOf("--split", values.split, ["validation", "training", "all"] as const);
  const folder = values.models ?? values.data ?? DEFAULT_DATA;
  if (!existsSync(folder)) throw new Error(`${values.models ? "--models" : "--data"}: there is no folder ${folder}`);
  const models = values.models ? listFolder(folder) : listPacks(folder, split, values.packs?.split(","));
  if (models.length === 0)
    throw new Error(
      `no models in ${folder}: ${values.models ? "no .glb or .gltf file" : "no object matches --split and --packs"}`,
    );
  const spread = models.filter((_, i) => i % every === 0);
  return { ...options, models: choose(spread, limit, seed) };
}
