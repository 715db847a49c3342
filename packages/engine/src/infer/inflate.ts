import { projector } from "../frames.ts";
import { signedDistance } from "../image/signed-distance.ts";
import type { Field, View } from "../types.ts";

export interface InflateOptions {
  /** Samples a side of the field. */
  n: number;
  /**
   * Greatest half thickness as a share of the silhouette's narrowness (its largest inscribed radius). 1 makes a disc a
   * ball; objects are on average flatter than that where they are wide and fuller at the rim.
   */
  thickness: number;
  /** Roundness of the rim: 2 is an ellipse's, larger values come closer to a slab with rounded edges. */
  exponent: number;
}

export const INFLATE_DEFAULTS: InflateOptions = { n: 96, thickness: 0.8, exponent: 2.4 };

/**
 * A rounded volume from one silhouette: around the vertical plane through the object's middle, the solid is as thick
 * as a superellipse of the distance to the outline. What stands for the learned prior where there is none, and the
 * bench's floor for it.
 *
 * @returns a field in cube units, inside > 0. Zero lies on the surface; slopes are not those of a true distance.
 */
export function inflate(view: View, options: Partial<InflateOptions> = {}): Field {
  const { n, thickness, exponent } = { ...INFLATE_DEFAULTS, ...options };
  const { width, height } = view.matte;
  const distance = signedDistance(view.matte.data, width, height);
  let radius = 0;
  for (const d of distance) if (d > radius) radius = d;
  const reach = radius / view.camera.scale;
  const m = projector(view.camera);
  const data = new Float32Array(n * n * n);
  for (let z = 0; z < n; z++) {
    const pz = (z + 0.5) / n - 0.5;
    for (let y = 0; y < n; y++) {
      const py = (y + 0.5) / n - 0.5;
      for (let x = 0; x < n; x++) {
        const px = (x + 0.5) / n - 0.5;
        const w = 1 - m.perspective * (px * m.zx + py * m.zy + pz * m.zz);
        const u = Math.floor(m.cx + (px * m.xx + py * m.xy + pz * m.xz) / w);
        const v = Math.floor(m.cy - (px * m.yx + py * m.yy + pz * m.yz) / w);
        const inside = u >= 0 && v >= 0 && u < width && v < height;
        const d = inside ? distance[v * width + u] / view.camera.scale : -reach;
        data[(z * n + y) * n + x] = d <= 0 ? d - Math.abs(pz) : halfThickness(d) - Math.abs(pz);
      }
    }
  }
  return { n, data };

  function halfThickness(d: number): number {
    const rim = 1 - Math.min(1, d / reach);
    return thickness * reach * (1 - rim ** exponent) ** (1 / exponent);
  }
}
