/** What is installed with us: under which licences, and what is known against it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type AuditReport, judgeAudit } from "../../scripts/judge-audit.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Locked {
  license?: string;
  link?: boolean;
}

/** Their manifests say it in the former way, which the lock file does not take over, or their readme alone does. */
const UNDECLARED: Record<string, string> = {
  busboy: "MIT",
  dicer: "MIT",
  streamsearch: "MIT",
  only: "MIT",
  "humanize-number": "MIT",
};
const PERMISSIVE = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "BlueOak-1.0.0", "Zlib"];
/** What is under other terms, by name; NOTICE says why that is all right. */
const OTHERWISE: Record<string, RegExp> = {
  "LGPL-3.0-or-later": /^@img\/sharp-/,
  "MPL-2.0": /^(lightningcss(-.+)?|axe-core)$/,
  "Python-2.0": /^argparse$/,
};

const packages = Object.entries(JSON.parse(read("package-lock.json")).packages as Record<string, Locked>)
  .filter(([path, { link }]) => path.includes("node_modules/") && !link)
  .map(([path, { license }]) => {
    const name = path.split("node_modules/").pop()!;
    return { name, license: license ?? UNDECLARED[name] ?? "unknown" };
  });

/** The licences that must be kept: of alternatives a permissive one, of several together each. */
function termsOf(expression: string): string[] {
  const choices = expression.replace(/^\((.*)\)$/, "$1").split(" OR ");
  const best = choices.find((choice) => choice.split(" AND ").every((term) => PERMISSIVE.includes(term)));
  return (best ?? choices[0]!).split(" AND ");
}

describe("the licences of what is installed", () => {
  it("are permissive, or of a few packages that are known by name", () => {
    expect(packages.length).toBeGreaterThan(300);
    const bad = packages.filter(({ name, license }) =>
      termsOf(license).some((term) => !PERMISSIVE.includes(term) && !OTHERWISE[term]?.test(name)),
    );
    expect(bad).toEqual([]);
    // Every exception is still one.
    const used = (pattern: RegExp, term: string) =>
      packages.some(({ name, license }) => pattern.test(name) && termsOf(license).includes(term));
    expect(Object.entries(OTHERWISE).filter(([term, pattern]) => !used(pattern, term))).toEqual([]);
    const names = packages.map(({ name }) => name);
    expect(Object.keys(UNDECLARED).filter((name) => !names.includes(name))).toEqual([]);
  });

  it("are those that NOTICE names", () => {
    const notice = read("NOTICE").replace(/\s+/g, " ");
    const family = (license: string) => license.replace(/^BSD-\d-Clause$/, "BSD");
    const there = packages.flatMap(({ license }) => termsOf(license)).filter((term) => PERMISSIVE.includes(term));
    const named = /All are permissive \(([^)]*)\)/.exec(notice)![1]!.split(", ");
    expect(named.toSorted()).toEqual([...new Set(there.map(family))].toSorted());
    for (const term of Object.keys(OTHERWISE)) expect(notice).toContain(term);
    for (const name of ["@img/sharp-", "lightningcss", "axe-core", "argparse"]) expect(notice).toContain(name);
  });
});

describe("npm run audit", () => {
  const advisory = (id: string, severity: string) => ({
    name: "left",
    title: "It pads",
    url: `https://github.com/advisories/${id}`,
    severity,
    range: "<2",
  });
  const report = (...via: ReturnType<typeof advisory>[]): AuditReport => ({
    auditReportVersion: 2,
    // One that is affected by what it depends on names that instead of an advisory.
    vulnerabilities: { left: { name: "left", via }, right: { name: "right", via: ["left"] } },
  });
  const today = "2026-11-24";

  it("fails on high and critical findings and tells what to do", () => {
    const { audited, faults } = judgeAudit(
      report(advisory("GHSA-a", "critical"), advisory("GHSA-b", "low")),
      [],
      today,
    );
    expect(audited).toBe(true);
    expect(faults).toEqual([
      "left <2: It pads (critical, https://github.com/advisories/GHSA-a). Update it, or allow GHSA-a in scripts/audit.ts with a reason",
    ]);
    expect(judgeAudit(report(advisory("GHSA-b", "moderate")), [], today).faults).toEqual([]);
  });

  it("lets a finding through for a reason and a while, and notices when that is over or for nothing", () => {
    const allow = (until: string) => [{ advisory: "GHSA-a", reason: "never called", until }];
    const found = report(advisory("GHSA-a", "high"));
    expect(judgeAudit(found, allow("2026-12-31"), today).faults).toEqual([]);
    expect(judgeAudit(found, allow(today), today).faults).toHaveLength(2);
    expect(judgeAudit(report(), allow("2026-12-31"), today).faults).toEqual([
      "GHSA-a is allowed and no longer found: take it off the list",
    ]);
  });

  it("takes no answer for none, and not for a clean one", () => {
    expect(judgeAudit({ message: "405 Method Not Allowed" }, [], today)).toEqual({ audited: false, faults: [] });
  });
});
