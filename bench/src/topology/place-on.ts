import { TriangleTree } from "@maquette/engine/mesh/triangle-tree";
import type { Mesh } from "@maquette/engine/types";
import { sampleSurface } from "../measure/sample.ts";
import { boundsOf } from "../shape.ts";

const SAMPLES = 4000;
const ROUNDS = 8;

/**
 * Uniform scale and shift that lay a delivered asset over the surface from which it was made: its size and pivot are
 * those that were ordered. From the boxes, then point to plane (Chen & Medioni 1991), which leaves out nothing but what
 * sizing the asset takes away anyway.
 */
export function placeOn(asset: Mesh, surface: Mesh): { scale: number; shift: [number, number, number] } {
  const [a, b] = [boundsOf(asset), boundsOf(surface)];
  let scale = (b.high[1] - b.low[1]) / (a.high[1] - a.low[1]);
  const shift = [0, 1, 2].map((k) => (b.low[k] + b.high[k] - scale * (a.low[k] + a.high[k])) / 2);
  const tree = new TriangleTree(Float64Array.from(surface.positions), surface.triangles);
  const { points } = sampleSurface(asset, SAMPLES, 1);
  for (let round = 0; round < ROUNDS; round++) {
    // Normal equations of the four unknowns, with the right-hand side as fifth column.
    const rows = Array.from({ length: 4 }, () => new Float64Array(5));
    for (let i = 0; i < points.length; i += 3) {
      const p = [points[i], points[i + 1], points[i + 2]];
      const q = p.map((c, k) => scale * c + shift[k]);
      const t = tree.find(q[0], q[1], q[2]);
      const n = normalOf(surface, t);
      const off = n[0] * (tree.point[0] - q[0]) + n[1] * (tree.point[1] - q[1]) + n[2] * (tree.point[2] - q[2]);
      const row = [n[0] * p[0] + n[1] * p[1] + n[2] * p[2], ...n];
      for (let r = 0; r < 4; r++) {
        for (let c = 0; c < 4; c++) rows[r][c] += row[r] * row[c];
        rows[r][4] += row[r] * off;
      }
    }
    const step = solve(rows);
    scale += step[0];
    for (let k = 0; k < 3; k++) shift[k] += step[k + 1];
  }
  return { scale, shift: shift as [number, number, number] };
}

export function moved<T extends Mesh>(mesh: T, { scale, shift }: ReturnType<typeof placeOn>): T {
  return { ...mesh, positions: mesh.positions.map((p, i) => scale * p + shift[i % 3]) };
}

function normalOf({ positions: p, triangles }: Mesh, t: number): [number, number, number] {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]];
  const u = [0, 1, 2].map((k) => p[b + k] - p[a + k]);
  const v = [0, 1, 2].map((k) => p[c + k] - p[a + k]);
  const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = Math.hypot(...n) || 1;
  return [n[0] / length, n[1] / length, n[2] / length];
}

/** Gauss's elimination with pivots; unknowns that nothing determines stay 0. */
function solve(rows: Float64Array[]): number[] {
  const count = rows.length;
  for (let c = 0; c < count; c++) {
    let pivot = c;
    for (let r = c + 1; r < count; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    if (Math.abs(rows[c][c]) < 1e-9) continue;
    for (let r = 0; r < count; r++) {
      if (r === c) continue;
      const factor = rows[r][c] / rows[c][c];
      for (let k = c; k <= count; k++) rows[r][k] -= factor * rows[c][k];
    }
  }
  return rows.map((row, r) => (Math.abs(row[r]) < 1e-9 ? 0 : row[count] / row[r]));
}
