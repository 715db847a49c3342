/** The closest point of a triangle, by the last call of `nearestOnTriangle`. */
export const nearest = new Float64Array(3);

/**
 * Closest point of a triangle to (x, y, z), into `nearest` (Ericson, Real-Time Collision Detection, 5.1.5).
 * @param p positions; a, b, c are where the corners begin in it.
 * @returns the squared distance
 */
export function nearestOnTriangle(
  p: ArrayLike<number>,
  a: number,
  b: number,
  c: number,
  x: number,
  y: number,
  z: number,
): number {
  const ax = p[a]!;
  const ay = p[a + 1]!;
  const az = p[a + 2]!;
  const ux = p[b]! - ax;
  const uy = p[b + 1]! - ay;
  const uz = p[b + 2]! - az;
  const wx = p[c]! - ax;
  const wy = p[c + 1]! - ay;
  const wz = p[c + 2]! - az;
  const px = x - ax;
  const py = y - ay;
  const pz = z - az;
  const d1 = ux * px + uy * py + uz * pz;
  const d2 = wx * px + wy * py + wz * pz;
  const uu = ux * ux + uy * uy + uz * uz;
  const uw = ux * wx + uy * wy + uz * wz;
  const ww = wx * wx + wy * wy + wz * wz;
  // Seen from the second and third corner.
  const d3 = d1 - uu;
  const d4 = d2 - uw;
  const d5 = d1 - uw;
  const d6 = d2 - ww;
  const vc = d1 * d4 - d3 * d2;
  const vb = d5 * d2 - d1 * d6;
  const va = d3 * d6 - d5 * d4;
  let v = 0;
  let w = 0;
  if (d1 <= 0 && d2 <= 0) v = 0;
  else if (d3 >= 0 && d4 <= d3) v = 1;
  else if (d6 >= 0 && d5 <= d6) w = 1;
  else if (vc <= 0 && d1 >= 0 && d3 <= 0) v = d1 / (d1 - d3);
  else if (vb <= 0 && d2 >= 0 && d6 <= 0) w = d2 / (d2 - d6);
  else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    w = (d4 - d3) / (d4 - d3 + (d5 - d6));
    v = 1 - w;
  } else {
    const sum = va + vb + vc;
    v = vb / sum;
    w = vc / sum;
  }
  nearest[0] = ax + v * ux + w * wx;
  nearest[1] = ay + v * uy + w * wy;
  nearest[2] = az + v * uz + w * wz;
  return (nearest[0] - x) ** 2 + (nearest[1] - y) ** 2 + (nearest[2] - z) ** 2;
}
