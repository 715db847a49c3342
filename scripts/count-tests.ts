export interface Count {
  passed: number;
  failed: number;
}

/** The part of vitest's JSON report that counts. */
export interface VitestReport {
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { status: string }[];
  }[];
}

/**
 * Counts the tests of a run. What did not run did not pass: a skipped test counts as failed, so does a file that broke
 * before its first test, and a run that ended badly (or ran nothing) has at least one failure.
 */
export function countTests(report: VitestReport | null, exitStatus: number | null): Count {
  const count = { passed: 0, failed: 0 };
  for (const file of report?.testResults ?? []) {
    const passed = file.assertionResults.filter((test) => test.status === "passed").length;
    const failed = file.assertionResults.length - passed;
    count.passed += passed;
    count.failed += failed === 0 && file.status !== "passed" ? 1 : failed;
  }
  const nothing = count.passed + count.failed === 0;
  if (count.failed === 0 && (exitStatus !== 0 || nothing)) count.failed = 1;
  return count;
}
