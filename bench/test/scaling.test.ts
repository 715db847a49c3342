import { expect, it } from "vitest";
import { findSlots, simulate } from "../src/scaling/simulate.ts";

it.each([
  [0.5, 1],
  [0.8, 1],
  [0.8, 0.5],
])("waits at one slot, used to %d, are those of Pollaczek and Khinchine (spread %d)", (use, spread) => {
  const demand = { perSecond: use, seconds: 1_000_000, serviceSeconds: 1, serviceSpread: spread };
  const expected = (use * (1 + spread ** 2)) / (2 * (1 - use));
  const waits = simulate(demand, 1, 7);
  expect(waits.mean / expected).toBeGreaterThan(0.9);
  expect(waits.mean / expected).toBeLessThan(1.1);
  expect(waits.use).toBeCloseTo(use, 1);
});

it("one queue for many slots waits less than many queues for one", () => {
  const of = (slots: number) =>
    simulate({ perSecond: 0.8 * slots, seconds: 20_000, serviceSeconds: 1, serviceSpread: 1 }, slots, 3).mean;
  expect(of(16)).toBeLessThan(of(1) / 8);
});

it("finds slots with which few wait long, and says the same again for a seed", () => {
  const demand = { perSecond: 2, seconds: 3600, serviceSeconds: 10, serviceSpread: 1 };
  const found = findSlots(demand, 5, 1);
  expect(found.waits.p95).toBeLessThanOrEqual(5);
  expect(found.waits.use).toBeLessThan(0.95);
  expect(findSlots(demand, 5, 1)).toEqual(found);
});
