import { cornerNormals } from "../raster/normals.ts";
import { type PairedTriangles, pairTriangles } from "../simplify/pair-triangles.ts";
import type { Mesh, PartMesh, RgbaImage, Topology } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";

export interface BuildOptions {
  name: string;
  topology: Topology;
  /** Edges that fold by more than this stay hard, degrees; 0 is flat shading, 180 smooth. */
  crease: number;
}

/** Brings a triangle mesh, its layout and its texture together into the polygons that exporters write. */
export function buildPart(mesh: Mesh, unwrapped: Unwrapped, baseColor: RgbaImage, options: BuildOptions): PartMesh {
  const polygons =
    options.topology === "quad" ? openFolded(pairTriangles(mesh, unwrapped.charts), unwrapped) : allTriangles(mesh);
  const { normals, cornerNormalNumbers } = numberNormals(mesh, cornerNormals(mesh, options.crease));
  const { corners } = polygons;
  return {
    name: options.name,
    pivot: [0, 0, 0],
    positions: mesh.positions,
    colors: vertexColors(mesh, unwrapped, baseColor),
    normals,
    uvs: unwrapped.uvs,
    sizes: polygons.sizes,
    cornerVertices: corners.map((c) => mesh.triangles[c]),
    cornerUvs: corners.map((c) => unwrapped.cornerUvs[c]),
    cornerNormals: corners.map((c) => cornerNormalNumbers[c]),
  };
}

/** Takes quads apart that are not convex in the texture: split along the other diagonal, they would cover a part twice. */
function openFolded({ sizes, corners }: PairedTriangles, { uvs, cornerUvs }: Unwrapped): PairedTriangles {
  const turn = (quad: Uint32Array, k: number) => {
    const [a, b, c] = [0, 1, 2].map((step) => 2 * cornerUvs[quad[(k + step) % 4]!]!) as [number, number, number];
    return (uvs[b]! - uvs[a]!) * (uvs[c + 1]! - uvs[a + 1]!) - (uvs[c]! - uvs[a]!) * (uvs[b + 1]! - uvs[a + 1]!);
  };
  const opened: number[] = [];
  const out: number[] = [];
  let at = 0;
  for (const size of sizes) {
    const own = corners.subarray(at, at + size);
    at += size;
    // v points down: what is counter-clockwise on the surface is clockwise here.
    if (size === 3 || [0, 1, 2, 3].every((k) => turn(own, k) < 0)) {
      opened.push(size);
      out.push(...own);
      continue;
    }
    for (const triangle of [own[0]!, own[2]!].map((c) => c - (c % 3))) {
      opened.push(3);
      out.push(triangle, triangle + 1, triangle + 2);
    }
  }
  return { sizes: Uint8Array.from(opened), corners: Uint32Array.from(out) };
}

function allTriangles(mesh: Mesh): PairedTriangles {
  return {
    sizes: new Uint8Array(mesh.triangles.length / 3).fill(3),
    corners: Uint32Array.from(mesh.triangles, (_, i) => i),
  };
}

/** Corners of one vertex that have the same normal share its number. */
function numberNormals(mesh: Mesh, perCorner: Float32Array) {
  const cornerNormalNumbers = new Uint32Array(mesh.triangles.length);
  // Normals of a vertex as a linked list: vertices have one to a few.
  const first = new Int32Array(mesh.positions.length / 3).fill(-1);
  const next: number[] = [];
  const values: number[] = [];
  for (let c = 0; c < mesh.triangles.length; c++) {
    const v = mesh.triangles[c];
    let found = first[v];
    while (
      found >= 0 &&
      !(
        values[3 * found] === perCorner[3 * c] &&
        values[3 * found + 1] === perCorner[3 * c + 1] &&
        values[3 * found + 2] === perCorner[3 * c + 2]
      )
    ) {
      found = next[found];
    }
    if (found < 0) {
      found = next.length;
      next.push(first[v]);
      first[v] = found;
      values.push(perCorner[3 * c], perCorner[3 * c + 1], perCorner[3 * c + 2]);
    }
    cornerNormalNumbers[c] = found;
  }
  return { normals: Float32Array.from(values), cornerNormalNumbers };
}

/** The texture's colour at each vertex: the texel under the first of its UVs. */
function vertexColors(mesh: Mesh, { uvs, vertexOfUv }: Unwrapped, { width, height, data }: RgbaImage): Uint8Array {
  const colors = new Uint8Array(mesh.positions.length);
  const done = new Uint8Array(mesh.positions.length / 3);
  for (let i = 0; i < vertexOfUv.length; i++) {
    const v = vertexOfUv[i];
    if (done[v]) continue;
    done[v] = 1;
    const x = Math.min(width - 1, Math.max(0, Math.floor(uvs[2 * i] * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor(uvs[2 * i + 1] * height)));
    colors.set(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3), 3 * v);
  }
  return colors;
}
