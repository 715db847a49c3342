import * as watlas from "watlas";
import type { Mesh } from "../types.ts";
import type { FlatCharts } from "./flat-charts.ts";

/** Texels a unit at which charts are read: xatlas gives their points once they are packed only. */
const DENSITY = 256;

/** Cuts the surface into charts that lie flat with little stretch (xatlas, as WebAssembly). */
export async function chartSurface(mesh: Mesh): Promise<FlatCharts> {
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
    // More iterations took longer and left as many charts, give or take one.
    atlas.computeCharts({ maxIterations: 1, fixWinding: true });
    // Turned by quarters, charts would come out mirrored.
    atlas.packCharts({ texelsPerUnit: DENSITY, resolution: 0, rotateCharts: false });
    return unstretch(mesh, read(atlas.getMesh(0), atlas.chartCount));
  } finally {
    atlas.delete();
  }
}

function read(laid: watlas.Mesh, chartCount: number): FlatCharts {
  const points = new Float64Array(2 * laid.vertexCount);
  for (let i = 0; i < laid.vertexCount; i++) {
    const { uv } = laid.getVertex(i);
    points[2 * i] = uv[0] / DENSITY;
    points[2 * i + 1] = uv[1] / DENSITY;
  }
  const cornerUvs = new Uint32Array(laid.indexCount);
  laid.getIndexArray(cornerUvs);
  const charts = new Uint32Array(laid.indexCount / 3);
  for (let c = 0; c < laid.chartCount; c++) {
    const one = laid.getChart(c);
    const faces = new Uint32Array(one.faceCount);
    one.getFaceArray(faces);
    for (const f of faces) charts[f] = c;
  }
  return { points, cornerUvs, charts, chartCount };
}

/**
 * Takes back that xatlas stretches each chart to whole texels, which made a square of small ones up to twice as large:
 * widths and heights are scaled so that, in the mean over the chart, they are those of the surface.
 */
function unstretch({ positions: p, triangles }: Mesh, flat: FlatCharts): FlatCharts {
  const { cornerUvs, charts, chartCount } = flat;
  const areas = new Float64Array(chartCount);
  const squares = new Float64Array(2 * chartCount);
  const chartOf = new Float64Array(flat.points.length / 2);
  for (let t = 0; t < charts.length; t++) {
    const [a, b, c] = [3 * triangles[3 * t]!, 3 * triangles[3 * t + 1]!, 3 * triangles[3 * t + 2]!];
    const [ux, uy, uz] = [p[b]! - p[a]!, p[b + 1]! - p[a + 1]!, p[b + 2]! - p[a + 2]!];
    const [wx, wy, wz] = [p[c]! - p[a]!, p[c + 1]! - p[a + 1]!, p[c + 2]! - p[a + 2]!];
    const base = Math.hypot(ux, uy, uz);
    const along = (ux * wx + uy * wy + uz * wz) / base;
    const height = Math.sqrt(Math.max(0, wx * wx + wy * wy + wz * wz - along * along));
    const area = (base * height) / 2;
    if (!(area > 0)) continue;
    areas[charts[t]!]! += area;
    const uvs = [0, 1, 2].map((k) => cornerUvs[3 * t + k]!);
    for (const uv of uvs) chartOf[uv] = charts[t]!;
    for (let k = 0; k < 2; k++) {
      const [at, atB, atC] = uvs.map((uv) => flat.points[2 * uv + k]!) as [number, number, number];
      const first = (atB - at) / base;
      const second = (atC - at - first * along) / height;
      squares[2 * charts[t]! + k]! += area * (first * first + second * second);
    }
  }
  const points = flat.points.map((value, i) => {
    const chart = chartOf[i >> 1]!;
    return value * Math.sqrt(areas[chart]! / squares[2 * chart + (i & 1)]! || 1);
  });
  return { ...flat, points };
}
