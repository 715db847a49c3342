import type { MeshChecks } from "../asset.ts";
import type { Mesh, PartMesh, QuadMesh } from "../types.ts";
import { type HalfEdges, halfEdges, type Polygons } from "./half-edges.ts";

/**
 * A triangle is degenerate when its height is below this share of the mesh's largest coordinate: float32 cannot tell
 * its three corners from points on a line.
 */
const FLAT = 2 ** -24;

/**
 * Counts what keeps a mesh from being closed, two-manifold and consistently oriented; all zeros but `components` means
 * that it is. 700,000 triangles take 0.2 s.
 *
 * - `openEdges`: edges of one face.
 * - `nonManifoldEdges`: edges of more than two faces, or of two that run along it in the same direction.
 * - `nonManifoldVertices`: vertices whose faces form more than one fan.
 * - `degenerateFaces`: faces that repeat a vertex or have no area. A quad is one when both its diagonals leave such a triangle.
 * - `components`: pieces connected through shared vertices.
 *
 * Vertices are what the numbers say: a file that splits them at seams goes through `weldByPosition` first.
 */
export function checkMesh(mesh: Mesh | QuadMesh | PartMesh | Polygons): MeshChecks {
  const polygons = toPolygons(mesh);
  const edges = halfEdges(polygons);
  return {
    openEdges: edges.openEdges,
    nonManifoldEdges: edges.nonManifoldEdges,
    nonManifoldVertices: countNonManifoldVertices(polygons, edges),
    degenerateFaces: countDegenerateFaces(polygons),
    components: countComponents(polygons),
  };
}

/** Any of the engine's meshes as polygons. */
export function toPolygons(mesh: Mesh | QuadMesh | PartMesh | Polygons): Polygons {
  const { positions } = mesh;
  if ("triangles" in mesh) {
    return { positions, sizes: new Uint8Array(mesh.triangles.length / 3).fill(3), corners: mesh.triangles };
  }
  if ("quads" in mesh) {
    return { positions, sizes: new Uint8Array(mesh.quads.length / 4).fill(4), corners: mesh.quads };
  }
  return { positions, sizes: mesh.sizes, corners: "corners" in mesh ? mesh.corners : mesh.cornerVertices };
}

function countNonManifoldVertices({ positions, corners }: Polygons, edges: HalfEdges): number {
  const { previous, twin, next } = edges;
  const fans = new Uint8Array(positions.length / 3);
  const seen = new Uint8Array(corners.length);
  let bad = 0;
  for (let start = 0; start < corners.length; start++) {
    if (seen[start]) continue;
    // Around the vertex one way, until the fan closes or ends at a border; then the other way from the start.
    let c = start;
    for (;;) {
      seen[c] = 1;
      const across = twin[previous[c]!]!;
      if (across < 0 || seen[across]) break;
      c = across;
    }
    for (c = start; ; ) {
      const across = twin[c]!;
      if (across < 0 || seen[next[across]!]) break;
      c = next[across]!;
      seen[c] = 1;
    }
    const v = corners[start]!;
    if (fans[v] === 1) bad++;
    fans[v] = Math.min(2, fans[v]! + 1);
  }
  return bad;
}

function countDegenerateFaces({ positions, sizes, corners }: Polygons): number {
  let largest = 0;
  for (let i = 0; i < positions.length; i++) largest = Math.max(largest, Math.abs(positions[i]!));
  const height = largest * FLAT;
  const flat = (a: number, b: number, c: number) => isFlat(positions, corners[a]!, corners[b]!, corners[c]!, height);
  let count = 0;
  let at = 0;
  for (const size of sizes) {
    if (size === 3) {
      if (flat(at, at + 1, at + 2)) count++;
    } else if (
      corners[at] === corners[at + 2] ||
      corners[at + 1] === corners[at + 3] ||
      ((flat(at, at + 1, at + 2) || flat(at, at + 2, at + 3)) &&
        (flat(at, at + 1, at + 3) || flat(at + 1, at + 2, at + 3)))
    ) {
      count++;
    }
    at += size;
  }
  return count;
}

function isFlat(p: Float32Array, a: number, b: number, c: number, height: number): boolean {
  if (a === b || b === c || c === a) return true;
  const ux = p[b * 3]! - p[a * 3]!;
  const uy = p[b * 3 + 1]! - p[a * 3 + 1]!;
  const uz = p[b * 3 + 2]! - p[a * 3 + 2]!;
  const vx = p[c * 3]! - p[a * 3]!;
  const vy = p[c * 3 + 1]! - p[a * 3 + 1]!;
  const vz = p[c * 3 + 2]! - p[a * 3 + 2]!;
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const longest2 = Math.max(
    ux * ux + uy * uy + uz * uz,
    vx * vx + vy * vy + vz * vz,
    (ux - vx) ** 2 + (uy - vy) ** 2 + (uz - vz) ** 2,
  );
  return nx * nx + ny * ny + nz * nz <= longest2 * height * height;
}

function countComponents({ positions, sizes, corners }: Polygons): number {
  const parent = new Int32Array(positions.length / 3).fill(-1);
  const root = (v: number): number => {
    let r = v;
    while (parent[r]! !== r) {
      parent[r] = parent[parent[r]!]!;
      r = parent[r]!;
    }
    return r;
  };
  let count = 0;
  for (const v of corners) {
    if (parent[v]! < 0) {
      parent[v] = v;
      count++;
    }
  }
  let at = 0;
  for (const size of sizes) {
    const a = corners[at]!;
    for (let i = 1; i < size; i++) {
      const [x, y] = [root(a), root(corners[at + i]!)];
      if (x === y) continue;
      parent[Math.max(x, y)] = Math.min(x, y);
      count--;
    }
    at += size;
  }
  return count;
}
