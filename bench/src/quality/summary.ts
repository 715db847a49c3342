import { METRICS } from "../measure/measure.ts";
import type { Row } from "./evaluate.ts";

/** What is averaged: the measurements, and what they cost. */
export const COLUMNS = [...METRICS, "seconds", "peakMb"] as const;
export type Column = (typeof COLUMNS)[number];

const SMALLER_IS_BETTER: ReadonlySet<Column> = new Set(["cd", "seconds", "peakMb"]);

export type Means = Record<Column, number | null>;

export interface Summary {
  objects: number;
  /** Results that were refused or went wrong. */
  failed: number;
  mean: Means;
  median: Means;
  /** Mean over the worst tenth, each measurement ranked by itself. */
  worstTenth: Means;
}

export function summarize(rows: readonly Row[]): Summary {
  const pick = (value: (sorted: number[]) => number): Means => {
    const entries = COLUMNS.map((column) => {
      const values = rows.map((row) => row[column]).filter((v) => v !== null);
      values.sort((a, b) => (SMALLER_IS_BETTER.has(column) ? b - a : a - b));
      return [column, values.length > 0 ? value(values) : null];
    });
    return Object.fromEntries(entries) as Means;
  };
  return {
    objects: rows.length,
    failed: rows.filter((row) => row.error !== null).length,
    mean: pick(mean),
    median: pick((sorted) => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2),
    worstTenth: pick((sorted) => mean(sorted.slice(0, Math.ceil(sorted.length / 10)))),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Rows by a key, keys in the order in which they appear. */
export function groupBy<K>(rows: readonly Row[], key: (row: Row) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
