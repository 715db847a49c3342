/** Signed volume of a closed triangle mesh: positive where faces are counter-clockwise seen from outside. */
export function volumeOf({ positions: p, triangles }: { positions: Float32Array; triangles: Uint32Array }): number {
  let volume = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
    const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    volume += (nx * p[a] + ny * p[a + 1] + nz * p[a + 2]) / 6;
  }
  return volume;
}
