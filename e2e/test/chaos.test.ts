import { expect, it } from "vitest";
import { type ChaosResult, runEmbedded } from "../chaos/embedded.ts";
import { runScaled } from "../chaos/scaled.ts";
import { FAULTS } from "../chaos/verify.ts";

// The short form of `npm run test:chaos`: the same programs for a quarter of a minute each, and until all is done.

const notes: string[] = [];
const options = { seed: 7, seconds: 12, note: (text: string) => void notes.push(text) };
const LONG = 300_000;

function expectAllKept(result: ChaosResult): void {
  const faults = FAULTS.map((name) => [name, result[name]]);
  expect({ faults: faults.filter(([, count]) => count !== 0), notes }).toEqual({ faults: [], notes: [] });
  expect(result.kills).toBeGreaterThan(0);
  expect(result.accepted).toBeGreaterThan(0);
  expect(result.delivered).toBeGreaterThanOrEqual(result.accepted);
}

it(
  "an embedded server that is killed again and again under load keeps every promise",
  async () => expectAllKept(await runEmbedded({ ...options, kills: 4, requests: 30 })),
  LONG,
);

it(
  "servers of both roles on PostgreSQL and S3, killed one after another while those fail, keep every promise",
  async () => {
    const size = { apis: 2, workers: 2, restarts: 1, outage: 0 };
    const result = await runScaled({ ...options, ...size, kills: 5, requests: 60 });
    expectAllKept(result);
    expect(result.restarts).toBe(1);
  },
  LONG,
);
