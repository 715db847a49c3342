/** Signed volume of a closed triangle mesh: positive where faces are counter-clockwise seen from outside. */
export function volumeOf({ positions: p, triangles }: { positions: Float32Array; triangles: Uint32Array }): number {
  let volume = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    volume += (nx * p[a] + ny * p[a + 1] + nz * p[a + 2]) / 6;
  }
  return volume;
}
