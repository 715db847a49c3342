import type { Inference } from "../infer/infer.ts";
import type { Field, View } from "../types.ts";
import { cleanSolid } from "./clean-solid.ts";
import { coverSilhouettes } from "./cover-silhouettes.ts";
import { findSymmetry } from "./find-symmetry.ts";
import { SilhouetteCone } from "./silhouette.ts";
import { symmetrize } from "./symmetrize.ts";
import { rowSampler } from "./upsample.ts";

/**
 * The field of the solid at full resolution: what was inferred, completed to what every view's silhouette shows and cut
 * by its cone at the resolution of its picture. What is all but symmetric becomes exactly that.
 *
 * @param n Samples a side.
 * @returns distances in cube units, inside > 0; the outermost layer of samples is outside.
 */
export function carve(views: View[], inference: Inference, n: number): Field {
  const cones = views.map((v) => new SilhouetteCone(v.matte, v.camera, n));
  const data = new Float32Array(n * n * n);
  if (inference.shape) {
    const sample = rowSampler(inference.shape, n);
    for (let z = 0; z < n; z++) {
      for (let y = 0; y < n; y++) sample(y, z, data.subarray((z * n + y) * n, (z * n + y + 1) * n));
    }
    coverSilhouettes(data, n, cones);
  } else {
    data.fill(0.5);
  }
  const border = -0.5 / n;
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      const row = data.subarray((z * n + y) * n, (z * n + y + 1) * n);
      for (const cone of cones) cone.intersectRow(row, y, z);
      if (z === 0 || y === 0 || z === n - 1 || y === n - 1) {
        for (let x = 0; x < n; x++) row[x] = Math.min(row[x], border);
      }
      row[0] = Math.min(row[0], border);
      row[n - 1] = Math.min(row[n - 1], border);
    }
  }
  const field = { n, data };
  const cameras = views.map((v) => v.camera);
  cleanSolid(field, cameras);
  const symmetry = findSymmetry(field);
  if (symmetry) {
    symmetrize(field, symmetry);
    cleanSolid(field, cameras);
  }
  return field;
}
