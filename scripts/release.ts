/**
 * Versioned releases.
 *
 *     npm run release -- --prepare 0.2.0     sets the version everywhere and gives the changelog's entries that heading
 *     npm run release                        makes what is published of the version that is committed: packages, bill of
 *                                            materials (CycloneDX), notes and checksums, in out/release/VERSION
 *
 * It publishes nothing. `--allow-changes` makes a trial release of a tree with uncommitted changes.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { PLATFORMS, pack } from "./pack.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CHANGELOG = join(ROOT, "CHANGELOG.md");
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export class ReleaseError extends Error {}

/**
 * The entries of a version.
 * @throws ReleaseError when there are none, it has no date, or something is still unreleased
 */
export function readNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const find = (name: string) => sections.find((section) => section.split(/[\s,]/, 1)[0] === name);
  const pending = find("Unreleased")?.split("\n").slice(1).join("\n").trim();
  if (pending) {
    throw new ReleaseError(
      `CHANGELOG.md has entries under "Unreleased": npm run release -- --prepare VERSION gives them a version`,
    );
  }
  const section = find(version);
  if (!section) throw new ReleaseError(`CHANGELOG.md has no heading "## ${version}, YYYY-MM-DD"`);
  const [heading, ...lines] = section.split("\n");
  if (!/, \d{4}-\d\d-\d\d$/.test(heading!)) throw new ReleaseError(`CHANGELOG.md: "## ${heading}" has no date`);
  const notes = lines.join("\n").trim();
  if (notes === "") throw new ReleaseError(`CHANGELOG.md says nothing about ${version}`);
  return notes;
}

/** Gives what is unreleased a version and a date. */
export function dateEntries(changelog: string, version: string, date: string): string {
  if (!/^## Unreleased$/m.test(changelog)) throw new ReleaseError(`CHANGELOG.md has no heading "## Unreleased"`);
  return changelog.replace(/^## Unreleased$/m, `## ${version}, ${date}`);
}

/** @throws ReleaseError that names the first manifest of another version */
function checkVersions(version: string): void {
  for (const path of manifestPaths()) {
    const manifest = JSON.parse(readFileSync(join(ROOT, path), "utf8"));
    if (manifest.version !== version) throw new ReleaseError(`${path} has version ${manifest.version}, not ${version}`);
    for (const [name, wanted] of Object.entries(manifest.dependencies ?? {})) {
      if (name.startsWith("@maquette/") && wanted !== version) {
        throw new ReleaseError(`${path} asks for ${name} ${wanted}, not ${version}`);
      }
    }
  }
}

function manifestPaths(): string[] {
  const packages = readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/package.json`);
  return ["package.json", ...packages, "bench/package.json", "e2e/package.json"];
}

function prepare(version: string): void {
  if (!VERSION.test(version)) throw new ReleaseError(`"${version}" is no version: 1.2.3, or 1.2.3-beta.1`);
  writeFileSync(
    CHANGELOG,
    dateEntries(readFileSync(CHANGELOG, "utf8"), version, new Date().toISOString().slice(0, 10)),
  );
  for (const path of manifestPaths()) {
    const text = readFileSync(join(ROOT, path), "utf8");
    const own = /("version": |"@maquette\/[a-z]+": )"[^"]+"/g;
    writeFileSync(join(ROOT, path), text.replace(own, `$1"${version}"`));
  }
  execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts"], { cwd: ROOT, stdio: "inherit" });
  console.log(`Version ${version} is set. Look at the changes, commit them, tag v${version}, then: npm run release`);
}

async function release(allowChanges: boolean): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const changes = execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" }).trim();
  if (changes && !allowChanges) throw new ReleaseError(`there are changes that are not committed:\n${changes}`);
  const notes = readNotes(readFileSync(CHANGELOG, "utf8"), version);
  checkVersions(version);

  const out = join(ROOT, "out/release", version);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await pack({ out, platforms: PLATFORMS });
  writeFileSync(join(out, "RELEASE_NOTES.md"), `${notes}\n`);
  writeFileSync(join(out, "maquette.cdx.json"), writeBillOfMaterials());
  const sums = readdirSync(out)
    .sort()
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex")}  ${name}\n`,
    );
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  console.log(`\nMaquette ${version} is in ${relative(process.cwd(), out)}/:\n${sums.join("")}`);
}

/** What the lock file has for those who run it: what an installation gets, and what the web app was built from. */
export function writeBillOfMaterials(): string {
  const args = ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"];
  const bill = JSON.parse(execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 << 20 }));
  // npm takes the folder's name.
  bill.metadata.component.name = "maquette";
  // With --omit=dev npm leaves out what any workspace has for its tests, though another one needs it to run (three).
  const used = listUsed();
  const isUsed = (ref: string) => used.has(ref) || ref === bill.metadata.component["bom-ref"];
  bill.components = bill.components.filter((component: { "bom-ref": string }) => isUsed(component["bom-ref"]));
  bill.dependencies = bill.dependencies
    .filter(({ ref }: { ref: string }) => isUsed(ref))
    .map(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => ({ ref, dependsOn: dependsOn.filter(isUsed) }));
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** `name@version` of everything in the lock file that is not for development alone. */
function listUsed(): Set<string> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  return new Set(
    Object.entries<{ name?: string; version?: string; dev?: boolean; link?: boolean }>(packages)
      .filter(([, { dev, link }]) => !dev && !link)
      .map(([path, { name, version }]) => `${name ?? path.split("node_modules/").pop()}@${version}`),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { prepare: { type: "string" }, "allow-changes": { type: "boolean" } } });
  try {
    if (values.prepare === undefined) await release(values["allow-changes"] ?? false);
    else prepare(values.prepare);
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
