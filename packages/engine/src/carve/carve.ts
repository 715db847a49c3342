import type { Inference } from "../infer/infer.ts";
import type { Field, View } from "../types.ts";
import { intersectRow, prepareSilhouette } from "./silhouette.ts";
import { rowSampler } from "./upsample.ts";

/**
 * The field of the solid at full resolution: what was inferred, cut by each view's silhouette cone at the resolution of
 * its picture.
 *
 * @param n Samples a side.
 * @returns distances in cube units, inside > 0; the outermost layer of samples is outside.
 */
export function carve(views: View[], inference: Inference, n: number): Field {
  const cell = 1 / n;
  const silhouettes = views.map((v) => prepareSilhouette(v.matte, v.camera, cell));
  const sample = inference.shape && rowSampler(inference.shape, n);
  const data = new Float32Array(n * n * n);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      const row = data.subarray((z * n + y) * n, (z * n + y + 1) * n);
      if (sample) sample(y, z, row);
      else row.fill(0.5);
      for (const s of silhouettes) intersectRow(s, row, (y + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
      const edge = z === 0 || y === 0 || z === n - 1 || y === n - 1;
      if (edge) for (let x = 0; x < n; x++) row[x] = Math.min(row[x], -cell / 2);
      row[0] = Math.min(row[0], -cell / 2);
      row[n - 1] = Math.min(row[n - 1], -cell / 2);
    }
  }
  return { n, data };
}
