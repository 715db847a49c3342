import * as watlas from "watlas";
import { EngineError } from "../errors.ts";
import { halfEdges } from "../mesh/half-edges.ts";
import { surfaceArea } from "../mesh/triangle-area.ts";
import type { Mesh } from "../types.ts";

export interface UnwrapOptions {
  /** Texels a side of the square texture. */
  textureSize: number;
  /** Texels between charts. */
  padding: number;
  /** Triangle with which each triangle makes a quad, or -1; the cuts between charts then follow the sides of quads. */
  mates?: Int32Array;
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
 * Charts are packed on a grid of at most this side, and larger textures refine it. xatlas places them texel by texel:
 * at 4,096² that took 5 to 9 s of processor time, against 0.4 to 1.1 s here, for the same share of the texture (0.59
 * against 0.60, 0.25 against 0.23, 0.62 against 0.63 on three examples).
 */
const PACKING_SIDE = 1024;

/**
 * Cuts the surface into charts and packs them (xatlas, as WebAssembly). xatlas treats the asked resolution as a hint
 * and returns whatever rectangle came out, so the texel density is searched for which the rectangle just fits the
 * square: packing takes a tenth of a second, and the first answer alone would waste up to half of the texels.
 */
export async function unwrap(mesh: Mesh, options: UnwrapOptions): Promise<Unwrapped> {
  const { textureSize, mates } = options;
  const packingSide = Math.min(textureSize, PACKING_SIDE);
  const padding = Math.ceil((options.padding * packingSide) / textureSize);
  await watlas.Initialize();
  const atlas = mates ? chartQuads(mesh, mates) : chart(mesh, 4);
  try {
    // `resolution` 0 with a density packs at exactly that density.
    const pack = (texelsPerUnit: number) => {
      atlas.packCharts({ texelsPerUnit, resolution: 0, padding, bilinear: true, rotateCharts: true });
      return Math.max(atlas.width, atlas.height);
    };
    let density = packingSide / Math.sqrt(2 * surfaceArea(mesh));
    let fits = 0;
    let tooDense = Number.POSITIVE_INFINITY;
    for (let i = 0; i < PACKINGS || fits === 0; i++) {
      if (i > 4 * PACKINGS) throw new EngineError("too_complex", "its surface cannot be laid out in one texture");
      const side = pack(density);
      if (atlas.atlasCount === 1 && side <= packingSide) fits = density;
      else tooDense = density;
      const guess = density * (packingSide / side);
      const low = fits || density / 2;
      density = Math.min(
        tooDense === Number.POSITIVE_INFINITY ? guess * 1.02 : (low + tooDense) / 2,
        Math.max(guess, low) * 1.02,
      );
      if (fits > 0 && tooDense / fits < 1.01) break;
    }
    pack(fits);
    return read(atlas, mesh, packingSide);
  } finally {
    atlas.delete();
  }
}

/** Computes charts. @param groups of the triangles that no chart may mix. */
function chart(mesh: Mesh, maxIterations: number, groups?: Uint32Array): watlas.Atlas {
  const atlas = new watlas.Atlas();
  atlas.addMesh({
    vertexPositionData: mesh.positions,
    vertexCount: mesh.positions.length / 3,
    vertexPositionStride: 12,
    indexData: mesh.triangles,
    indexCount: mesh.triangles.length,
    ...(groups ? { faceMaterialData: groups } : {}),
  });
  atlas.computeCharts({ maxIterations, fixWinding: true });
  return atlas;
}

/**
 * Charts whose borders follow the sides of quads. xatlas takes polygons, but its WebAssembly build does not get their
 * sizes across; so charts are computed for triangles, both halves of every quad are given to one of them, and the
 * result goes back in as a partition to be kept. Of 2,614 quads the first charts cut 77 in two, the second 13.
 */
function chartQuads(mesh: Mesh, mates: Int32Array): watlas.Atlas {
  const first = chart(mesh, 1);
  // Charts can be read of a packed atlas only; how well does not matter here.
  first.packCharts({ resolution: 128 });
  const charts = chartOfTriangles(first.getMesh(0), mates.length);
  first.delete();
  unite(mesh, mates, charts);
  return chart(mesh, 1, charts);
}

/** Passes over the quads: moving one can make the other chart the better one for its neighbour. */
const UNITE_ROUNDS = 8;

/** Gives both halves of each quad to the one of their charts that more of their neighbours belong to, in place. */
function unite(mesh: Mesh, mates: Int32Array, charts: Uint32Array): void {
  const { twin } = halfEdges({
    positions: mesh.positions,
    sizes: new Uint8Array(mates.length).fill(3),
    corners: mesh.triangles,
  });
  const neighbours = (t: number, u: number, wanted: number): number => {
    let count = 0;
    for (const c of [3 * t, 3 * t + 1, 3 * t + 2, 3 * u, 3 * u + 1, 3 * u + 2]) {
      const other = (twin[c] / 3) | 0;
      if (other !== t && other !== u && charts[other] === wanted) count++;
    }
    return count;
  };
  for (let round = 0; round < UNITE_ROUNDS; round++) {
    let moved = false;
    for (let t = 0; t < mates.length; t++) {
      const u = mates[t];
      if (u < t || charts[t] === charts[u]) continue;
      const chosen = neighbours(t, u, charts[t]) >= neighbours(t, u, charts[u]) ? charts[t] : charts[u];
      charts[t] = chosen;
      charts[u] = chosen;
      moved = true;
    }
    if (!moved) return;
  }
}

function chartOfTriangles(laid: watlas.Mesh, count: number): Uint32Array {
  const charts = new Uint32Array(count);
  for (let c = 0; c < laid.chartCount; c++) {
    const one = laid.getChart(c);
    const faces = new Uint32Array(one.faceCount);
    one.getFaceArray(faces);
    for (const f of faces) charts[f] = c;
  }
  return charts;
}

function read(atlas: watlas.Atlas, mesh: Mesh, side: number): Unwrapped {
  const laid = atlas.getMesh(0);
  const count = laid.vertexCount;
  const uvs = new Float32Array(2 * count);
  const vertexOfUv = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const v = laid.getVertex(i);
    uvs[2 * i] = v.uv[0] / side;
    uvs[2 * i + 1] = v.uv[1] / side;
    vertexOfUv[i] = v.xref;
  }
  const cornerUvs = new Uint32Array(laid.indexCount);
  laid.getIndexArray(cornerUvs);
  return {
    uvs,
    cornerUvs,
    vertexOfUv,
    charts: chartOfTriangles(laid, mesh.triangles.length / 3),
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
