/** Area of the triangle whose vertex numbers begin at `at` in `triangles`. */
export function triangleArea(p: Float32Array, triangles: Uint32Array, at: number): number {
  const a = 3 * triangles[at];
  const b = 3 * triangles[at + 1];
  const c = 3 * triangles[at + 2];
  const ux = p[b] - p[a];
  const uy = p[b + 1] - p[a + 1];
  const uz = p[b + 2] - p[a + 2];
  const vx = p[c] - p[a];
  const vy = p[c + 1] - p[a + 1];
  const vz = p[c + 2] - p[a + 2];
  return Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
}

/** Area of a whole mesh. */
export function surfaceArea({ positions, triangles }: { positions: Float32Array; triangles: Uint32Array }): number {
  let area = 0;
  for (let t = 0; t < triangles.length; t += 3) area += triangleArea(positions, triangles, t);
  return area;
}
