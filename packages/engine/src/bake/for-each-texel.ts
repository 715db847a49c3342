import type { Unwrapped } from "../unwrap/unwrap.ts";

/**
 * Calls back for every texel whose centre lies in a triangle of the layout, with the triangle and the barycentric
 * weights of its corners. A texel on the edge between two triangles may be visited twice.
 */
export function forEachTexel(
  { uvs, cornerUvs }: Pick<Unwrapped, "uvs" | "cornerUvs">,
  size: number,
  visit: (texel: number, triangle: number, wa: number, wb: number, wc: number) => void,
): void {
  for (let t = 0; t < cornerUvs.length; t += 3) {
    const [ua, ub, uc] = [2 * cornerUvs[t], 2 * cornerUvs[t + 1], 2 * cornerUvs[t + 2]];
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
      for (let x = minX; x <= maxX; x++) {
        const dx = x + 0.5 - ax;
        const wb = (dx * (cy - ay) - (cx - ax) * dy) / area;
        const wc = ((bx - ax) * dy - dx * (by - ay)) / area;
        const wa = 1 - wb - wc;
        if (wa >= 0 && wb >= 0 && wc >= 0) visit(y * size + x, t / 3, wa, wb, wc);
      }
    }
  }
}
