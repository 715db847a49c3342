/**
 * Builds the web app when its sources are newer than what was built: nobody runs a build by hand, and an installation
 * that came without changes builds once. The result lies in `dist/<hash of the sources>/`.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(ROOT, "dist");
/** What the result depends on. */
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "build-once.ts", "package.json"];
/** Builds that are kept: a server that runs on an older one has read it already. */
const KEPT = 3;

/**
 * @returns the directory of the built app, which never changes any more
 * @throws Error with the bundler's message when the sources are broken
 */
export async function buildWebApp(): Promise<string> {
  const built = join(DIST, await fingerprint());
  if (existsSync(built)) return built;
  await mkdir(DIST, { recursive: true });
  const unfinished = join(DIST, `.unfinished-${process.pid}-${Date.now()}`);
  // In a process of its own, so that the bundler's memory is the server's for no longer than it takes.
  await promisify(execFile)(process.execPath, [join(ROOT, "build-once.ts"), unfinished], {
    cwd: ROOT,
    // A test runner sets another, with which React would be the slow one for developers.
    env: { ...process.env, NODE_ENV: "production" },
  });
  try {
    await rename(unfinished, built);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // A server beside this one was faster.
    if (!existsSync(built)) throw error;
  }
  await removeOld(built);
  return built;
}

async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    for (const file of (await listFiles(path)).sort()) {
      hash.update(`${relative(ROOT, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function listFiles(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
  return entries?.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)) ?? [path];
}

async function removeOld(current: string): Promise<void> {
  const names = (await readdir(DIST)).filter((name) => !name.startsWith("."));
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(DIST, name), at: (await stat(join(DIST, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(KEPT);
  for (const { path } of old) if (path !== current) await rm(path, { recursive: true, force: true });
}

/** As the set-up of the test runner. */
export async function setup(): Promise<void> {
  await buildWebApp();
}
