import type { Field } from "../types.ts";

/** Maximal stretches of samples along x that are all inside, or all outside, and the components they form (6-connected). */
export interface Runs {
  /** Index of the first sample of each run, and of the first one after it. */
  start: Uint32Array;
  end: Uint32Array;
  /** Component of each run. */
  component: Uint32Array;
  /** Samples of each component. */
  volumes: number[];
  /** Whether a component reaches the border of the grid. */
  border: boolean[];
}

/** Labels runs with union-find: a tenth of the memory of a label per sample, and an order faster than a flood fill. */
export function labelRuns({ n, data }: Field, inside: boolean): Runs {
  let capacity = 1 << 16;
  let start = new Uint32Array(capacity);
  let end = new Uint32Array(capacity);
  const rowStart = new Uint32Array(n * n + 1);
  let count = 0;
  for (let row = 0; row < n * n; row++) {
    rowStart[row] = count;
    const from = row * n;
    let x = 0;
    while (x < n) {
      while (x < n && data[from + x] > 0 !== inside) x++;
      if (x === n) break;
      const first = x;
      while (x < n && data[from + x] > 0 === inside) x++;
      if (count === capacity) {
        capacity *= 2;
        start = enlarge(start, capacity);
        end = enlarge(end, capacity);
      }
      start[count] = from + first;
      end[count++] = from + x;
    }
  }
  rowStart[n * n] = count;

  const parent = Uint32Array.from({ length: count }, (_, i) => i);
  const find = (i: number) => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  };
  // Runs of neighbouring rows that overlap belong together; both lists are sorted, so one walk finds all overlaps.
  const join = (row: number, other: number) => {
    const shift = (row - other) * n;
    let a = rowStart[row];
    let b = rowStart[other];
    while (a < rowStart[row + 1] && b < rowStart[other + 1]) {
      if (start[a] < end[b] + shift && start[b] + shift < end[a]) {
        const [p, q] = [find(a), find(b)];
        if (p !== q) parent[Math.max(p, q)] = Math.min(p, q);
      }
      if (end[a] < end[b] + shift) a++;
      else b++;
    }
  };
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      if (y > 0) join(z * n + y, z * n + y - 1);
      if (z > 0) join(z * n + y, (z - 1) * n + y);
    }
  }

  const component = new Uint32Array(count);
  const volumes: number[] = [];
  const border: boolean[] = [];
  for (let i = 0; i < count; i++) {
    const root = find(i);
    // Roots are the lowest numbers of their sets, so a root comes before its members.
    if (root === i) {
      component[i] = volumes.length;
      volumes.push(0);
      border.push(false);
    } else {
      component[i] = component[root];
    }
    const c = component[i];
    volumes[c] += end[i] - start[i];
    const row = Math.floor(start[i] / n);
    const y = row % n;
    const z = (row - y) / n;
    const left = start[i] % n === 0;
    const right = end[i] % n === 0;
    if (left || right || y === 0 || z === 0 || y === n - 1 || z === n - 1) border[c] = true;
  }
  return { start: start.subarray(0, count), end: end.subarray(0, count), component, volumes, border };
}

function enlarge(from: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(capacity);
  to.set(from);
  return to;
}
