import { nearest, nearestOnTriangle } from "../mesh/nearest-on-triangle.ts";
import type { Field } from "../types.ts";
import { areaVector, type Soup } from "./clean-soup.ts";

/** A solid on the cube, and what is known of the surface next to each sample. */
export interface SolidField {
  field: Field;
  /** Triangle of the soup nearest to a sample, -1 beyond the band. */
  nearest: Int32Array;
  /** 1 where the solid is a sheet that was given a thickness. */
  thin: Uint8Array;
}

/** Samples from the surface up to which distances are computed, cells. */
const BAND = 1.75;
/** Half the thickness that sheets get, cells: above √½, so that a wire through the middle of cells is still caught. */
const HALF_SHEET = 0.75;
/** How far to either side of a face a solid is looked for, cells. */
const LOOK = 1.2;
/** Moves the surface off the samples, where rounding alone would decide on which side it passes; cells. */
const SHIFT = [1.7e-4, 2.3e-4, 2.9e-4] as const;

const [BLOCKED_X, BLOCKED_Y, BLOCKED_Z, REACHED] = [1, 2, 4, 8];

/**
 * The solid that a soup of triangles encloses, as signed distances on the cube [-0.5, 0.5]³ (inside positive, cube units).
 *
 * Inside is what a flood from the border cannot reach along the grid without crossing a face. So it does not matter how
 * faces are turned, whether pieces overlap or touch, and what lies within. What encloses nothing (sheets, wires, pieces
 * whose holes stayed open) is given the least thickness that the grid can hold.
 *
 * Parity or winding numbers would need faces turned alike and pieces that do not overlap; generalised winding numbers
 * (Jacobson et al. 2013) forgive holes, but not faces that are flipped.
 *
 * @param soup in cube units, at least two cells away from the border.
 */
export function solidField(soup: Soup, n: number): SolidField {
  const count = n * n * n;
  const state = new Uint8Array(count);
  const p = new Float64Array(soup.positions.length);
  for (let i = 0; i < p.length; i++) p[i] = (soup.positions[i]! + 0.5) * n - 0.5 + SHIFT[i % 3]!;
  block(p, soup.triangles, n, state);
  flood(state, n);
  const distance = new Float32Array(count).fill(BAND * BAND);
  const sheet = new Float32Array(count).fill(BAND * BAND);
  const near = new Int32Array(count).fill(-1);
  measure({ ...soup, positions: p }, n, state, distance, sheet, near);
  const data = new Float32Array(count);
  const thin = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const d = Math.sqrt(distance[i]!);
    if (!(state[i]! & REACHED)) data[i] = d / n;
    else {
      const offset = sheet[i]! < BAND * BAND ? HALF_SHEET - Math.sqrt(sheet[i]!) : Number.NEGATIVE_INFINITY;
      if (offset > -d) thin[i] = 1;
      data[i] = Math.max(-d, offset) / n;
    }
    // Zero counts as outside: keep the sign.
    if (data[i] === 0) data[i] = state[i]! & REACHED ? -1e-7 : 1e-7;
  }
  return { field: { n, data }, nearest: near, thin };
}

/** Marks the grid edges that a face crosses, each at its lower end. */
function block(p: Float64Array, triangles: Uint32Array, n: number, state: Uint8Array): void {
  const strides = [1, n, n * n];
  for (let axis = 0; axis < 3; axis++) {
    const u = (axis + 1) % 3;
    const v = (axis + 2) % 3;
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
      const lowU = Math.max(0, Math.ceil(Math.min(p[3 * a + u]!, p[3 * b + u]!, p[3 * c + u]!)));
      const highU = Math.min(n - 1, Math.floor(Math.max(p[3 * a + u]!, p[3 * b + u]!, p[3 * c + u]!)));
      const lowV = Math.max(0, Math.ceil(Math.min(p[3 * a + v]!, p[3 * b + v]!, p[3 * c + v]!)));
      const highV = Math.min(n - 1, Math.floor(Math.max(p[3 * a + v]!, p[3 * b + v]!, p[3 * c + v]!)));
      for (let j = lowV; j <= highV; j++) {
        for (let i = lowU; i <= highU; i++) {
          const wa = edgeSide(p, b, c, u, v, i, j);
          const wb = edgeSide(p, c, a, u, v, i, j);
          const wc = edgeSide(p, a, b, u, v, i, j);
          if (!(wa >= 0 && wb >= 0 && wc >= 0) && !(wa <= 0 && wb <= 0 && wc <= 0)) continue;
          const sum = wa + wb + wc;
          // Seen from its edge it blocks nothing along this axis, but along the others.
          if (sum === 0) continue;
          const depth = (wa * p[3 * a + axis]! + wb * p[3 * b + axis]! + wc * p[3 * c + axis]!) / sum;
          const k = Math.floor(depth);
          if (k < 0 || k >= n - 1) continue;
          state[k * strides[axis]! + i * strides[u]! + j * strides[v]!]! |= 1 << axis;
        }
      }
    }
  }
}

/** Edge function of a sample, computed the same way by both triangles at the edge, so that none slips through between. */
function edgeSide(p: Float64Array, a: number, b: number, u: number, v: number, i: number, j: number): number {
  const [from, to, sign] = a < b ? [3 * a, 3 * b, 1] : [3 * b, 3 * a, -1];
  const du = p[to + u]! - p[from + u]!;
  const dv = p[to + v]! - p[from + v]!;
  return sign * (du * (j - p[from + v]!) - dv * (i - p[from + u]!));
}

/** Marks what can be reached from the border along grid edges that no face crosses. */
function flood(state: Uint8Array, n: number): void {
  const [sy, sz] = [n, n * n];
  const stack = new Int32Array(state.length);
  let top = 0;
  const visit = (i: number) => {
    if (state[i]! & REACHED) return;
    state[i]! |= REACHED;
    stack[top++] = i;
  };
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      for (const end of [0, n - 1]) {
        visit(end * sz + a * sy + b);
        visit(a * sz + end * sy + b);
        visit(a * sz + b * sy + end);
      }
    }
  }
  while (top > 0) {
    const i = stack[--top]!;
    const x = i % n;
    const y = Math.floor(i / sy) % n;
    const z = Math.floor(i / sz);
    const here = state[i]!;
    if (x + 1 < n && !(here & BLOCKED_X)) visit(i + 1);
    if (y + 1 < n && !(here & BLOCKED_Y)) visit(i + sy);
    if (z + 1 < n && !(here & BLOCKED_Z)) visit(i + sz);
    if (x > 0 && !(state[i - 1]! & BLOCKED_X)) visit(i - 1);
    if (y > 0 && !(state[i - sy]! & BLOCKED_Y)) visit(i - sy);
    if (z > 0 && !(state[i - sz]! & BLOCKED_Z)) visit(i - sz);
  }
}

/** Squared distances to the nearest face, and to the nearest place where faces enclose nothing; in cells. */
function measure(
  soup: Soup,
  n: number,
  state: Uint8Array,
  distance: Float32Array,
  sheet: Float32Array,
  near: Int32Array,
): void {
  const { positions: p, triangles } = soup;
  const solidAt = (x: number, y: number, z: number): boolean => {
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    for (let c = 0; c < 8; c++) {
      const [u, v, w] = [i + (c & 1), j + ((c >> 1) & 1), k + (c >> 2)];
      if (u < 0 || v < 0 || w < 0 || u >= n || v >= n || w >= n) continue;
      if (!(state[(w * n + v) * n + u]! & REACHED)) return true;
    }
    return false;
  };
  for (let t = 0; t < triangles.length / 3; t++) {
    const [a, b, c] = [3 * triangles[3 * t]!, 3 * triangles[3 * t + 1]!, 3 * triangles[3 * t + 2]!];
    const area = areaVector(soup, t);
    const length = Math.hypot(area[0]!, area[1]!, area[2]!);
    const [nx, ny, nz] = area.map((x) => (length > 0 ? (x / length) * LOOK : 0)) as [number, number, number];
    const from = [0, 1, 2].map((k) => Math.max(0, Math.ceil(Math.min(p[a + k]!, p[b + k]!, p[c + k]!) - BAND)));
    const to = [0, 1, 2].map((k) => Math.min(n - 1, Math.floor(Math.max(p[a + k]!, p[b + k]!, p[c + k]!) + BAND)));
    for (let z = from[2]!; z <= to[2]!; z++) {
      for (let y = from[1]!; y <= to[1]!; y++) {
        for (let x = from[0]!, i = (z * n + y) * n + x; x <= to[0]!; x++, i++) {
          const d = length > 0 ? planeDistance(p, a, area, length, x, y, z) : 0;
          if (d > BAND) continue;
          const squared = nearestOnTriangle(p, a, b, c, x, y, z);
          if (squared < distance[i]!) {
            distance[i] = squared;
            near[i] = t;
          }
          if (squared >= sheet[i]! || !(state[i]! & REACHED)) continue;
          const [qx, qy, qz] = [nearest[0]!, nearest[1]!, nearest[2]!];
          if (solidAt(qx, qy, qz) || solidAt(qx - nx, qy - ny, qz - nz) || solidAt(qx + nx, qy + ny, qz + nz)) continue;
          sheet[i] = squared;
        }
      }
    }
  }
}

function planeDistance(
  p: Float64Array,
  a: number,
  area: readonly number[],
  length: number,
  x: number,
  y: number,
  z: number,
): number {
  return Math.abs(area[0]! * (x - p[a]!) + area[1]! * (y - p[a + 1]!) + area[2]! * (z - p[a + 2]!)) / length;
}
