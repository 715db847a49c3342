/**
 * `npm run pack`: the packages that can be installed without this repository, in `out/packages`:
 * - `maquette-VERSION.tgz`, the `maquette` command with engine, server, web app and weights;
 * - `maquette-client-VERSION.tgz`, the client for programs;
 * - `maquette-blender-VERSION.zip`, the Blender add-on.
 *
 *     npm run pack -- --out DIR --platform linux-x64        one platform's ONNX Runtime only
 *
 * Node refuses to strip types under node_modules, so `tsc` writes JavaScript file by file; nothing is bundled into one
 * file, so that the folders, child processes and weights lie as they do here (docs/decisions/0076).
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { zipSync } from "fflate";
import { buildWebApp } from "../packages/web/build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Where Node arrives as a package, and Apple's processors. ONNX Runtime has 65 MB of binaries for each. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "win32-x64", "darwin-arm64"];

interface Manifest {
  name: string;
  version: string;
  main?: string;
  exports?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface PackOptions {
  /** Where the files go. */
  out: string;
  /** Platforms whose ONNX Runtime is packed. */
  platforms?: string[];
}

/** @returns the paths of what was written */
export async function pack({ out, platforms = PLATFORMS }: PackOptions): Promise<string[]> {
  mkdirSync(out, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), "maquette-pack-"));
  try {
    await stageMaquette(stage, platforms);
    const files = [npmPack(stage, out)];
    execFileSync(process.execPath, ["scripts/build.ts"], { cwd: join(ROOT, "packages/client"), stdio: "inherit" });
    files.push(npmPack(join(ROOT, "packages/client/dist"), out), packBlenderAddon(out));
    return files;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** The package as it will be installed: the command on top, the other workspaces' packages bundled under node_modules. */
async function stageMaquette(stage: string, platforms: string[]): Promise<void> {
  const built = join(stage, "built");
  runNode("typescript/bin/tsc", ["-p", "tsconfig.pack.json", "--outDir", built]);
  const cli = readManifest("packages/cli");
  for (const part of ["bin", "src"]) cpSync(join(built, "cli", part), join(stage, part), { recursive: true });

  const bundled = join(stage, "node_modules");
  for (const part of ["client", "engine", "server", "web"]) {
    const folder = join(bundled, "@maquette", part);
    cpSync(join(built, part), folder, { recursive: true });
    const { name, version, exports } = readManifest(`packages/${part}`);
    const pointed = part === "web" ? { ".": "./prebuilt.js" } : pointToJavaScript(exports!);
    // Its dependencies are those of the package around it, so that npm has nothing to bring into the bundle.
    writeJson(join(folder, "package.json"), { name, version, license: "Apache-2.0", type: "module", exports: pointed });
  }
  cpSync(join(ROOT, "packages/engine/models"), join(bundled, "@maquette/engine/models"), { recursive: true });
  cpSync(await buildWebApp(), join(bundled, "@maquette/web/dist"), { recursive: true });
  rmSync(built, { recursive: true });
  const runtime = stageRuntime(bundled, platforms);

  for (const file of ["README.md", "LICENSE", "NOTICE", "CHANGELOG.md"]) cpSync(join(ROOT, file), join(stage, file));
  const root = readManifest(".");
  const own = [cli, readManifest("packages/engine"), readManifest("packages/server")];
  const dependencies = Object.assign({}, ...own.map((manifest) => manifest.dependencies), runtime.dependencies);
  writeJson(join(stage, "package.json"), {
    ...pick(root, "name", "version", "description", "license", "type", "engines"),
    bin: { maquette: "bin/maquette.mjs" },
    files: ["bin", "src", "NOTICE", "CHANGELOG.md"],
    dependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
    optionalDependencies: root.optionalDependencies,
    bundleDependencies: ["client", "engine", "server", "web"]
      .map((part) => `@maquette/${part}`)
      .concat("onnxruntime-node"),
  });
}

/**
 * ONNX Runtime without its install script, which downloads CUDA's libraries from elsewhere and fails the installation
 * where that is not reached; and without the platforms that nothing else here has binaries for.
 */
function stageRuntime(bundled: string, platforms: string[]): { dependencies: Record<string, string> } {
  const from = join(ROOT, "node_modules/onnxruntime-node");
  const to = join(bundled, "onnxruntime-node");
  for (const part of ["dist", "README.md"]) cpSync(join(from, part), join(to, part), { recursive: true });
  for (const platform of platforms) {
    const part = join("bin/napi-v6", ...platform.split("-"));
    cpSync(join(from, part), join(to, part), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  writeJson(join(to, "package.json"), pick(manifest, "name", "version", "license", "repository", "main", "types"));
  return { dependencies: { "onnxruntime-common": manifest.dependencies["onnxruntime-common"] } };
}

/** `./src/*.ts` → `./src/*.js`. */
function pointToJavaScript(exports: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(exports).map(([name, file]) => [name, file.replace(/\.ts$/, ".js")]));
}

function npmPack(folder: string, out: string): string {
  const args = ["pack", folder, "--pack-destination", out, "--json", "--ignore-scripts"];
  const [{ filename }] = JSON.parse(execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" }));
  return join(out, basename(filename));
}

function packBlenderAddon(out: string): string {
  const folder = join(ROOT, "addons/blender");
  const names = readdirSync(join(folder, "maquette"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".py"),
  );
  // One fixed time, so that the same sources give the same archive.
  const mtime = new Date("2026-01-01T00:00:00");
  const entries = names.sort().map((name) => [`maquette/${name}`, readFileSync(join(folder, "maquette", name))]);
  const file = join(out, `maquette-blender-${readManifest(".").version}.zip`);
  writeFileSync(file, zipSync(Object.fromEntries(entries), { mtime }));
  return file;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}

function pick(manifest: object, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => names.includes(name)));
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function runNode(program: string, args: string[]): void {
  execFileSync(process.execPath, [join(ROOT, "node_modules", program), ...args], { cwd: ROOT, stdio: "inherit" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({
    options: {
      out: { type: "string", default: join(ROOT, "out/packages") },
      platform: { type: "string", multiple: true, default: PLATFORMS },
    },
  });
  for (const file of await pack({ out: resolve(values.out), platforms: values.platform })) {
    console.log(relative(process.cwd(), file));
  }
}
