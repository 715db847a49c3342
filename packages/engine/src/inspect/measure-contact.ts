import type { Matte } from "../types.ts";

export const SIDES = ["top", "right", "bottom", "left"] as const;

/**
 * For each side of the picture the longest run of covered border pixels, as a share of the object's extent along that
 * side: 1 when the object is cut through its whole width, near 0 when it only touches. The outermost pixels are left
 * out, since resizing blends them.
 */
export function measureContact(matte: Matte): number[] {
  const { width, height, data } = matte;
  const row = (y: number) => Array.from({ length: width }, (_, x) => data[y * width + x] >= 128);
  const column = (x: number) => Array.from({ length: height }, (_, y) => data[y * width + x] >= 128);
  const across = extent(width, (x) => anyInColumn(matte, x));
  const down = extent(height, (y) => anyInRow(matte, y));
  return [
    longestRun(row(1)) / across,
    longestRun(column(width - 2)) / down,
    longestRun(row(height - 2)) / across,
    longestRun(column(1)) / down,
  ];
}

function longestRun(covered: boolean[]): number {
  let best = 0;
  let run = 0;
  for (const c of covered) {
    run = c ? run + 1 : 0;
    if (run > best) best = run;
  }
  return best;
}

function extent(length: number, covered: (i: number) => boolean): number {
  let first = 0;
  while (first < length && !covered(first)) first++;
  let last = length - 1;
  while (last > first && !covered(last)) last--;
  return Math.max(1, last - first + 1);
}

function anyInColumn({ width, height, data }: Matte, x: number): boolean {
  for (let y = 0; y < height; y++) if (data[y * width + x] >= 128) return true;
  return false;
}

function anyInRow({ width, data }: Matte, y: number): boolean {
  for (let x = 0; x < width; x++) if (data[y * width + x] >= 128) return true;
  return false;
}
