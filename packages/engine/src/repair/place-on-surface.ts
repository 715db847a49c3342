import { nearest, nearestOnTriangle } from "../mesh/nearest-on-triangle.ts";
import type { Mesh } from "../types.ts";
import { areaVector, type Soup } from "./clean-soup.ts";
import type { SolidField } from "./solid-field.ts";

/**
 * A face counts for a vertex when its nearest point lies in the vertex's cell, or this much beside it, cells. With faces
 * that are merely near, several rows of vertices end on one sharp edge, and nothing can be collapsed there any more (16,300
 * triangles instead of 330 for a fireplace of boxes).
 */
const BESIDE = 0.05;
/** Longest way that a vertex is moved, cells. */
const LONGEST = 1;
/** Pull towards where the vertex was: decides along edges and on flat ground, where planes say nothing. */
const PULL = 0.02;

/**
 * Moves the vertices of a contour onto the faces that it was made from, in place: each to the point that lies on the
 * planes of all faces near it (a quadric error function, as in dual contouring of Hermite data; Ju et al. 2002). Sharp
 * edges and corners, which the contour cuts off by up to half a cell, come back. Sheets keep the thickness they were given.
 */
export function placeOnSurface(mesh: Mesh, soup: Soup, solid: SolidField): void {
  const { n } = solid.field;
  const { positions: p, triangles } = soup;
  const planes = new Float64Array(4 * 8);
  const seen = new Int32Array(8);
  for (let i = 0; i < mesh.positions.length; i += 3) {
    const [x, y, z] = [mesh.positions[i]!, mesh.positions[i + 1]!, mesh.positions[i + 2]!];
    const at = [x, y, z].map((v) => Math.floor((v + 0.5) * n - 0.5));
    let count = 0;
    let sheet = false;
    const from = [x, y, z];
    for (let c = 0; c < 8; c++) {
      const [u, v, w] = [at[0]! + (c & 1), at[1]! + ((c >> 1) & 1), at[2]! + (c >> 2)];
      if (u < 0 || v < 0 || w < 0 || u >= n || v >= n || w >= n) continue;
      const sample = (w * n + v) * n + u;
      if (solid.thin[sample]) {
        sheet = true;
        break;
      }
      const t = solid.nearest[sample]!;
      if (t < 0 || seen.subarray(0, count).includes(t)) continue;
      const corners = [0, 1, 2].map((k) => 3 * triangles[3 * t + k]!) as [number, number, number];
      nearestOnTriangle(p, ...corners, x, y, z);
      const within = at.every((low, k) => {
        const place = (nearest[k]! + 0.5) * n - 0.5 - low;
        return place > -BESIDE && place < 1 + BESIDE;
      });
      if (!within) continue;
      const area = areaVector(soup, t);
      const length = Math.hypot(area[0]!, area[1]!, area[2]!);
      if (!(length > 0)) continue;
      seen[count] = t;
      const normal = area.map((v) => v / length);
      planes.set([...normal, normal.reduce((sum, v, k) => sum + v * nearest[k]!, 0)], 4 * count);
      count++;
    }
    if (sheet || count === 0) continue;
    const target = solve(planes.subarray(0, 4 * count), from);
    const way = Math.hypot(target[0]! - x, target[1]! - y, target[2]! - z);
    const share = way * n > LONGEST ? LONGEST / (way * n) : 1;
    for (let k = 0; k < 3; k++) mesh.positions[i + k] = from[k]! + share * (target[k]! - from[k]!);
  }
}

/** The point with the least squared distances to planes (normal, offset), drawn a little to `from`. */
function solve(planes: Float64Array, from: readonly number[]): number[] {
  let [xx, xy, xz, yy, yz, zz] = [PULL, 0, 0, PULL, 0, PULL];
  let [rx, ry, rz] = from.map((m) => PULL * m) as [number, number, number];
  for (let i = 0; i < planes.length; i += 4) {
    const [a, b, c, d] = [planes[i]!, planes[i + 1]!, planes[i + 2]!, planes[i + 3]!];
    xx += a * a;
    xy += a * b;
    xz += a * c;
    yy += b * b;
    yz += b * c;
    zz += c * c;
    rx += a * d;
    ry += b * d;
    rz += c * d;
  }
  const cx = yy * zz - yz * yz;
  const cy = xz * yz - xy * zz;
  const cz = xy * yz - xz * yy;
  const determinant = xx * cx + xy * cy + xz * cz;
  return [
    (rx * cx + ry * cy + rz * cz) / determinant,
    (rx * cy + ry * (xx * zz - xz * xz) + rz * (xy * xz - xx * yz)) / determinant,
    (rx * cz + ry * (xy * xz - xx * yz) + rz * (xx * yy - xy * xy)) / determinant,
  ];
}
