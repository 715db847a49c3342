/**
 * `npm test`: brings what is missing, then formatting and lint, types, and all tests. Ends with the line
 * `N passed, N failed`, in which lint, types, training's tests and the audit of dependencies count as one check each, and exits with 1 unless
 * nothing failed.
 * Arguments go to vitest: `npm test -- packages/engine`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { audit, UNANSWERED } from "./audit.ts";
import { type Count, countTests, type VitestReport } from "./count-tests.ts";
import { SetupError, SYSTEM_PYTHON, setUp } from "./debian-packages.ts";

function runTests(filters: string[]): Count {
  const folder = mkdtempSync(join(tmpdir(), "maquette-test-"));
  try {
    const out = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${out}`];
    const status = runNode("vitest/vitest.mjs", ["run", ...reporters, ...filters]);
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

/** Export needs packages that Debian does not have (training/README.md), so its test runs by hand. */
function runTrainingTests(): number | null {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const args = ["-m", "pytest", "-q", "training/tests", "--ignore=training/tests/test_export.py"];
  return spawnSync(SYSTEM_PYTHON, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status;
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

function main(filters: string[]): Count {
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
    ...(filters.length === 0 ? [...checkDependencies(), check("training's tests", runTrainingTests())] : []),
    runTests(filters),
  ];
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const { passed, failed } = main(process.argv.slice(2));
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
