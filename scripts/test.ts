/**
 * `npm test`: brings what is missing, then formatting and lint, types, and all tests. Ends with the line
 * `N passed, N failed`, in which lint, types, training's tests and the audit of dependencies count as one check each, and exits with 1 unless
 * nothing failed.
 * Arguments go to vitest: `npm test -- packages/engine`.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { audit, UNANSWERED } from "./audit.ts";
import { type Count, countTests, type VitestReport } from "./count-tests.ts";
import { SetupError, SYSTEM_PYTHON, setUp } from "./debian-packages.ts";

async function runTests(filters: string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), "maquette-test-"));
  try {
    const out = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${out}`];
    const status = await startNode("vitest/vitest.mjs", ["run", ...reporters, ...filters]);
    const report = readReport(out);
    if (!report) console.error(`vitest ended with status ${status} and no report`);
    return countTests(report, status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null when the run broke before it was written, or while. */
function readReport(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Runs a program of node_modules with this Node; the exit status, null when it was killed. */
function runNode(program: string, args: string[]): number | null {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const file = join(root, "node_modules", program);
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status;
}

/** As `runNode`, without waiting. */
function startNode(program: string, args: string[]): Promise<number | null> {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const file = join(root, "node_modules", program);
  const running = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    running.on("error", () => resolve(null));
    running.on("close", resolve);
  });
}

/**
 * Training's tests; the exit status. They run beside vitest's, which wait for servers and browsers a quarter of the time
 * (1,140 s of the clock, 1,500 of two processors), and are shown when they end. Export needs packages that Debian does not
 * have (training/README.md), so its tests run by hand.
 */
function startTrainingTests(): Promise<number | null> {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const args = ["-m", "pytest", "-q", "training/tests", "--ignore=training/tests/test_export.py"];
  const tests = spawn(SYSTEM_PYTHON, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const shown: Buffer[] = [];
  for (const stream of [tests.stdout, tests.stderr]) stream.on("data", (chunk: Buffer) => shown.push(chunk));
  return new Promise((resolve) => {
    tests.on("error", () => resolve(null));
    tests.on("close", (status) => {
      process.stderr.write(Buffer.concat(shown));
      resolve(status);
    });
  });
}

function check(name: string, status: number | null): Count {
  if (status !== 0) console.error(`${name} failed`);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Counts when the registry answers: tests run without a network, too. */
function checkDependencies(): Count[] {
  const status = audit();
  return status === UNANSWERED ? [] : [check("npm run audit", status)];
}

async function main(filters: string[]): Promise<Count> {
  try {
    setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    return { passed: 0, failed: 1 };
  }
  const counts = [
    check("biome", runNode("@biomejs/biome/bin/biome", ["check", "."])),
    check("tsc", runNode("typescript/bin/tsc", ["-p", "tsconfig.json"])),
    ...(filters.length === 0 ? checkDependencies() : []),
  ];
  const training = filters.length === 0 ? startTrainingTests() : null;
  counts.push(await runTests(filters));
  if (training) counts.push(check("training's tests", await training));
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const { passed, failed } = await main(process.argv.slice(2));
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
