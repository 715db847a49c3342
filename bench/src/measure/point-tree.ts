/** Points in leaves are compared one by one; 8 was the fastest of 4, 8, 16 and 32. */
const LEAF = 8;

/** k-d tree over points (3 numbers each) for nearest neighbours. Nodes are ranges of the points' order. */
export class PointTree {
  /** Found by the last `nearest`: number of the point, and squared distance to it. */
  index = -1;
  squared = Number.POSITIVE_INFINITY;
  private readonly points: Float32Array;
  private readonly order: Uint32Array;
  /** Split axis and position of each inner node, stored at the number of its middle point. */
  private readonly axis: Uint8Array;
  private readonly split: Float32Array;

  constructor(points: Float32Array) {
    const count = points.length / 3;
    this.order = Uint32Array.from({ length: count }, (_, i) => i);
    this.axis = new Uint8Array(count);
    this.split = new Float32Array(count);
    this.build(points, 0, count);
    // Points in the order of the tree lie next to each other in memory when they are compared.
    this.points = new Float32Array(points.length);
    for (let i = 0; i < count; i++) this.points.set(points.subarray(3 * this.order[i], 3 * this.order[i] + 3), 3 * i);
  }

  /** Squared distance to the nearest point, left in `squared` too, with its number in `index`. */
  nearest(x: number, y: number, z: number): number {
    this.index = -1;
    this.squared = Number.POSITIVE_INFINITY;
    this.search(x, y, z, 0, this.order.length);
    if (this.index >= 0) this.index = this.order[this.index];
    return this.squared;
  }

  private search(x: number, y: number, z: number, low: number, high: number): void {
    const p = this.points;
    if (high - low <= LEAF) {
      for (let i = low; i < high; i++) {
        const dx = p[3 * i] - x;
        const dy = p[3 * i + 1] - y;
        const dz = p[3 * i + 2] - z;
        const d = dx * dx + dy * dy + dz * dz;
        if (d < this.squared) {
          this.squared = d;
          this.index = i;
        }
      }
      return;
    }
    const middle = (low + high) >> 1;
    const axis = this.axis[middle];
    const offset = (axis === 0 ? x : axis === 1 ? y : z) - this.split[middle];
    if (offset < 0) {
      this.search(x, y, z, low, middle);
      if (offset * offset < this.squared) this.search(x, y, z, middle, high);
    } else {
      this.search(x, y, z, middle, high);
      if (offset * offset < this.squared) this.search(x, y, z, low, middle);
    }
  }

  private build(points: Float32Array, low: number, high: number): void {
    if (high - low <= LEAF) return;
    const axis = this.widest(points, low, high);
    const middle = (low + high) >> 1;
    this.select(points, axis, low, high - 1, middle);
    this.axis[middle] = axis;
    this.split[middle] = points[3 * this.order[middle] + axis];
    this.build(points, low, middle);
    this.build(points, middle, high);
  }

  private widest(points: Float32Array, low: number, high: number): number {
    let best = 0;
    let spread = -1;
    for (let axis = 0; axis < 3; axis++) {
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (let i = low; i < high; i++) {
        const value = points[3 * this.order[i] + axis];
        if (value < least) least = value;
        if (value > most) most = value;
      }
      if (most - least > spread) {
        spread = most - least;
        best = axis;
      }
    }
    return best;
  }

  /** Hoare's quickselect: puts the k-th smallest along the axis at k, smaller ones before it. */
  private select(points: Float32Array, axis: number, left: number, right: number, k: number): void {
    const { order } = this;
    while (left < right) {
      const pivot = points[3 * order[(left + right) >> 1] + axis];
      let i = left;
      let j = right;
      while (i <= j) {
        while (points[3 * order[i] + axis] < pivot) i++;
        while (points[3 * order[j] + axis] > pivot) j--;
        if (i > j) break;
        const swap = order[i];
        order[i++] = order[j];
        order[j--] = swap;
      }
      if (k <= j) right = j;
      else if (k >= i) left = i;
      else return;
    }
  }
}
