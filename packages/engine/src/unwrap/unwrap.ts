import * as watlas from "watlas";
import { EngineError } from "../errors.ts";
import type { Mesh } from "../types.ts";

export interface UnwrapOptions {
  /** Texels a side of the square texture. */
  textureSize: number;
  /** Texels between charts. */
  padding: number;
}

/** A parametrisation of a mesh over one square texture. */
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

/** Charts never fill a square completely; beyond this many packings the gain is below 1 %. */
const PACKINGS = 6;

/**
 * Cuts the surface into charts and packs them (xatlas, as WebAssembly). xatlas treats the asked resolution as a hint
 * and returns whatever rectangle came out, so the texel density is searched for which the rectangle just fits the
 * square: packing takes a tenth of a second, and the first answer alone would waste up to half of the texels.
 */
export async function unwrap(mesh: Mesh, options: UnwrapOptions): Promise<Unwrapped> {
  const { textureSize, padding } = options;
  await watlas.Initialize();
  const atlas = new watlas.Atlas();
  try {
    atlas.addMesh({
      vertexPositionData: mesh.positions,
      vertexCount: mesh.positions.length / 3,
      vertexPositionStride: 12,
      indexData: mesh.triangles,
      indexCount: mesh.triangles.length,
    });
    atlas.computeCharts({ maxIterations: 4, fixWinding: true });
    // `resolution` 0 with a density packs at exactly that density.
    const pack = (texelsPerUnit: number) => {
      atlas.packCharts({ texelsPerUnit, resolution: 0, padding, bilinear: true, rotateCharts: true });
      return Math.max(atlas.width, atlas.height);
    };
    let density = textureSize / Math.sqrt(2 * surfaceArea(mesh));
    let fits = 0;
    let tooDense = Number.POSITIVE_INFINITY;
    for (let i = 0; i < PACKINGS || fits === 0; i++) {
      if (i > 4 * PACKINGS) throw new EngineError("too_complex", "its surface cannot be laid out in one texture");
      const side = pack(density);
      if (atlas.atlasCount === 1 && side <= textureSize) fits = density;
      else tooDense = density;
      const guess = density * (textureSize / side);
      const low = fits || density / 2;
      density = Math.min(
        tooDense === Number.POSITIVE_INFINITY ? guess * 1.02 : (low + tooDense) / 2,
        Math.max(guess, low) * 1.02,
      );
      if (fits > 0 && tooDense / fits < 1.01) break;
    }
    pack(fits);
    return read(atlas, mesh, textureSize);
  } finally {
    atlas.delete();
  }
}

function surfaceArea({ positions: p, triangles }: Mesh): number {
  let area = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    area += Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
  }
  return area;
}

function read(atlas: watlas.Atlas, mesh: Mesh, textureSize: number): Unwrapped {
  const laid = atlas.getMesh(0);
  const count = laid.vertexCount;
  const uvs = new Float32Array(2 * count);
  const vertexOfUv = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const v = laid.getVertex(i);
    uvs[2 * i] = v.uv[0] / textureSize;
    uvs[2 * i + 1] = v.uv[1] / textureSize;
    vertexOfUv[i] = v.xref;
  }
  const cornerUvs = new Uint32Array(laid.indexCount);
  laid.getIndexArray(cornerUvs);
  const charts = new Uint32Array(mesh.triangles.length / 3);
  for (let c = 0; c < laid.chartCount; c++) {
    const chart = laid.getChart(c);
    const faces = new Uint32Array(chart.faceCount);
    chart.getFaceArray(faces);
    for (const f of faces) charts[f] = c;
  }
  return {
    uvs,
    cornerUvs,
    vertexOfUv,
    charts,
    chartCount: atlas.chartCount,
    utilization: coveredShare(uvs, cornerUvs),
  };
}

function coveredShare(uvs: Float32Array, corners: Uint32Array): number {
  let area = 0;
  for (let t = 0; t < corners.length; t += 3) {
    const [a, b, c] = [2 * corners[t], 2 * corners[t + 1], 2 * corners[t + 2]];
    area += Math.abs((uvs[b] - uvs[a]) * (uvs[c + 1] - uvs[a + 1]) - (uvs[c] - uvs[a]) * (uvs[b + 1] - uvs[a + 1])) / 2;
  }
  return area;
}
