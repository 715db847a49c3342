/**
 * The queue as it is: whoever comes first is served by the first free slot. Its waits follow from the slots' next free
 * times alone (Kiefer, Wolfowitz 1955), so an event costs one step in a heap and an hour at 10 million a day a second.
 */
import { random } from "../random.ts";

export interface Demand {
  /** Arrivals a second, Poisson. */
  perSecond: number;
  seconds: number;
  /** Of one asset in one slot, mean, and its standard deviation as a share of the mean (log-normal). */
  serviceSeconds: number;
  serviceSpread: number;
}

export interface Waits {
  assets: number;
  /** Share of the slots' time that was used. */
  use: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
}

/** Of the slots at the busiest hour, so that a longer peak, or a machine that fails, does not build up a queue. */
const MOST_USED = 0.9;
/** The first part of the time fills the slots and is not counted. */
const WARM_UP = 0.2;

export function simulate(demand: Demand, slots: number, seed: number): Waits {
  const next = random(seed);
  const free = new Float64Array(slots);
  const waits: number[] = [];
  const sigma = Math.sqrt(Math.log(1 + demand.serviceSpread ** 2));
  const mu = Math.log(demand.serviceSeconds) - sigma ** 2 / 2;
  let busy = 0;
  for (let at = 0; ; ) {
    at -= Math.log(1 - next()) / demand.perSecond;
    if (at > demand.seconds) break;
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const service = Math.exp(mu + sigma * normal);
    const start = Math.max(at, free[0]!);
    replaceRoot(free, start + service);
    if (at < WARM_UP * demand.seconds) continue;
    waits.push(start - at);
    busy += service;
  }
  waits.sort((a, b) => a - b);
  const quantile = (q: number) => waits[Math.min(waits.length - 1, Math.floor(q * waits.length))] ?? 0;
  return {
    assets: waits.length,
    use: busy / (slots * demand.seconds * (1 - WARM_UP)),
    mean: waits.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waits.length),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}

/** The fewest slots, within a hundredth, with which all but one in twenty wait no longer than that. */
export function findSlots(demand: Demand, waitSeconds: number, seed: number): { slots: number; waits: Waits } {
  const load = demand.perSecond * demand.serviceSeconds;
  let slots = Math.max(1, Math.ceil(load / MOST_USED));
  for (;;) {
    const waits = simulate(demand, slots, seed);
    if (waits.p95 <= waitSeconds) return { slots, waits };
    slots += Math.max(1, Math.floor(slots / 100));
  }
}

/** Puts another value in place of the smallest of a binary heap. */
function replaceRoot(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
