import type { Unwrapped } from "../unwrap/unwrap.ts";

/**
 * Calls back for every texel whose centre lies in a triangle of the layout, with the triangle and the barycentric
 * weights of its corners, in an array that is the same every time: numbers handed over one by one became objects, a gigabyte an
 * asset. A texel on the edge between two triangles may be visited twice.
 */
export function forEachTexel(
  { uvs, cornerUvs }: Pick<Unwrapped, "uvs" | "cornerUvs">,
  size: number,
  visit: (texel: number, triangle: number, weights: Float64Array) => void,
): void {
  const weights = new Float64Array(3);
  for (let t = 0; t < cornerUvs.length; t += 3) {
    const ua = 2 * cornerUvs[t];
    const ub = 2 * cornerUvs[t + 1];
    const uc = 2 * cornerUvs[t + 2];
    const ax = uvs[ua] * size;
    const ay = uvs[ua + 1] * size;
    const bx = uvs[ub] * size;
    const by = uvs[ub + 1] * size;
    const cx = uvs[uc] * size;
    const cy = uvs[uc + 1] * size;
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (area === 0) continue;
    const minX = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const maxX = Math.min(size - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const minY = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const maxY = Math.min(size - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    for (let y = minY; y <= maxY; y++) {
      const dy = y + 0.5 - ay;
      let entered = false;
      for (let x = minX; x <= maxX; x++) {
        const dx = x + 0.5 - ax;
        const wb = (dx * (cy - ay) - (cx - ax) * dy) / area;
        const wc = ((bx - ax) * dy - dx * (by - ay)) / area;
        const wa = 1 - wb - wc;
        if (wa >= 0 && wb >= 0 && wc >= 0) {
          entered = true;
          weights[0] = wa;
          weights[1] = wb;
          weights[2] = wc;
          visit(y * size + x, t / 3, weights);
        } else if (entered) {
          break; // A triangle covers one stretch of a row.
        }
      }
    }
  }
}
