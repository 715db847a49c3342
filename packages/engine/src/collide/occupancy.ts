import type { Mesh } from "../types.ts";

/** Which cells of a box around a mesh are inside it. */
export interface Occupancy {
  /** The box: its lower corner and the side of a cell. */
  low: [number, number, number];
  cell: number;
  counts: [number, number, number];
  /** Cells inside below and before each corner of the grid, `(z · (ny + 1) + y) · (nx + 1) + x`: any box's volume in eight look-ups. */
  sums: Float64Array;
  /** Volume for which a cell inside counts, in cells. */
  weight: number;
}

/**
 * Fills a closed mesh with cells: along each column of cells in Y, what lies between an odd and an even crossing of the
 * surface is inside.
 *
 * @param most cells along the longest side.
 */
export function fillMesh({ positions: p, triangles }: Mesh, most: number): Occupancy {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const v of triangles) {
    for (let k = 0; k < 3; k++) {
      low[k] = Math.min(low[k]!, p[3 * v + k]!);
      high[k] = Math.max(high[k]!, p[3 * v + k]!);
    }
  }
  const cell = Math.max(...low.map((l, k) => high[k]! - l)) / most || 1;
  const counts = low.map((l, k) => Math.max(1, Math.ceil((high[k]! - l) / cell))) as [number, number, number];
  const [nx, ny, nz] = counts;
  const crossings: number[][] = Array.from({ length: nx * nz }, () => []);
  for (let t = 0; t < triangles.length; t += 3) cross(t);
  const inside = new Uint8Array(nx * ny * nz);
  crossings.forEach((heights, column) => {
    heights.sort((a, b) => a - b);
    const [x, z] = [column % nx, Math.floor(column / nx)];
    for (let i = 0; i + 1 < heights.length; i += 2) {
      const from = Math.max(0, Math.ceil((heights[i]! - low[1]) / cell - 0.5));
      const to = Math.min(ny - 1, Math.floor((heights[i + 1]! - low[1]) / cell - 0.5));
      for (let y = from; y <= to; y++) inside[(z * ny + y) * nx + x] = 1;
    }
  });
  return { low, cell, counts, sums: sumUp(inside, counts), weight: 1 };

  /** Notes where a triangle crosses the columns through whose middle it passes. */
  function cross(t: number): void {
    const [a, b, c] = [0, 1, 2].map((k) => {
      const v = 3 * triangles[t + k]!;
      // A little aside, so that no column runs through a vertex that lies on the grid.
      return [(p[v]! - low[0]) / cell - 0.5 - 1.37e-5, p[v + 1]!, (p[v + 2]! - low[2]) / cell - 0.5 - 2.11e-5];
    }) as [number[], number[], number[]];
    const twice = (b[0]! - a[0]!) * (c[2]! - a[2]!) - (c[0]! - a[0]!) * (b[2]! - a[2]!);
    if (twice === 0) return;
    const xs = [a[0]!, b[0]!, c[0]!];
    const zs = [a[2]!, b[2]!, c[2]!];
    const [x0, x1] = [Math.max(0, Math.ceil(Math.min(...xs))), Math.min(nx - 1, Math.floor(Math.max(...xs)))];
    const [z0, z1] = [Math.max(0, Math.ceil(Math.min(...zs))), Math.min(nz - 1, Math.floor(Math.max(...zs)))];
    for (let z = z0; z <= z1; z++) {
      for (let x = x0; x <= x1; x++) {
        const wb = ((x - a[0]!) * (c[2]! - a[2]!) - (c[0]! - a[0]!) * (z - a[2]!)) / twice;
        const wc = ((b[0]! - a[0]!) * (z - a[2]!) - (x - a[0]!) * (b[2]! - a[2]!)) / twice;
        if (wb < 0 || wc < 0 || wb + wc > 1) continue;
        crossings[z * nx + x]!.push(a[1]! + wb * (b[1]! - a[1]!) + wc * (c[1]! - a[1]!));
      }
    }
  }
}

function sumUp(inside: Uint8Array, [nx, ny, nz]: [number, number, number]): Float64Array {
  const [sx, sy] = [nx + 1, (nx + 1) * (ny + 1)];
  const sums = new Float64Array(sy * (nz + 1));
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      let row = 0;
      for (let x = 0; x < nx; x++) {
        row += inside[(z * ny + y) * nx + x]!;
        const at = (z + 1) * sy + (y + 1) * sx + x + 1;
        sums[at] = row + sums[at - sx]! + sums[at - sy]! - sums[at - sx - sy]!;
      }
    }
  }
  return sums;
}

/** Volume inside a box, to the cell. */
export function filledVolume(
  { low, cell, counts, sums, weight }: Occupancy,
  from: readonly number[],
  to: readonly number[],
): number {
  const at = (v: number, k: number) => Math.min(counts[k]!, Math.max(0, Math.round((v - low[k]!) / cell)));
  const [sx, sy] = [counts[0] + 1, (counts[0] + 1) * (counts[1] + 1)];
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    const [x, y, z] = [0, 1, 2].map((k) => at((c >> k) & 1 ? to[k]! : from[k]!, k)) as [number, number, number];
    const sign = ((c & 1) + ((c >> 1) & 1) + (c >> 2)) % 2 ? 1 : -1;
    sum += sign * sums[z * sy + y * sx + x]!;
  }
  return sum * weight * cell ** 3;
}

/** Whether the cell in which a point lies is inside. */
export function isFilled(occupancy: Occupancy, point: readonly number[]): boolean {
  const { low, cell } = occupancy;
  const from = point.map((v, k) => low[k]! + cell * Math.floor((v - low[k]!) / cell));
  const to = from.map((v) => v + cell);
  return filledVolume(occupancy, from, to) > 0;
}
