import type { Mirror } from "../bake/find-mirror.ts";
import { FaceCrossings } from "../mesh/face-crossings.ts";
import { triangleArea } from "../mesh/triangle-area.ts";
import type { Mesh } from "../types.ts";
import { pairTriangles } from "./pair-triangles.ts";

/** Sweeps over the faces that cross others; the first mends nearly all. */
const SWEEPS = 6;
/** Ways towards the mean of the neighbours that are tried: as short a one as will do. */
const SHARES = [0.25, 0.5, 0.75, 1, 1.4];
/** A move may leave no triangle smaller than this share of what it was. */
const SHRINK = 0.1;

/**
 * Moves vertices at which faces cut through each other towards the mean of their neighbours until they no longer do, as
 * far as that helps. Squares count as cut along both of their diagonals, since importers choose. What is symmetric stays
 * that.
 *
 * Contraction to a lattice checks the surface's topology, not where its faces lie: at creases about as sharp as the squares
 * are long, a corner can end behind a face beside it, at one vertex in a thousand.
 */
export function untangle(mesh: Mesh, mirror: Pick<Mirror, "nx" | "nz" | "offset"> | null): Mesh {
  const { sizes, corners } = pairTriangles(mesh);
  const crossings = new FaceCrossings(
    mesh.positions.slice(),
    sizes,
    corners.map((c) => mesh.triangles[c]!),
  );
  let found = crossings.all();
  if (!found.length) return mesh;
  const p = crossings.positions;
  const neighbours = neighboursOf(mesh);
  const partners = mirror && partnersOf(mesh, mirror);
  if (mirror && !partners) return mesh;
  for (let sweep = 0; sweep < SWEEPS && found.length; sweep++) {
    for (const [f, g] of found) {
      for (const v of new Set([...crossings.vertices(f), ...crossings.vertices(g)])) {
        if (!crossings.cross(f, g)) break;
        relax(v);
      }
    }
    const left = crossings.all();
    if (left.length === found.length) break;
    found = left;
  }
  return { positions: p, triangles: mesh.triangles };

  /** Moves a vertex, and its reflection, if fewer faces cross for it. */
  function relax(v: number): void {
    const moved = partners && partners[v] !== v ? [v, partners[v]!] : [v];
    const before = moved.map((one) => [...p.subarray(3 * one, 3 * one + 3)]);
    const count = crossings.countAround(moved);
    const area = smallestAround(v);
    const around = neighbours[v]!;
    const mean = [0, 1, 2].map((k) => around.reduce((sum, w) => sum + p[3 * w + k]!, 0) / around.length);
    for (const share of SHARES) {
      place(
        v,
        mean.map((to, k) => before[0]![k]! + share * (to - before[0]![k]!)),
      );
      if (smallestAround(v) >= SHRINK * area && crossings.countAround(moved) < count) return;
    }
    moved.forEach((one, i) => {
      crossings.move(one, before[i]!);
    });
  }

  /** Area of the smallest triangle that a face at v can be cut into. */
  function smallestAround(v: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const f of crossings.facesAt(v)) {
      const own = crossings.vertices(f);
      for (let k = 0; k < (own.length === 3 ? 1 : 4); k++) {
        const three = Uint32Array.from([0, 1, 2], (step) => own[(k + step) % own.length]!);
        least = Math.min(least, triangleArea(p, three, 0));
      }
    }
    return least;
  }

  /** Puts a vertex somewhere, and its reflection accordingly. */
  function place(v: number, spot: number[]): void {
    if (!partners || !mirror) {
      crossings.move(v, spot);
      return;
    }
    const { nx, nz, offset } = mirror;
    const away = spot[0]! * nx + spot[2]! * nz - offset;
    const shifted = (by: number) => [spot[0]! - by * nx, spot[1]!, spot[2]! - by * nz];
    if (partners[v] === v) {
      crossings.move(v, shifted(away));
      return;
    }
    crossings.move(v, spot);
    crossings.move(partners[v]!, shifted(2 * away));
  }
}

function neighboursOf({ positions, triangles }: Mesh): number[][] {
  const neighbours: number[][] = Array.from({ length: positions.length / 3 }, () => []);
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) neighbours[triangles[t + k]!]!.push(triangles[t + ((k + 1) % 3)]!);
  }
  return neighbours;
}

/** Reflections are found in cells of this side, cube units, and as much as a tenth of it away. */
const CELL = 1e-4;

/** The reflection of each vertex; null where one has none. */
function partnersOf({ positions: p }: Mesh, { nx, nz, offset }: Pick<Mirror, "nx" | "nz" | "offset">) {
  const key = (spot: readonly number[], shift = 0) =>
    spot.map((at, k) => Math.round(at / CELL + (shift & (1 << k) ? 0.1 : -0.1))).join();
  const known = new Map<string, number>();
  const partners = new Int32Array(p.length / 3).fill(-1);
  // Each is known by the cells of all places within a tenth of a cell: one to eight.
  for (let v = 0; v < partners.length; v++) {
    for (let shift = 0; shift < 8; shift++) known.set(key([p[3 * v]!, p[3 * v + 1]!, p[3 * v + 2]!], shift), v);
  }
  for (let v = 0; v < partners.length; v++) {
    const away = 2 * (p[3 * v]! * nx + p[3 * v + 2]! * nz - offset);
    const spot = [p[3 * v]! - away * nx, p[3 * v + 1]!, p[3 * v + 2]! - away * nz];
    partners[v] = known.get(spot.map((at) => Math.round(at / CELL)).join()) ?? -1;
  }
  return partners.includes(-1) ? null : partners;
}
