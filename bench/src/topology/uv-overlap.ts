import { forEachTexel } from "@maquette/engine/bake/for-each-texel";

/** Texel centres nearer to a triangle's border than this (barycentric weight) belong to neither side for certain. */
const MARGIN = 1e-3;

export interface UvFaults {
  /** Texels whose centre lies in more than one triangle. */
  overlap: number;
  /** Triangles that are mirrored in the texture, or have no area there. */
  flipped: number;
}

/** @param uvs 6 per triangle. */
export function uvFaults(uvs: Float32Array, size: number): UvFaults {
  const cornerUvs = Uint32Array.from({ length: uvs.length / 2 }, (_, i) => i);
  const visits = new Uint8Array(size * size);
  let overlap = 0;
  forEachTexel({ uvs, cornerUvs }, size, (texel, _, [wa, wb, wc]) => {
    if (Math.min(wa, wb, wc) <= MARGIN) return;
    if (visits[texel] === 1) overlap++;
    visits[texel] = Math.min(2, visits[texel] + 1);
  });
  let flipped = 0;
  for (let i = 0; i < uvs.length; i += 6) {
    const [ax, ay, bx, by, cx, cy] = uvs.subarray(i, i + 6);
    // v points down: counter-clockwise on the surface is clockwise here.
    if ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay) >= 0) flipped++;
  }
  return { overlap, flipped };
}
