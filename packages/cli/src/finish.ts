import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import {
  type Collision,
  type Compression,
  EngineError,
  type FinishOptions,
  planAsset,
  type Quality,
  type Topology,
  type UpAxis,
} from "@maquette/engine";
import { runEngine } from "@maquette/engine/host";
import { zipSync } from "fflate";
import { finishRemotely } from "./finish-remotely.ts";
import { identifier } from "./identifier.ts";
import { ASSET_OPTIONS } from "./make.ts";
import { numberOption as number, parseOptions } from "./parse-options.ts";
import { ProgressPrinter } from "./progress.ts";
import { SERVER_OPTIONS } from "./remote/credentials.ts";
import { EXIT, UsageError } from "./usage.ts";

export const FINISH_OPTIONS = {
  out: { type: "string", short: "o" },
  name: { type: "string" },
  ...ASSET_OPTIONS,
  up: { type: "string" },
  "keep-loose": { type: "boolean" },
  "keep-base": { type: "boolean" },
  json: { type: "boolean" },
  ...SERVER_OPTIONS,
  project: { type: "string" },
  tag: { type: "string", multiple: true },
  test: { type: "boolean" },
} as const;

/** Options that only a server understands. */
const SERVER_ONLY = ["credentials", "project", "tag", "test"] as const;

/** A model file larger than this is not read. */
const MAX_BYTES = 512 * 1024 * 1024;
/** Files beside an OBJ or FBX that may hold its materials and pictures. */
const COMPANIONS = /\.(mtl|png|jpe?g|webp|tga|bmp|tiff?|gif)$/i;

/** `maquette finish`: models that somebody already has, to game-ready assets in all formats. Returns the exit code. */
export async function finish(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions("finish", args, FINISH_OPTIONS);
  if (positionals.length === 0) {
    throw new UsageError("no model was given. Usage: maquette finish MODEL... (see 'maquette help finish')");
  }
  if (positionals.length > 1 && values.name !== undefined)
    throw new UsageError("--name can be given for one model only");
  const lost = values.server === undefined ? SERVER_ONLY.find((name) => values[name] !== undefined) : undefined;
  if (lost) throw new UsageError(`--${lost} needs --server: it means something to a server only`);
  const options = {
    quality: (values.quality ?? "standard") as Quality,
    polycount: number(values, "polycount"),
    height: number(values, "height"),
    width: number(values, "width"),
    depth: number(values, "depth"),
    topology: values.topology as Topology | undefined,
    pivot: values.pivot as "center" | "base" | undefined,
    textureSize: number(values, "texture-size"),
    lods: number(values, "lods"),
    collision: values.collision as Collision | undefined,
    compression: values.compression as Compression | undefined,
    seed: number(values, "seed"),
    up: values.up as UpAxis | undefined,
    keepLoose: values["keep-loose"],
    keepBase: values["keep-base"],
  };
  planAsset(1, { ...options, name: "model" });
  const results: object[] = [];
  let code: number = EXIT.ok;
  for (const path of positionals) {
    const name = identifier(values.name ?? basename(path, extname(path)));
    const out = resolve(positionals.length > 1 ? join(values.out ?? ".", name) : (values.out ?? name));
    try {
      if (values.server !== undefined) {
        const { data, file } = await packModel(path);
        const done = await finishRemotely({ ...values, server: values.server, name }, file, data, out);
        if (done.code !== EXIT.ok) code = done.code;
        results.push({ model: path, ...done.result });
        continue;
      }
      results.push(await finishOne(path, out, { ...options, name }, values.json ?? false));
    } catch (error) {
      // With several models, one that cannot be read does not stop the others.
      if (positionals.length === 1 || !(error instanceof EngineError) || !error.refusal) throw error;
      console.error(`maquette: ${path}: ${error.message}`);
      results.push({ model: path, error: error.code, message: error.message });
      code = EXIT.refused;
    }
  }
  if (values.json) console.log(JSON.stringify(positionals.length > 1 ? results : results[0], null, 2));
  return code;
}

async function finishOne(path: string, out: string, options: FinishOptions, json: boolean): Promise<object> {
  const started = performance.now();
  const model = await readModelFile(path);
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`cannot write to ${out}: ${error.message}`);
  });
  const companions = /\.(obj|fbx)$/i.test(path) ? await readCompanions(dirname(path)) : [];
  const printer = new ProgressPrinter(process.stderr);
  const abort = new AbortController();
  const interrupt = () => abort.abort(new Error("interrupted; nothing was written"));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const asset = await runEngine(
      { kind: "finish", model, companions, options },
      { onProgress: (progress) => printer.update(progress), signal: abort.signal },
    );
    printer.stop();
    for (const file of asset.files) await writeFile(join(out, file.name), file.data);
    const seconds = { ...printer.seconds, total: Math.round(performance.now() - started) / 1000 };
    const report = { ...asset.report, files: asset.files.map((file) => file.name), seconds };
    await writeFile(join(out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
    if (!json) {
      const { height, width, depth } = report.size;
      const cm = [width, height, depth].map((v) => v.toFixed(1)).join(" × ");
      console.log(
        `Finished ${options.name} in ${seconds.total} s: ${report.triangles} triangles, ${cm} cm (w × h × d).`,
      );
      for (const warning of report.warnings) console.log(`Note: ${warning}`);
      console.log(`Files are in ${out}: ${report.files.join(", ")}, report.json`);
    }
    return { model: path, directory: out, ...report };
  } finally {
    printer.stop();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** A model as it is sent: alone, or zipped with the files beside it that it may name. */
async function packModel(path: string): Promise<{ data: Uint8Array; file: string }> {
  const data = await readModelFile(path);
  const companions = /\.(obj|fbx)$/i.test(path) ? await readCompanions(dirname(path)) : [];
  const named = companions.filter(([name]) => isNamed(name, [data, ...companions.map(([, bytes]) => bytes)]));
  if (named.length === 0) return { data, file: basename(path) };
  const entries = Object.fromEntries([[basename(path), data], ...named]);
  return { data: zipSync(entries, { level: 1 }), file: `${basename(path, extname(path))}.zip` };
}

/** Whether the model or its material library speaks of a file: what lies in the folder besides stays there. */
function isNamed(name: string, texts: Uint8Array[]): boolean {
  return texts.some((text) =>
    Buffer.from(text).toString("latin1").toLowerCase().includes(Buffer.from(name).toString("latin1")),
  );
}

async function readModelFile(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path}: ${error.message}`,
    );
  });
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw new UsageError(`${path} is a folder; give the model files in it`);
    if (info.size > MAX_BYTES)
      throw new UsageError(`${path} has ${Math.round(info.size / 1e6)} MB; the limit is 536 MB`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The files in a folder that a model there may name. */
async function readCompanions(folder: string): Promise<[string, Uint8Array][]> {
  const names = (await readdir(folder)).filter((name) => COMPANIONS.test(name));
  return Promise.all(
    names.map(async (name): Promise<[string, Uint8Array]> => [name.toLowerCase(), await readFile(join(folder, name))]),
  );
}
