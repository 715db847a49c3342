/**
 * Which faces of a mesh cut through each other, while its vertices move. Squares count as cut along both of their diagonals.
 * Two triangles cross when an edge of one passes through the inside of the other; with a corner in common, only the edges
 * opposite to it are looked at, and those with two never count. Candidates come from a grid about as coarse as the faces.
 */
export class FaceCrossings {
  readonly positions: Float32Array;
  private readonly corners: Uint32Array;
  /** First corner of each face, and the end. */
  private readonly start: Uint32Array;
  private readonly cell: number;
  /** Faces by cell: where they are, and where they were. */
  private readonly cells = new Map<number, number[]>();
  /** Faces at each vertex. */
  private readonly at: number[][];
  /** Lowest and highest coordinates of each face, 6 numbers. */
  private readonly boxes: Float64Array;
  private readonly sides = new Float64Array(4);

  /** @param sizes corners of each face, three or four. */
  constructor(positions: Float32Array, sizes: Uint8Array, corners: Uint32Array) {
    this.positions = positions;
    this.corners = corners;
    this.start = new Uint32Array(sizes.length + 1);
    sizes.forEach((size, f) => {
      this.start[f + 1] = this.start[f]! + size;
    });
    this.at = Array.from({ length: positions.length / 3 }, () => []);
    this.boxes = new Float64Array(6 * sizes.length);
    let extent = 0;
    for (let f = 0; f < sizes.length; f++) {
      for (const v of this.vertices(f)) this.at[v]!.push(f);
      this.measure(f);
      for (let k = 6 * f; k < 6 * f + 3; k++) extent += this.boxes[k + 3]! - this.boxes[k]!;
    }
    this.cell = Math.max((2 * extent) / (3 * sizes.length), 1e-9);
    for (let f = 0; f < sizes.length; f++) this.insert(f);
  }

  vertices(f: number): Uint32Array {
    return this.corners.subarray(this.start[f]!, this.start[f + 1]!);
  }

  facesAt(v: number): readonly number[] {
    return this.at[v]!;
  }

  move(v: number, spot: readonly number[]): void {
    this.positions.set(spot, 3 * v);
    for (const f of this.at[v]!) {
      this.measure(f);
      this.insert(f);
    }
  }

  /** Every pair that crosses, once. */
  all(): [number, number][] {
    const found: [number, number][] = [];
    for (const [key, list] of this.cells) {
      for (let i = 1; i < list.length; i++) {
        for (let j = 0; j < i; j++) {
          const [f, g] = [list[i]!, list[j]!];
          // Two faces meet in several cells, of which the lowest counts.
          if (this.boxesMeet(f, g) && this.lowestCommon(f, g) === key && this.cross(f, g)) found.push([f, g]);
        }
      }
    }
    return found;
  }

  /** How many pairs cross of which one is at any of the vertices. */
  countAround(vertices: readonly number[]): number {
    let count = 0;
    const own = new Set(vertices.flatMap((v) => this.at[v]!));
    for (const f of own) {
      const near = new Set<number>();
      this.forEachCell(f, (key) => {
        for (const g of this.cells.get(key) ?? []) near.add(g);
      });
      for (const g of near) if (!(own.has(g) && g >= f) && this.boxesMeet(f, g) && this.cross(f, g)) count++;
    }
    return count;
  }

  cross(f: number, g: number): boolean {
    const { sides } = this;
    const count = this.start[g + 1]! - this.start[g]!;
    for (let i = 0; i < this.alternatives(f); i++) {
      // On which sides of f's triangle the corners of g are, once for all of g's triangles: hardly any are on both.
      const a = this.corner(f, i, 0);
      const b = this.corner(f, i, 1);
      const c = this.corner(f, i, 2);
      for (let k = 0; k < count; k++) sides[k] = this.orientation(a, b, c, this.corners[this.start[g]! + k]!);
      for (let j = 0; j < this.alternatives(g); j++) {
        const first = sides[j]!;
        const second = sides[(j + 1) % count]!;
        const third = sides[(j + 2) % count]!;
        if (first >= 0 && second >= 0 && third >= 0) continue;
        if (first <= 0 && second <= 0 && third <= 0) continue;
        if (this.trianglesCross(f, i, g, j)) return true;
      }
    }
    return false;
  }

  private alternatives(f: number): number {
    return this.start[f + 1]! - this.start[f]! === 3 ? 1 : 4;
  }

  /** Corner `k` of the triangle that leaves out the face's corner before `i`. */
  private corner(f: number, i: number, k: number): number {
    const first = this.start[f]!;
    return this.corners[first + ((i + k) % (this.start[f + 1]! - first))]!;
  }

  /** For triangles of which g's has corners on both sides of f's. */
  private trianglesCross(f: number, i: number, g: number, j: number): boolean {
    const a = this.corner(f, i, 0);
    const b = this.corner(f, i, 1);
    const c = this.corner(f, i, 2);
    const d = this.corner(g, j, 0);
    const e = this.corner(g, j, 1);
    const h = this.corner(g, j, 2);
    let shared = -1;
    let count = 0;
    for (let k = 0; k < 3; k++) {
      const v = k === 0 ? a : k === 1 ? b : c;
      if (v !== d && v !== e && v !== h) continue;
      shared = v;
      count++;
    }
    if (count > 1) return false;
    return this.pierces(a, b, c, d, e, h, shared) || this.pierces(d, e, h, a, b, c, shared);
  }

  /** Whether an edge of a b c without the shared corner passes through d e h. */
  private pierces(a: number, b: number, c: number, d: number, e: number, h: number, shared: number): boolean {
    return (
      (a !== shared && b !== shared && this.passesThrough(a, b, d, e, h)) ||
      (b !== shared && c !== shared && this.passesThrough(b, c, d, e, h)) ||
      (c !== shared && a !== shared && this.passesThrough(c, a, d, e, h))
    );
  }

  private passesThrough(from: number, to: number, a: number, b: number, c: number): boolean {
    if (!(this.orientation(a, b, c, from) * this.orientation(a, b, c, to) < 0)) return false;
    const one = this.orientation(from, to, a, b);
    const two = this.orientation(from, to, b, c);
    const three = this.orientation(from, to, c, a);
    return (one > 0 && two > 0 && three > 0) || (one < 0 && two < 0 && three < 0);
  }

  /** Six times the signed volume of a tetrahedron. */
  private orientation(a: number, b: number, c: number, d: number): number {
    const p = this.positions;
    const x = p[3 * d]!;
    const y = p[3 * d + 1]!;
    const z = p[3 * d + 2]!;
    const ax = p[3 * a]! - x;
    const ay = p[3 * a + 1]! - y;
    const az = p[3 * a + 2]! - z;
    const bx = p[3 * b]! - x;
    const by = p[3 * b + 1]! - y;
    const bz = p[3 * b + 2]! - z;
    const cx = p[3 * c]! - x;
    const cy = p[3 * c + 1]! - y;
    const cz = p[3 * c + 2]! - z;
    return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  }

  private measure(f: number): void {
    const { boxes, positions: p } = this;
    boxes.fill(Number.POSITIVE_INFINITY, 6 * f, 6 * f + 3);
    boxes.fill(Number.NEGATIVE_INFINITY, 6 * f + 3, 6 * f + 6);
    for (let i = this.start[f]!; i < this.start[f + 1]!; i++) {
      const at = 3 * this.corners[i]!;
      for (let k = 0; k < 3; k++) {
        const value = p[at + k]!;
        if (value < boxes[6 * f + k]!) boxes[6 * f + k] = value;
        if (value > boxes[6 * f + k + 3]!) boxes[6 * f + k + 3] = value;
      }
    }
  }

  private boxesMeet(f: number, g: number): boolean {
    const { boxes } = this;
    for (let k = 0; k < 3; k++) {
      if (boxes[6 * f + k]! > boxes[6 * g + k + 3]! || boxes[6 * g + k]! > boxes[6 * f + k + 3]!) return false;
    }
    return true;
  }

  private key(x: number, y: number, z: number): number {
    return ((x + 8192) * 16384 + y + 8192) * 16384 + z + 8192;
  }

  /** The cell of the lowest corner of what the boxes of two faces have in common. */
  private lowestCommon(f: number, g: number): number {
    const at = (k: number) => Math.floor(Math.max(this.boxes[6 * f + k]!, this.boxes[6 * g + k]!) / this.cell);
    return this.key(at(0), at(1), at(2));
  }

  private forEachCell(f: number, visit: (key: number) => void): void {
    const { boxes, cell } = this;
    const at = (k: number) => Math.floor(boxes[6 * f + k]! / cell);
    for (let x = at(0); x <= at(3); x++) {
      for (let y = at(1); y <= at(4); y++) {
        for (let z = at(2); z <= at(5); z++) visit(this.key(x, y, z));
      }
    }
  }

  private insert(f: number): void {
    this.forEachCell(f, (key) => {
      const list = this.cells.get(key);
      if (!list) this.cells.set(key, [f]);
      else if (!list.includes(f)) list.push(f);
    });
  }
}
