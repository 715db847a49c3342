/** The part of `npm audit --json` that counts (report version 2). */
export interface AuditReport {
  auditReportVersion?: number;
  vulnerabilities?: Record<string, { name: string; via: (string | Advisory)[] }>;
  /** Set when the registry gave no report. */
  message?: string;
}

interface Advisory {
  name: string;
  title: string;
  url: string;
  severity: string;
  range: string;
}

/** A finding that is let through, for a while and for a reason. */
export interface Allowed {
  /** GHSA-…, the last part of the advisory's address. */
  advisory: string;
  /** Why it cannot be used against us. */
  reason: string;
  /** YYYY-MM-DD, from which on it is looked at again. */
  until: string;
}

export interface Verdict {
  /** Whether the registry answered. */
  audited: boolean;
  /** Sentences, each of which is a failure. */
  faults: string[];
}

const SERIOUS = ["high", "critical"];

/** Fails on serious findings that are not allowed, and on allowances that are over or for nothing. */
export function judgeAudit(report: AuditReport, allowed: readonly Allowed[], today: string): Verdict {
  if (!report.vulnerabilities) return { audited: false, faults: [] };
  const found = new Map<string, Advisory>();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const advisory of via) if (typeof advisory !== "string") found.set(idOf(advisory), advisory);
  }
  const current = new Set(allowed.filter(({ until }) => today < until).map(({ advisory }) => advisory));
  const serious = [...found].filter(([, { severity }]) => SERIOUS.includes(severity));
  return {
    audited: true,
    faults: [
      ...serious
        .filter(([id]) => !current.has(id))
        .map(
          ([id, { name, title, severity, range, url }]) =>
            `${name} ${range}: ${title} (${severity}, ${url}). Update it, or allow ${id} in scripts/audit.ts with a reason`,
        ),
      ...allowed
        .filter(({ advisory }) => !found.has(advisory))
        .map(({ advisory }) => `${advisory} is allowed and no longer found: take it off the list`),
      ...allowed
        .filter(({ advisory, until }) => found.has(advisory) && today >= until)
        .map(({ advisory, until }) => `${advisory} was allowed until ${until}: look at it again`),
    ],
  };
}

function idOf({ url }: Advisory): string {
  return url.split("/").pop()!;
}
