/** A graph of pixels. Links join 4-neighbours, alike in both directions; capacities are whole numbers ≥ 0. */
export interface GridGraph {
  width: number;
  height: number;
  /** Capacity of the link from each pixel to its right-hand and lower neighbour. The last column's and row's are 0. */
  right: Int32Array;
  down: Int32Array;
  /** Capacity of each pixel's link to the source less that of its link to the sink. */
  terminal: Int32Array;
}

const TERMINAL = 4;
const ORPHAN = 5;
const FREE = -1;
const OPPOSITE = [1, 0, 3, 2];

/**
 * Minimum cut between source and sink.
 *
 * Y. Boykov, V. Kolmogorov: An Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy Minimization in Vision
 * (2004): two search trees grow from the terminals, paths are augmented where they meet, and orphaned branches are
 * adopted instead of searching anew.
 *
 * @returns 1 for the pixels that stay connected to the source. What is connected to neither counts as the sink's.
 */
export function minCut(graph: GridGraph): Uint8Array {
  const { width, height } = graph;
  const count = width * height;
  const step = [1, -1, width, -width];
  // Residual capacities towards right, left, down, up.
  const residual = [graph.right.slice(), new Int32Array(count), graph.down.slice(), new Int32Array(count)];
  for (let p = 0; p < count; p++) {
    if ((p + 1) % width === 0) residual[0][p] = 0;
    else residual[1][p + 1] = residual[0][p];
    if (p + width >= count) residual[2][p] = 0;
    else residual[3][p + width] = residual[2][p];
  }
  const terminal = graph.terminal.slice();
  /** 1 source's tree, 2 sink's tree, 0 none. */
  const tree = new Uint8Array(count);
  const parent = new Int8Array(count).fill(FREE);
  const stamp = new Int32Array(count);
  const distance = new Int32Array(count);
  let time = 0;
  const active: number[] = [];
  const queued = new Uint8Array(count);
  const orphans: number[] = [];
  const activate = (p: number) => {
    if (queued[p] !== 0) return;
    queued[p] = 1;
    active.push(p);
  };
  for (let p = 0; p < count; p++) {
    if (terminal[p] === 0) continue;
    tree[p] = terminal[p] > 0 ? 1 : 2;
    parent[p] = TERMINAL;
    distance[p] = 1;
    activate(p);
  }

  /** Residual capacity along the tree between p and its neighbour in direction d, in the direction of the flow. */
  const along = (p: number, d: number, side: number) =>
    side === 1 ? residual[OPPOSITE[d]][p + step[d]] : residual[d][p];

  const augment = (p: number, direction: number) => {
    const q = p + step[direction];
    let flow = residual[direction][p];
    for (let at = p; ; at += step[parent[at]]) {
      if (parent[at] === TERMINAL) {
        flow = Math.min(flow, terminal[at]);
        break;
      }
      flow = Math.min(flow, along(at, parent[at], 1));
    }
    for (let at = q; ; at += step[parent[at]]) {
      if (parent[at] === TERMINAL) {
        flow = Math.min(flow, -terminal[at]);
        break;
      }
      flow = Math.min(flow, along(at, parent[at], 2));
    }
    residual[direction][p] -= flow;
    residual[OPPOSITE[direction]][q] += flow;
    for (let at = p; ; ) {
      const d = parent[at];
      if (d === TERMINAL) {
        terminal[at] -= flow;
        if (terminal[at] === 0) orphan(at);
        break;
      }
      const next = at + step[d];
      residual[d][at] += flow;
      residual[OPPOSITE[d]][next] -= flow;
      if (residual[OPPOSITE[d]][next] === 0) orphan(at);
      at = next;
    }
    for (let at = q; ; ) {
      const d = parent[at];
      if (d === TERMINAL) {
        terminal[at] += flow;
        if (terminal[at] === 0) orphan(at);
        break;
      }
      const next = at + step[d];
      residual[d][at] -= flow;
      residual[OPPOSITE[d]][next] += flow;
      if (residual[d][at] === 0) orphan(at);
      at = next;
    }
  };
  const orphan = (p: number) => {
    parent[p] = ORPHAN;
    orphans.push(p);
  };

  /** Steps from p to its terminal, or 0 when its branch hangs on an orphan. Remembers them for this round. */
  const rooted = (p: number): number => {
    let steps = 0;
    let at = p;
    for (;;) {
      if (stamp[at] === time) {
        steps += distance[at];
        break;
      }
      const d = parent[at];
      steps++;
      if (d === TERMINAL) {
        stamp[at] = time;
        distance[at] = 1;
        break;
      }
      if (d === ORPHAN || d === FREE) return 0;
      at += step[d];
    }
    let left = steps;
    for (at = p; stamp[at] !== time; at += step[parent[at]]) {
      stamp[at] = time;
      distance[at] = left--;
    }
    return steps;
  };

  const adopt = (p: number) => {
    const side = tree[p];
    let best = Number.MAX_SAFE_INTEGER;
    let bestDirection = -1;
    for (let d = 0; d < 4; d++) {
      if (!inside(p, d, width, count)) continue;
      const q = p + step[d];
      if (tree[q] !== side || parent[q] === FREE || along(p, d, side) === 0) continue;
      const steps = rooted(q);
      if (steps > 0 && steps < best) {
        best = steps;
        bestDirection = d;
      }
    }
    if (bestDirection >= 0) {
      parent[p] = bestDirection;
      stamp[p] = time;
      distance[p] = best + 1;
      return;
    }
    tree[p] = 0;
    parent[p] = FREE;
    for (let d = 0; d < 4; d++) {
      if (!inside(p, d, width, count)) continue;
      const q = p + step[d];
      if (tree[q] !== side || parent[q] === FREE) continue;
      if (along(p, d, side) > 0) activate(q);
      if (parent[q] === OPPOSITE[d]) orphan(q);
    }
  };

  for (let head = 0; head < active.length; ) {
    const p = active[head];
    const side = tree[p];
    let direction = -1;
    if (side !== 0 && parent[p] !== FREE) {
      for (let d = 0; d < 4; d++) {
        if (!inside(p, d, width, count)) continue;
        const q = p + step[d];
        const capacity = side === 1 ? residual[d][p] : residual[OPPOSITE[d]][q];
        if (capacity === 0) continue;
        if (tree[q] === 0) {
          tree[q] = side;
          parent[q] = OPPOSITE[d];
          stamp[q] = stamp[p];
          distance[q] = distance[p] + 1;
          activate(q);
        } else if (tree[q] !== side) {
          direction = d;
          break;
        }
      }
    }
    if (direction < 0) {
      queued[p] = 0;
      head++;
      // The queue is a list with a moving head; cut off what lies behind it now and then.
      if (head > 1 << 16) {
        active.splice(0, head);
        head = 0;
      }
      continue;
    }
    time++;
    if (side === 1) augment(p, direction);
    else augment(p + step[direction], OPPOSITE[direction]);
    while (orphans.length > 0) adopt(orphans.pop()!);
  }
  const result = new Uint8Array(count);
  for (let p = 0; p < count; p++) if (tree[p] === 1) result[p] = 1;
  return result;
}

function inside(p: number, direction: number, width: number, count: number): boolean {
  if (direction === 0) return (p + 1) % width !== 0;
  if (direction === 1) return p % width !== 0;
  return direction === 2 ? p + width < count : p >= width;
}
