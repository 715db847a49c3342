import type { SilhouetteCone } from "./silhouette.ts";

/** Visits the samples of n³ that lie inside all cones: index, and where it is on the cube. */
export function forEachInner(
  n: number,
  cones: readonly SilhouetteCone[],
  visit: (at: number, x: number, y: number, z: number) => void,
): void {
  const inside = new Float32Array(n);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      inside.fill(1);
      for (const cone of cones) cone.intersectRow(inside, y, z);
      for (let x = 0; x < n; x++) {
        if (inside[x] > 0) visit((z * n + y) * n + x, (x + 0.5) / n - 0.5, (y + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
      }
    }
  }
}
