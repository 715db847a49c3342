/**
 * `npm run audit`: asks the registry for known faults of all packages in the lock file. Fails on serious ones that are not
 * allowed below; says so, and exits with 2, when the registry does not answer (mirrors often cannot).
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Allowed, type AuditReport, judgeAudit } from "./judge-audit.ts";

/** None at the moment: `{ advisory: "GHSA-…", reason: "…", until: "2027-01-31" }`. */
const ALLOWED: Allowed[] = [];

export const UNANSWERED = 2;

/** @returns the exit status: 0 clean, 1 faults, 2 not audited */
export function audit(): number {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { stdout } = spawnSync("npm", ["audit", "--json"], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
    shell: process.platform === "win32",
  });
  const report = parse(stdout);
  const { audited, faults } = judgeAudit(report, ALLOWED, new Date().toISOString().slice(0, 10));
  if (!audited) {
    console.error(`the dependencies were not audited: ${report.message ?? "the registry gave no answer"}`);
    return UNANSWERED;
  }
  for (const fault of faults) console.error(fault);
  const seen = Object.keys(report.vulnerabilities!).length;
  console.log(`${faults.length} faults; ${seen} packages with any finding`);
  return faults.length > 0 ? 1 : 0;
}

function parse(text: string | null): AuditReport {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return {};
  }
}

if (import.meta.main) process.exitCode = audit();
