import { mkdir, open, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import {
  type AssetOptions,
  type AssetReport,
  type Collision,
  type Compression,
  EngineError,
  OPTION_LIMITS,
  planAsset,
  type Quality,
  type Topology,
  VIEW_LABELS,
  type ViewHint,
} from "@maquette/engine";
import { runEngine } from "@maquette/engine/host";
import { checkContentSettings } from "@maquette/engine/host/load-content-check";
import { identifier } from "./identifier.ts";
import { makeRemotely } from "./make-remotely.ts";
import { numberOption as number, parseOptions } from "./parse-options.ts";
import { ProgressPrinter } from "./progress.ts";
import { SERVER_OPTIONS } from "./remote/credentials.ts";
import { EXIT, UsageError } from "./usage.ts";

/** What the report file holds: the engine's report with the times that only the outside can measure. */
export interface MakeReport extends AssetReport {
  /** Wall-clock seconds of each stage, and of everything from start to the last file written. */
  seconds: Record<string, number>;
  files: string[];
}

/** Bytes beyond which a file is not read: the engine refuses it anyway. */
const MAX_READ = 5 * 1024 * 1024 + 1;

/** `maquette make`: pictures from files to asset files in a folder. Returns the exit code. */
export async function make(args: string[]): Promise<number> {
  const started = performance.now();
  const { values, pictures } = parse(args);
  const views = pictures.map((p) => p.view);
  const first = pictures[0];
  if (!first) throw new UsageError("no picture was given. Usage: maquette make IMAGE... (see 'maquette help make')");
  const name = identifier(values.name ?? basename(first.path, extname(first.path)));
  const options: AssetOptions = {
    name,
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
    prior: !values["no-prior"],
    views,
  };
  // Before anything is read: a wrong option must not wait for the pictures.
  planAsset(pictures.length, options);
  if (values.server === undefined) checkContent();
  const bytes = await Promise.all(pictures.map((p) => readPicture(p.path)));
  const out = resolve(values.out ?? name);
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`cannot write to ${out}: ${error.message}`);
  });
  if (values.server !== undefined) {
    const sources = pictures.map(({ path, view }, i) => ({
      name: basename(path),
      data: bytes[i]!,
      view: String(view),
    }));
    return makeRemotely({ ...values, server: values.server }, options, sources, out);
  }

  const printer = new ProgressPrinter(process.stderr);
  const abort = new AbortController();
  const interrupt = () => abort.abort(new Error("interrupted; nothing was written"));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  let asset: Awaited<ReturnType<typeof runEngine>>;
  try {
    asset = await runEngine(
      { kind: "asset", pictures: bytes, options },
      { onProgress: (p) => printer.update(p), signal: abort.signal },
    );
  } catch (error) {
    throw error instanceof EngineError && error.picture !== null
      ? nameFile(error, pictures[error.picture].path)
      : error;
  } finally {
    printer.stop();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
  for (const file of asset.files) await writeFile(join(out, file.name), file.data);
  const report: MakeReport = {
    ...asset.report,
    files: asset.files.map((f) => f.name),
    seconds: { ...printer.seconds, total: round((performance.now() - started) / 1000) },
  };
  await writeFile(join(out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  if (values.json) {
    console.log(JSON.stringify({ directory: out, ...report }, null, 2));
  } else {
    const { height, width, depth } = report.size;
    const cm = [width, height, depth].map((v) => v.toFixed(1)).join(" × ");
    console.log(`Made ${name} in ${report.seconds.total} s: ${report.triangles} triangles, ${cm} cm (w × h × d).`);
    for (const warning of report.warnings) console.log(`Note: ${warning}`);
    console.log(`Files are in ${out}: ${report.files.join(", ")}, report.json`);
  }
  return EXIT.ok;
}

/** Options that say how an asset shall be; `make` and `revise` share them. */
export const ASSET_OPTIONS = {
  quality: { type: "string" },
  polycount: { type: "string" },
  height: { type: "string" },
  width: { type: "string" },
  depth: { type: "string" },
  topology: { type: "string" },
  pivot: { type: "string" },
  "texture-size": { type: "string" },
  lods: { type: "string" },
  collision: { type: "string" },
  compression: { type: "string" },
  seed: { type: "string" },
} as const;

/** One picture each, that shows this side. */
export const VIEW_OPTIONS = {
  front: { type: "string" },
  right: { type: "string" },
  back: { type: "string" },
  left: { type: "string" },
  top: { type: "string" },
  bottom: { type: "string" },
} as const;

export const MAKE_OPTIONS = {
  out: { type: "string", short: "o" },
  name: { type: "string" },
  ...ASSET_OPTIONS,
  "no-prior": { type: "boolean" },
  json: { type: "boolean" },
  ...VIEW_OPTIONS,
  ...SERVER_OPTIONS,
  project: { type: "string" },
  generator: { type: "string" },
  tag: { type: "string", multiple: true },
  test: { type: "boolean" },
} as const;

/** Options that only a server understands. */
const SERVER_ONLY = ["credentials", "project", "generator", "tag", "test"] as const;

export interface Picture {
  path: string;
  view: ViewHint;
}

function parse(args: string[]) {
  const { values, positionals, tokens } = parseOptions("make", args, MAKE_OPTIONS);
  const lost = values.server === undefined ? SERVER_ONLY.find((name) => values[name] !== undefined) : undefined;
  if (lost) throw new UsageError(`--${lost} needs --server: it means something to a server only`);
  if (values.server !== undefined && values["no-prior"])
    throw new UsageError("--no-prior cannot be used with --server");
  return { values, pictures: listPictures(positionals, tokens) };
}

/**
 * The pictures of a command line: those without a side first, then those with one.
 * @throws UsageError
 */
export function listPictures(
  paths: string[],
  tokens: { kind: string; name?: string; value?: string | undefined }[],
): Picture[] {
  const pictures: Picture[] = paths.map((path) => ({ path, view: "auto" }));
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const view = VIEW_LABELS.find((label) => label === token.name);
    if (view) pictures.push({ path: token.value!, view });
  }
  if (pictures.length > OPTION_LIMITS.pictures.max) {
    throw new UsageError(`${pictures.length} pictures were given; at most ${OPTION_LIMITS.pictures.max} can be used`);
  }
  return pictures;
}

/** Whether the check of what pictures show, which the environment asks for, can be made. @throws UsageError */
export function checkContent(): void {
  try {
    checkContentSettings(process.env);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export async function readPicture(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `there is no file ${path}` : `cannot read ${path}: ${error.message}`,
    );
  });
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw new UsageError(`${path} is a folder; give the picture files in it`);
    const buffer = new Uint8Array(Math.min(info.isFile() ? info.size : MAX_READ, MAX_READ));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** The engine counts pictures; whoever typed their names knows them by those. */
function nameFile(error: EngineError, path: string): Error {
  const message = error.message.replace(/^Image \d+: /, `${path}: `);
  return Object.assign(new EngineError(error.code, error.detail, error.picture), { message });
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
