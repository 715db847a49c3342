import type { Mesh } from "@maquette/engine/types";
import { boundsOf } from "../shape.ts";

/** Voxels per unit of the surface raster; the solid has half as many. */
const FINE = 128;

/** A solid on the lattice of pitch 1/64 whose cell (0, 0, 0) begins at the origin; `data` is 1 inside. */
export interface Solid {
  /** Lattice number of the first cell on each axis. */
  low: [number, number, number];
  size: [number, number, number];
  data: Uint8Array;
}

const EMPTY: Solid = { low: [0, 0, 0], size: [0, 0, 0], data: new Uint8Array(0) };
/** Moves surfaces off the planes between voxels, where rounding alone would decide which side they mark; in voxels. */
const SHIFT = 2e-4;

const [UNKNOWN, SURFACE, OUTSIDE] = [0, 1, 2];

/**
 * Solid voxelisation of any triangle soup (protocol: docs/quality.md). The surface is rastered at 128 voxels a unit,
 * everything that a flood from outside cannot reach through faces is inside. The flood does not come from below the
 * lowest point: open-bottomed models (houses, most of all) stand on the ground.
 *
 * Voxels that the surface cuts belong to the solid when their centre is on its inner side; where neither side is
 * inside (sheets, wires) they are kept, so that thin things have a thickness of one voxel. Two voxels a side then make
 * one of 64³: solid when half of it is, or when any of it is thin.
 */
export function voxelize(mesh: Mesh): Solid {
  const bounds = boundsOf(mesh);
  if (!(bounds.high[0] >= bounds.low[0])) return EMPTY;
  const low = bounds.low.map((v) => v * FINE + SHIFT);
  const high = bounds.high.map((v) => v * FINE + SHIFT);
  // One free voxel around, except below; even numbers, so that pairs make a cell of the lattice.
  const first = low.map((v, axis) => 2 * Math.floor((Math.floor(v) - (axis === 1 ? 0 : 1)) / 2));
  const last = high.map((v) => 2 * Math.floor((Math.floor(v) + 1) / 2) + 1);
  const size = [0, 1, 2].map((axis) => last[axis] - first[axis] + 1) as [number, number, number];
  const grid = new SurfaceGrid(size);
  const corner = new Float64Array(9);
  for (let i = 0; i < mesh.triangles.length; i += 3) {
    for (let k = 0; k < 9; k++) {
      const axis = k % 3;
      corner[k] = mesh.positions[3 * mesh.triangles[i + Math.floor(k / 3)] + axis] * FINE + SHIFT - first[axis];
    }
    grid.addTriangle(corner);
  }
  flood(grid.state, size, Math.floor(low[1]) - first[1]);
  return halve(grid, first);
}

/** Volume of intersection over volume of union; 0 when both are empty. */
export function volumeIou(a: Solid, b: Solid): number {
  let both = 0;
  const from = a.low.map((v, axis) => Math.max(v, b.low[axis]));
  const to = a.low.map((v, axis) => Math.min(v + a.size[axis], b.low[axis] + b.size[axis]));
  const at = (s: Solid, x: number, y: number, z: number) =>
    ((z - s.low[2]) * s.size[1] + (y - s.low[1])) * s.size[0] + (x - s.low[0]);
  for (let z = from[2]; z < to[2]; z++) {
    for (let y = from[1]; y < to[1]; y++) {
      let i = at(a, from[0], y, z);
      let j = at(b, from[0], y, z);
      for (let x = from[0]; x < to[0]; x++) both += a.data[i++] & b.data[j++];
    }
  }
  const union = volumeOf(a) + volumeOf(b) - both;
  return union > 0 ? both / union : 0;
}

/** Number of solid cells. */
export function volumeOf(solid: Solid): number {
  let sum = 0;
  for (const v of solid.data) sum += v;
  return sum;
}

/** The voxels that the surface touches, each with the point of the surface nearest to its centre. */
class SurfaceGrid {
  readonly size: readonly [number, number, number];
  readonly state: Uint8Array;
  private readonly slot: Int32Array;
  /** Per surface voxel: squared distance, offset of the nearest point from the centre, and that triangle's normal. */
  private near = new Float32Array(7 * 4096);
  private count = 0;

  constructor(size: readonly [number, number, number]) {
    this.size = size;
    this.state = new Uint8Array(size[0] * size[1] * size[2]);
    this.slot = new Int32Array(this.state.length).fill(-1);
  }

  /**
   * Marks all voxels that a triangle (9 numbers, in voxels) overlaps: its plane passes through, and so do its
   * projections along the three axes (Schwarz & Seidel 2010).
   */
  addTriangle(p: Float64Array): void {
    const half = 0.5 + 1e-9;
    const ux = p[3] - p[0];
    const uy = p[4] - p[1];
    const uz = p[5] - p[2];
    const vx = p[6] - p[0];
    const vy = p[7] - p[1];
    const vz = p[8] - p[2];
    const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    const length = Math.hypot(n[0], n[1], n[2]);
    const main = largest(n);
    const a1 = (main + 1) % 3;
    const a2 = (main + 2) % 3;
    const from = [0, 0, 0];
    const to = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
      const low = Math.min(p[axis], p[3 + axis], p[6 + axis]);
      const high = Math.max(p[axis], p[3 + axis], p[6 + axis]);
      from[axis] = Math.max(0, Math.floor(low));
      to[axis] = Math.min(this.size[axis] - 1, Math.floor(high));
    }
    const flat = length > 0;
    if (flat) prepareEdges(p, n, half);
    const c = [0, 0, 0];
    for (let i = from[a1]; i <= to[a1]; i++) {
      for (let j = from[a2]; j <= to[a2]; j++) {
        c[a1] = i + 0.5;
        c[a2] = j + 0.5;
        if (flat && !overlaps(main, c[a1], c[a2])) continue;
        let k0 = from[main];
        let k1 = to[main];
        if (flat) {
          const middle = p[main] - (n[a1] * (c[a1] - p[a1]) + n[a2] * (c[a2] - p[a2])) / n[main];
          const reach = (half * (Math.abs(n[a1]) + Math.abs(n[a2]))) / Math.abs(n[main]);
          k0 = Math.max(k0, Math.ceil(middle - reach - 0.5 - half));
          k1 = Math.min(k1, Math.floor(middle + reach - 0.5 + half));
        }
        for (let k = k0; k <= k1; k++) {
          c[main] = k + 0.5;
          if (flat && !(overlaps(a1, c[a2], c[main]) && overlaps(a2, c[main], c[a1]))) continue;
          this.mark(c[0], c[1], c[2], p, n, length);
        }
      }
    }
  }

  private mark(x: number, y: number, z: number, p: Float64Array, n: readonly number[], length: number): void {
    const at = ((z | 0) * this.size[1] + (y | 0)) * this.size[0] + (x | 0);
    let slot = this.slot[at];
    if (slot < 0) {
      slot = this.count++;
      this.slot[at] = slot;
      this.state[at] = SURFACE;
      if (7 * this.count > this.near.length) {
        const larger = new Float32Array(2 * this.near.length);
        larger.set(this.near);
        this.near = larger;
      }
      this.near[7 * slot] = Number.POSITIVE_INFINITY;
    }
    nearestOnTriangle(x, y, z, p);
    const [dx, dy, dz] = [nearest[0] - x, nearest[1] - y, nearest[2] - z];
    const squared = dx * dx + dy * dy + dz * dz;
    if (squared >= this.near[7 * slot]) return;
    const unit = length > 0 ? 1 / length : 0;
    this.near.set([squared, dx, dy, dz, n[0] * unit, n[1] * unit, n[2] * unit], 7 * slot);
  }

  /** 0 empty, 1 solid, 2 thin. */
  classify(at: number): 0 | 1 | 2 {
    const state = this.state[at];
    if (state !== SURFACE) return state === OUTSIDE ? 0 : 1;
    const [sx, sy] = this.size;
    const x = (at % sx) + 0.5;
    const y = (Math.floor(at / sx) % sy) + 0.5;
    const z = Math.floor(at / (sx * sy)) + 0.5;
    const near = this.near.subarray(7 * this.slot[at], 7 * this.slot[at] + 7);
    const distance = Math.sqrt(near[0]);
    const onSurface = distance < 1e-4;
    // From the nearest point of the surface towards the centre, and the other way.
    const direction = onSurface ? near.subarray(4, 7) : near.subarray(1, 4).map((d) => -d / distance);
    const [px, py, pz] = [x + near[1], y + near[2], z + near[3]];
    const here = this.firstBeside(px, py, pz, direction, 1);
    const there = this.firstBeside(px, py, pz, direction, -1);
    if (here === OUTSIDE && there === OUTSIDE) return 2;
    return here === OUTSIDE ? 0 : 1;
  }

  /** What lies on one side of a point of the surface: the first voxel within 2.5 that the surface does not touch. */
  private firstBeside(x: number, y: number, z: number, d: ArrayLike<number>, sign: number): number {
    const [sx, sy, sz] = this.size;
    for (let step = 1; step <= 2.5; step += 0.5) {
      const i = Math.floor(x + sign * step * d[0]);
      const j = Math.floor(y + sign * step * d[1]);
      const k = Math.floor(z + sign * step * d[2]);
      if (i < 0 || j < 0 || k < 0 || i >= sx || j >= sy || k >= sz) return OUTSIDE;
      const state = this.state[(k * sy + j) * sx + i];
      if (state !== SURFACE) return state;
    }
    return SURFACE;
  }
}

/** Of the projection along each axis: 3 edge functions of (normal a, normal b, offset); ≥ 0 is inside. */
const edges = new Float64Array(27);

/** Fills `edges` for a triangle and its normal: a square of the given half side overlaps where all are ≥ 0 at its centre. */
function prepareEdges(p: Float64Array, n: readonly number[], half: number): void {
  for (let axis = 0; axis < 3; axis++) {
    const a1 = (axis + 1) % 3;
    const a2 = (axis + 2) % 3;
    const sign = n[axis] < 0 ? -1 : 1;
    for (let e = 0; e < 3; e++) {
      const i = 3 * e;
      const j = e === 2 ? 0 : i + 3;
      const na = -sign * (p[j + a2] - p[i + a2]);
      const nb = sign * (p[j + a1] - p[i + a1]);
      const at = 9 * axis + 3 * e;
      edges[at] = na;
      edges[at + 1] = nb;
      edges[at + 2] = half * (Math.abs(na) + Math.abs(nb)) - na * p[i + a1] - nb * p[i + a2];
    }
  }
}

function overlaps(axis: number, a: number, b: number): boolean {
  const i = 9 * axis;
  return (
    edges[i] * a + edges[i + 1] * b + edges[i + 2] >= 0 &&
    edges[i + 3] * a + edges[i + 4] * b + edges[i + 5] >= 0 &&
    edges[i + 6] * a + edges[i + 7] * b + edges[i + 8] >= 0
  );
}

function largest(n: readonly number[]): 0 | 1 | 2 {
  const [x, y, z] = n.map(Math.abs);
  return x >= y && x >= z ? 0 : y >= z ? 1 : 2;
}

const nearest = new Float64Array(3);

/** Closest point of a triangle, into `nearest` (Ericson, Real-Time Collision Detection, 5.1.5). */
function nearestOnTriangle(x: number, y: number, z: number, p: Float64Array): void {
  const bx = p[3] - p[0];
  const by = p[4] - p[1];
  const bz = p[5] - p[2];
  const cx = p[6] - p[0];
  const cy = p[7] - p[1];
  const cz = p[8] - p[2];
  const d1 = bx * (x - p[0]) + by * (y - p[1]) + bz * (z - p[2]);
  const d2 = cx * (x - p[0]) + cy * (y - p[1]) + cz * (z - p[2]);
  const d3 = bx * (x - p[3]) + by * (y - p[4]) + bz * (z - p[5]);
  const d4 = cx * (x - p[3]) + cy * (y - p[4]) + cz * (z - p[5]);
  const d5 = bx * (x - p[6]) + by * (y - p[7]) + bz * (z - p[8]);
  const d6 = cx * (x - p[6]) + cy * (y - p[7]) + cz * (z - p[8]);
  const va = d3 * d6 - d5 * d4;
  const vb = d5 * d2 - d1 * d6;
  const vc = d1 * d4 - d3 * d2;
  // Weights of the second and third corner: first the corners' regions, then the edges', then the face's.
  let v = 0;
  let w = 0;
  if (d1 <= 0 && d2 <= 0) v = 0;
  else if (d3 >= 0 && d4 <= d3) v = 1;
  else if (d6 >= 0 && d5 <= d6) w = 1;
  else if (vc <= 0 && d1 >= 0 && d3 <= 0) v = d1 / (d1 - d3);
  else if (vb <= 0 && d2 >= 0 && d6 <= 0) w = d2 / (d2 - d6);
  else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    w = (d4 - d3) / (d4 - d3 + (d5 - d6));
    v = 1 - w;
  } else if (va + vb + vc > 0) {
    v = vb / (va + vb + vc);
    w = vc / (va + vb + vc);
  }
  nearest[0] = p[0] + v * bx + w * cx;
  nearest[1] = p[1] + v * by + w * cy;
  nearest[2] = p[2] + v * bz + w * cz;
}

/** Marks as outside what can be reached from the sides and from above without crossing the surface. */
function flood(state: Uint8Array, size: readonly [number, number, number], ground: number): void {
  const [sx, sy, sz] = size;
  const stack = new Int32Array(state.length);
  let top = 0;
  const visit = (at: number) => {
    if (state[at] === UNKNOWN) {
      state[at] = OUTSIDE;
      stack[top++] = at;
    }
  };
  // Layers below the lowest point (the padding to an even number) are outside and let nothing through.
  for (let z = 0; z < sz; z++) {
    for (let y = 0; y < ground; y++) state.fill(OUTSIDE, (z * sy + y) * sx, (z * sy + y + 1) * sx);
  }
  for (let z = 0; z < sz; z++) {
    for (let y = 0; y < sy; y++) {
      const row = (z * sy + y) * sx;
      if (z === 0 || z === sz - 1 || y === sy - 1) for (let x = 0; x < sx; x++) visit(row + x);
      visit(row);
      visit(row + sx - 1);
    }
  }
  while (top > 0) {
    const at = stack[--top];
    const x = at % sx;
    const y = Math.floor(at / sx) % sy;
    const z = Math.floor(at / (sx * sy));
    if (x > 0) visit(at - 1);
    if (x < sx - 1) visit(at + 1);
    if (y > 0) visit(at - sx);
    if (y < sy - 1) visit(at + sx);
    if (z > 0) visit(at - sx * sy);
    if (z < sz - 1) visit(at + sx * sy);
  }
}

function halve(grid: SurfaceGrid, first: readonly number[]): Solid {
  const [sx, sy, sz] = grid.size;
  const size: [number, number, number] = [sx / 2, sy / 2, sz / 2];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let z = 0, at = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      for (let x = 0; x < size[0]; x++, at++) {
        let solid = 0;
        for (let k = 0; k < 8; k++) {
          const found = grid.classify(((2 * z + (k >> 2)) * sy + 2 * y + ((k >> 1) & 1)) * sx + 2 * x + (k & 1));
          // A thin voxel counts as half of the cell.
          solid += found === 2 ? 4 : found;
        }
        data[at] = solid >= 4 ? 1 : 0;
      }
    }
  }
  return { low: [first[0] / 2, first[1] / 2, first[2] / 2], size, data };
}
