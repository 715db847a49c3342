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

/** Number of separate stretches of the picture's border that are covered: one where an object is cut off, many in a scene. */
export function countContacts({ width, height, data }: Matte): number {
  const at = (x: number, y: number) => data[y * width + x] >= 128;
  const ring: boolean[] = [];
  for (let x = 1; x < width - 2; x++) ring.push(at(x, 1));
  for (let y = 1; y < height - 2; y++) ring.push(at(width - 2, y));
  for (let x = width - 2; x > 1; x--) ring.push(at(x, height - 2));
  for (let y = height - 2; y > 1; y--) ring.push(at(1, y));
  return ring.reduce((count, covered, i) => count + (covered && !ring[i === 0 ? ring.length - 1 : i - 1] ? 1 : 0), 0);
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
