/** Bits of a cost, as a float32, that do not count: those kept tell costs apart that differ by 1.6 %. */
const SHIFT = 17;

/**
 * Edges by their cost, the cheapest first, to within 1.6 %: lists by exponent and top bits of the mantissa instead of a heap, so
 * that neither adding nor taking costs more the more there are. Of costs that count as equal, the latest comes first.
 */
export class EdgeQueue {
  private readonly lists = new Int32Array(1 << (31 - SHIFT)).fill(-1);
  /** No list before this one has any. */
  private lowest = this.lists.length;
  /** 4 numbers an entry: both ends, the stamp, and the next entry of the list. */
  private entries: Int32Array;
  private used = 0;
  private readonly cost = new Float32Array(1);
  private readonly bits = new Uint32Array(this.cost.buffer);

  /** @param capacity entries for which there is room at first. */
  constructor(capacity: number) {
    this.entries = new Int32Array(4 * capacity);
  }

  /** @param stamp what the edge was when the cost was found; comes back with it. */
  add(a: number, b: number, stamp: number, cost: number): void {
    if (this.used === this.entries.length) {
      const more = new Int32Array(2 * this.used);
      more.set(this.entries);
      this.entries = more;
    }
    this.cost[0] = cost;
    const list = this.bits[0] >>> SHIFT;
    const at = this.used;
    this.entries[at] = a;
    this.entries[at + 1] = b;
    this.entries[at + 2] = stamp;
    this.entries[at + 3] = this.lists[list];
    this.lists[list] = at;
    this.used += 4;
    if (list < this.lowest) this.lowest = list;
  }

  /** Takes the cheapest edge into `edge`: both ends and the stamp. False when there is none. */
  take(edge: Int32Array): boolean {
    const { lists, entries } = this;
    while (this.lowest < lists.length && lists[this.lowest] < 0) this.lowest++;
    if (this.lowest === lists.length) return false;
    const at = lists[this.lowest];
    lists[this.lowest] = entries[at + 3];
    edge[0] = entries[at];
    edge[1] = entries[at + 1];
    edge[2] = entries[at + 2];
    return true;
  }
}
