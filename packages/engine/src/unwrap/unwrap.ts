import type { Mesh } from "../types.ts";
import { chartSurface } from "./chart-surface.ts";
import { joinQuads } from "./join-quads.ts";
import { packCharts } from "./pack-charts.ts";
import { splitOverlaps } from "./split-overlaps.ts";
import { standUpright } from "./stand-upright.ts";

export interface UnwrapOptions {
  /** Texels a side of the square texture. */
  textureSize: number;
  /** Texels between charts. */
  padding: number;
  /** Triangle with which each triangle makes a quad, or -1; the cuts between charts then follow the sides of quads. */
  mates?: Int32Array;
}

/** A parametrisation of a mesh over one square texture: no texel is in two triangles, and none is mirrored. */
export interface Unwrapped {
  /** 2 per UV, 0–1, origin at the texture's top left, v down. */
  uvs: Float32Array;
  /** UV number of each triangle corner. */
  cornerUvs: Uint32Array;
  /** Vertex of the mesh to which each UV belongs. */
  vertexOfUv: Uint32Array;
  /** Chart of each triangle. */
  charts: Uint32Array;
  chartCount: number;
  /** Share of the texture that charts cover. */
  utilization: number;
}

/** Charts are packed on a grid of at most this side; finer ones took four times as long for 1 % more of the texture. */
const PACKING_SIDE = 512;

/** Cuts the surface into charts and packs them. */
export async function unwrap(mesh: Mesh, options: UnwrapOptions): Promise<Unwrapped> {
  const { textureSize } = options;
  const side = Math.min(textureSize, PACKING_SIDE);
  const padding = Math.ceil((options.padding * side) / textureSize);
  const mates = options.mates ?? new Int32Array(mesh.triangles.length / 3).fill(-1);
  const charted = await chartSurface(mesh);
  const { flat, standing } = standUpright(mesh, splitOverlaps(mesh, joinQuads(mesh, charted, mates), mates));
  const places = packCharts(flat, { side, padding, standing });
  const { cornerUvs, charts, chartCount } = flat;
  const uvs = Float32Array.from(places, (value, i) => (i % 2 === 0 ? value / side : 1 - value / side));
  const vertexOfUv = new Uint32Array(uvs.length / 2);
  cornerUvs.forEach((uv, corner) => {
    vertexOfUv[uv] = mesh.triangles[corner]!;
  });
  return { uvs, cornerUvs, vertexOfUv, charts, chartCount, utilization: coveredShare(uvs, cornerUvs) };
}

function coveredShare(uvs: Float32Array, corners: Uint32Array): number {
  let area = 0;
  for (let t = 0; t < corners.length; t += 3) {
    const [a, b, c] = [2 * corners[t]!, 2 * corners[t + 1]!, 2 * corners[t + 2]!];
    area +=
      Math.abs((uvs[b]! - uvs[a]!) * (uvs[c + 1]! - uvs[a + 1]!) - (uvs[c]! - uvs[a]!) * (uvs[b + 1]! - uvs[a + 1]!)) /
      2;
  }
  return area;
}
