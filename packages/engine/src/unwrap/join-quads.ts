import { halfEdges } from "../mesh/half-edges.ts";
import type { Mesh } from "../types.ts";
import { type FlatCharts, turn } from "./flat-charts.ts";

/** Passes over the quads: moving one can make the other chart the better one for its neighbour. */
const ROUNDS = 8;

/**
 * Gives both halves of each quad to one chart, the one that more of their neighbours belong to: cuts between charts then
 * follow the sides of quads. The half that changes charts is laid beside the other: on the points that its new chart
 * has for its corners already, and otherwise in its true shape.
 *
 * xatlas takes polygons, but its WebAssembly build does not get their sizes across; and to have it chart a second time
 * with the quads kept whole took twice as long.
 *
 * @param mates triangle with which each triangle makes a quad, or -1.
 */
export function joinQuads(mesh: Mesh, flat: FlatCharts, mates: Int32Array): FlatCharts {
  const { twin } = halfEdges({
    positions: mesh.positions,
    sizes: new Uint8Array(mates.length).fill(3),
    corners: mesh.triangles,
  });
  const charts = flat.charts.slice();
  unite(mates, charts, twin);
  const cornerUvs = flat.cornerUvs.slice();
  const points = Array.from(flat.points);
  const laid = Uint8Array.from(charts, (chart, t) => (chart === flat.charts[t] ? 1 : 0));
  for (let t = 0; t < charts.length; t++) {
    if (laid[t]) continue;
    lay(mesh, t, mates[t]!);
    laid[t] = 1;
  }
  return { points: Float64Array.from(points), cornerUvs, charts, chartCount: flat.chartCount };

  function lay(mesh: Mesh, t: number, mate: number): void {
    const shared = [0, 1, 2].find((k) => ((twin[3 * t + k]! / 3) | 0) === mate)!;
    // Corners of t along the shared edge, and the one across.
    const [from, to, apex] = [0, 1, 2].map((k) => 3 * t + ((shared + k) % 3)) as [number, number, number];
    cornerUvs[from] = cornerUvs[following(twin[from]!)]!;
    cornerUvs[to] = cornerUvs[twin[from]!]!;
    // Half-edges `to` and `apex` end and start at the apex.
    for (const [edge, at] of [
      [to, 0],
      [apex, 1],
    ] as const) {
      const other = twin[edge]!;
      const u = (other / 3) | 0;
      if (other < 0 || !laid[u] || charts[u] !== charts[t]) continue;
      cornerUvs[apex] = cornerUvs[at === 0 ? other : following(other)]!;
      if (turn(points, cornerUvs[from]!, cornerUvs[to]!, cornerUvs[apex]!) > 0) return;
    }
    cornerUvs[apex] = points.length / 2;
    points.push(...unfolded(mesh, points, cornerUvs, from, to, apex));
  }
}

function following(corner: number): number {
  return corner % 3 === 2 ? corner - 2 : corner + 1;
}

/** Where the apex of a triangle lies beside its base in the plane, to the left of it. */
function unfolded(
  { positions: p, triangles }: Mesh,
  points: readonly number[],
  cornerUvs: Uint32Array,
  from: number,
  to: number,
  apex: number,
): [number, number] {
  const [a, b, c] = [from, to, apex].map((corner) => 3 * triangles[corner]!) as [number, number, number];
  const base = [p[b]! - p[a]!, p[b + 1]! - p[a + 1]!, p[b + 2]! - p[a + 2]!] as const;
  const side = [p[c]! - p[a]!, p[c + 1]! - p[a + 1]!, p[c + 2]! - p[a + 2]!] as const;
  const length2 = base[0] ** 2 + base[1] ** 2 + base[2] ** 2;
  const along = (base[0] * side[0] + base[1] * side[1] + base[2] * side[2]) / length2;
  const across = Math.sqrt(Math.max(0, (side[0] ** 2 + side[1] ** 2 + side[2] ** 2) / length2 - along * along));
  const [i, j] = [2 * cornerUvs[from]!, 2 * cornerUvs[to]!];
  const [u, v] = [points[j]! - points[i]!, points[j + 1]! - points[i + 1]!];
  return [points[i]! + along * u - across * v, points[i + 1]! + along * v + across * u];
}

function unite(mates: Int32Array, charts: Uint32Array, twin: Int32Array): void {
  const neighbours = (t: number, u: number, wanted: number): number => {
    let count = 0;
    for (const c of [3 * t, 3 * t + 1, 3 * t + 2, 3 * u, 3 * u + 1, 3 * u + 2]) {
      const other = (twin[c]! / 3) | 0;
      if (other !== t && other !== u && charts[other] === wanted) count++;
    }
    return count;
  };
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let t = 0; t < mates.length; t++) {
      const u = mates[t]!;
      if (u < t || charts[t] === charts[u]) continue;
      const chosen = neighbours(t, u, charts[t]!) >= neighbours(t, u, charts[u]!) ? charts[t]! : charts[u]!;
      charts[t] = chosen;
      charts[u] = chosen;
      moved = true;
    }
    if (!moved) return;
  }
}
