/**
 * The connectivity of a closed two-manifold triangle mesh under edge collapses. Corners of each vertex are linked lists,
 * so a collapse costs as much as the vertices have neighbours.
 */
export class CollapsibleMesh {
  /** 3 vertex numbers per triangle; those of dead triangles are stale. */
  readonly triangles: Uint32Array;
  readonly dead: Uint8Array;
  /** Living triangles. */
  alive: number;
  /** First corner (3 * triangle + k) of each vertex, and the next one of the same vertex; -1 ends. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  private readonly seen: Uint32Array;
  private stamp = 0;

  constructor(triangles: Uint32Array, vertices: number) {
    this.triangles = triangles.slice();
    this.alive = triangles.length / 3;
    this.dead = new Uint8Array(this.alive);
    this.head = new Int32Array(vertices).fill(-1);
    this.next = new Int32Array(triangles.length);
    for (let corner = 0; corner < triangles.length; corner++) {
      const v = triangles[corner];
      this.next[corner] = this.head[v];
      this.head[v] = corner;
    }

    this.seen = new Uint32Array(vertices);
  }

  adjacent(a: number, b: number): boolean {
    const { triangles, next } = this;
    for (let c = this.head[a]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      if (triangles[t] === b || triangles[t + 1] === b || triangles[t + 2] === b) return true;
    }
    return false;
  }

  /**
   * Whether collapsing the edge between a and b leaves the mesh a closed manifold (the link condition; Dey et al.,
   * "Topology preserving edge contraction", 1999): its ends share exactly the two vertices opposite to it, and neither
   * of those would lose its last faces.
   */
  canCollapse(a: number, b: number): boolean {
    const { triangles, next, head, seen } = this;
    const mark = ++this.stamp;
    for (let c = head[a]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      seen[triangles[t]] = mark;
      seen[triangles[t + 1]] = mark;
      seen[triangles[t + 2]] = mark;
    }
    const counted = ++this.stamp;
    let shared = 0;
    for (let c = head[b]; c >= 0; c = next[c]) {
      const t = c - (c % 3);
      for (let k = 0; k < 3; k++) {
        const v = triangles[t + k];
        if (v === a || v === b || seen[v] !== mark) continue;
        seen[v] = counted;
        if (++shared > 2 || this.valence(v) <= 3) return false;
      }
    }
    return shared === 2;
  }

  valence(v: number): number {
    let count = 0;
    for (let c = this.head[v]; c >= 0; c = this.next[c]) count++;
    return count;
  }

  /** Merges b into a. Only after `canCollapse`. */
  collapse(a: number, b: number): void {
    const { triangles, next, head, dead } = this;
    let left = -1;
    let right = -1;
    for (let c = head[b]; c >= 0; ) {
      const following = next[c];
      const t = c - (c % 3);
      const other = otherThan(triangles, t, a, b);
      if (other >= 0) {
        dead[t / 3] = 1;
        this.alive--;
        if (left < 0) left = other;
        else right = other;
      } else {
        triangles[c] = a;
        next[c] = head[a];
        head[a] = c;
      }
      c = following;
    }
    head[b] = -1;
    this.dropDead(a);
    this.dropDead(left);
    this.dropDead(right);
  }

  private dropDead(v: number): void {
    const { head, next, dead } = this;
    let previous = -1;
    for (let c = head[v]; c >= 0; c = next[c]) {
      if (dead[(c - (c % 3)) / 3]) {
        if (previous < 0) head[v] = next[c];
        else next[previous] = next[c];
      } else {
        previous = c;
      }
    }
  }

  /** The living triangles over consecutive vertex numbers, and the old number of each vertex. */
  compact(): { triangles: Uint32Array; vertices: Uint32Array } {
    const number = new Int32Array(this.head.length).fill(-1);
    const triangles = new Uint32Array(3 * this.alive);
    const vertices: number[] = [];
    let at = 0;
    for (let t = 0; t < this.dead.length; t++) {
      if (this.dead[t]) continue;
      for (let k = 0; k < 3; k++) {
        const v = this.triangles[3 * t + k];
        if (number[v] < 0) number[v] = vertices.push(v) - 1;
        triangles[at++] = number[v];
      }
    }
    return { triangles, vertices: Uint32Array.from(vertices) };
  }
}

/** The third vertex of a triangle that has both a and b, or -1. */
function otherThan(triangles: Uint32Array, t: number, a: number, b: number): number {
  let other = -1;
  let hasA = false;
  for (let k = 0; k < 3; k++) {
    const v = triangles[t + k];
    if (v === a) hasA = true;
    else if (v !== b) other = v;
  }
  return hasA ? other : -1;
}
