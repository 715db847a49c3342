import { nearest, nearestOnTriangle } from "./nearest-on-triangle.ts";

const LEAF = 6;

/** Finds the triangle nearest to a point: a hierarchy of boxes, split at the median of the longest axis. */
export class TriangleTree {
  private readonly positions: Float64Array;
  private readonly triangles: Uint32Array;
  /** Triangle numbers, in the order of the leaves. */
  private readonly order: Uint32Array;
  /** 6 per node: low and high. Node i has the children 2i + 1 and 2i + 2. */
  private readonly boxes: Float64Array;
  private readonly first: Int32Array;
  private readonly last: Int32Array;
  private readonly stack = new Int32Array(128);
  private readonly stackDistance = new Float64Array(128);
  /** Closest point of the last query. */
  readonly point = new Float64Array(3);

  constructor(positions: Float64Array, triangles: Uint32Array) {
    this.positions = positions;
    this.triangles = triangles;
    const count = triangles.length / 3;
    this.order = Uint32Array.from({ length: count }, (_, i) => i);
    let levels = 1;
    while (count > LEAF * 2 ** (levels - 1)) levels++;
    const nodes = 2 ** levels - 1;
    this.boxes = new Float64Array(6 * nodes);
    this.first = new Int32Array(nodes).fill(-1);
    this.last = new Int32Array(nodes);
    const centres = new Float64Array(3 * count);
    for (let i = 0; i < centres.length; i++) {
      const t = 3 * Math.floor(i / 3);
      const k = i % 3;
      centres[i] =
        positions[3 * triangles[t]! + k]! +
        positions[3 * triangles[t + 1]! + k]! +
        positions[3 * triangles[t + 2]! + k]!;
    }
    if (count > 0) this.build(0, 0, count, centres, 2 ** (levels - 1) - 1);
  }

  private build(node: number, from: number, to: number, centres: Float64Array, firstLeaf: number): void {
    const box = this.boxes.subarray(6 * node, 6 * node + 6);
    box.fill(Number.POSITIVE_INFINITY, 0, 3);
    box.fill(Number.NEGATIVE_INFINITY, 3, 6);
    for (let i = from; i < to; i++) {
      for (let c = 0; c < 3; c++) {
        const v = 3 * this.triangles[3 * this.order[i]! + c]!;
        for (let k = 0; k < 3; k++) {
          box[k] = Math.min(box[k]!, this.positions[v + k]!);
          box[3 + k] = Math.max(box[3 + k]!, this.positions[v + k]!);
        }
      }
    }
    this.first[node] = from;
    this.last[node] = to;
    if (node >= firstLeaf) return;
    const extent = [0, 1, 2].map((k) => box[3 + k]! - box[k]!);
    const axis = extent.indexOf(Math.max(...extent));
    const part = this.order.subarray(from, to);
    part.sort((a, b) => centres[3 * a + axis]! - centres[3 * b + axis]! || a - b);
    const middle = (from + to) >> 1;
    this.build(2 * node + 1, from, middle, centres, firstLeaf);
    this.build(2 * node + 2, middle, to, centres, firstLeaf);
  }

  /**
   * Number of the nearest triangle, its closest point in `point`; -1 when there are no triangles.
   * @param guess a triangle that may be near, which rules out most of the others; -1 for none.
   */
  find(x: number, y: number, z: number, guess = -1): number {
    let best = Number.POSITIVE_INFINITY;
    let found = -1;
    let top = 0;
    const { stack, stackDistance, first, last, order, triangles, positions, point } = this;
    if (order.length === 0) return -1;
    if (guess >= 0) {
      const t = 3 * guess;
      best = nearestOnTriangle(positions, 3 * triangles[t]!, 3 * triangles[t + 1]!, 3 * triangles[t + 2]!, x, y, z);
      found = guess;
      keep(point);
    }
    stack[top] = 0;
    stackDistance[top++] = this.distanceToBox(0, x, y, z);
    while (top > 0) {
      const node = stack[--top]!;
      if (stackDistance[top]! >= best) continue;
      const left = 2 * node + 1;
      if (left >= first.length) {
        const end = last[node]!;
        for (let i = first[node]!; i < end; i++) {
          const t = 3 * order[i]!;
          const a = 3 * triangles[t]!;
          const b = 3 * triangles[t + 1]!;
          const c = 3 * triangles[t + 2]!;
          const squared = nearestOnTriangle(positions, a, b, c, x, y, z);
          if (squared < best) {
            best = squared;
            found = t / 3;
            keep(point);
          }
        }
        continue;
      }
      const dl = this.distanceToBox(left, x, y, z);
      const dr = this.distanceToBox(left + 1, x, y, z);
      // The nearer one is looked at first, so that it rules out more of the other.
      const leftFirst = dl <= dr;
      const further = leftFirst ? dr : dl;
      const nearer = leftFirst ? dl : dr;
      if (further < best) {
        stack[top] = leftFirst ? left + 1 : left;
        stackDistance[top++] = further;
      }
      if (nearer < best) {
        stack[top] = leftFirst ? left : left + 1;
        stackDistance[top++] = nearer;
      }
    }
    return found;
  }

  private distanceToBox(node: number, x: number, y: number, z: number): number {
    const b = this.boxes;
    const i = 6 * node;
    const dx = x < b[i]! ? b[i]! - x : x > b[i + 3]! ? x - b[i + 3]! : 0;
    const dy = y < b[i + 1]! ? b[i + 1]! - y : y > b[i + 4]! ? y - b[i + 4]! : 0;
    const dz = z < b[i + 2]! ? b[i + 2]! - z : z > b[i + 5]! ? z - b[i + 5]! : 0;
    return dx * dx + dy * dy + dz * dz;
  }
}

function keep(point: Float64Array): void {
  point[0] = nearest[0]!;
  point[1] = nearest[1]!;
  point[2] = nearest[2]!;
}
