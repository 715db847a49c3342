import { cubeCamera } from "@maquette/engine/frames";
import { projectVertices, rasterize } from "@maquette/engine/raster/rasterize";
import type { RgbaImage } from "@maquette/engine/types";
import type { ShadedMesh } from "./read-shaded.ts";

/** From four sides, from above and below in turn. */
const DIRECTIONS = [
  { azimuth: 30, elevation: 20 },
  { azimuth: 120, elevation: -20 },
  { azimuth: 210, elevation: 20 },
  { azimuth: 300, elevation: -20 },
] as const;
const SIZE = 700;
/** Pixels in which the two surfaces are farther apart than this show different things; cube units. */
const SAME = 0.02;
/** An error that an eye sees in the shading, degrees. */
const VISIBLE = 15;

export interface NormalError {
  /** Mean angle between the shaded normals, degrees. */
  mean: number;
  /** Share of pixels that are off by more than 15°. */
  visible: number;
}

/**
 * How far the shaded normals of a mesh are from those of the dense surface, over four orthographic pictures of 700²:
 * without its normal map, and with it.
 */
export function normalErrors(dense: ShadedMesh, mesh: ShadedMesh): { plain: NormalError; mapped: NormalError } {
  const [plain, mapped] = [
    { sum: 0, visible: 0 },
    { sum: 0, visible: 0 },
  ];
  let count = 0;
  for (const { azimuth, elevation } of DIRECTIONS) {
    const camera = cubeCamera(azimuth, elevation, SIZE, 0.75);
    const [a, b] = [dense, mesh].map((one) => {
      const { triangle, depth } = rasterize(one.positions, one.triangles, camera, SIZE, SIZE);
      return { triangle, depth, projected: projectVertices(one.positions, camera) };
    });
    const wanted = new Float64Array(3);
    const found = new Float64Array(3);
    for (let i = 0; i < a.triangle.length; i++) {
      const [s, t] = [a.triangle[i], b.triangle[i]];
      if (s < 0 || t < 0 || Math.abs(a.depth[i] - b.depth[i]) > SAME) continue;
      const [x, y] = [(i % SIZE) + 0.5, Math.floor(i / SIZE) + 0.5];
      const w = weights(mesh, t, b.projected, x, y);
      normalAt(dense, s, weights(dense, s, a.projected, x, y), false, wanted);
      count++;
      for (const one of [plain, mapped]) {
        normalAt(mesh, t, w, one === mapped, found);
        const angle = angleBetween(wanted, found);
        one.sum += angle;
        if (angle > VISIBLE) one.visible++;
      }
    }
  }
  const mean = ({ sum, visible }: typeof plain) => ({ mean: sum / count, visible: visible / count });
  return { plain: mean(plain), mapped: mean(mapped) };
}

/** Degrees. */
function angleBetween(a: Float64Array, b: Float64Array): number {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const lengths = Math.sqrt((a[0] ** 2 + a[1] ** 2 + a[2] ** 2) * (b[0] ** 2 + b[1] ** 2 + b[2] ** 2));
  return lengths > 0 ? (Math.acos(Math.min(1, Math.max(-1, dot / lengths))) * 180) / Math.PI : 90;
}

type Weights = [number, number, number];

/** Barycentric weights of a pixel; linear without perspective. */
function weights(
  { triangles }: ShadedMesh,
  t: number,
  { sx, sy }: ReturnType<typeof projectVertices>,
  x: number,
  y: number,
): Weights {
  const [a, b, c] = [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]];
  const area = (sx[b] - sx[a]) * (sy[c] - sy[a]) - (sx[c] - sx[a]) * (sy[b] - sy[a]);
  const wb = ((x - sx[a]) * (sy[c] - sy[a]) - (sx[c] - sx[a]) * (y - sy[a])) / area;
  const wc = ((sx[b] - sx[a]) * (y - sy[a]) - (x - sx[a]) * (sy[b] - sy[a])) / area;
  return [1 - wb - wc, wb, wc];
}

/** The shading normal at a point of a triangle, any length, as glTF 2.0 (3.9.3) has it. */
function normalAt(mesh: ShadedMesh, t: number, w: Weights, mapped: boolean, out: Float64Array): void {
  const at = (values: Float32Array, size: number, k: number) =>
    w[0] * values[(3 * t + 0) * size + k] +
    w[1] * values[(3 * t + 1) * size + k] +
    w[2] * values[(3 * t + 2) * size + k];
  const [nx, ny, nz] = [0, 1, 2].map((k) => at(mesh.normals, 3, k));
  out.set([nx, ny, nz]);
  const { tangents, uvs, normalMap } = mesh;
  if (!mapped || !tangents || !uvs || !normalMap) return;
  const [tx, ty, tz] = [0, 1, 2].map((k) => at(tangents, 4, k));
  const sign = tangents[12 * t + 3];
  const [bx, by, bz] = [sign * (ny * tz - nz * ty), sign * (nz * tx - nx * tz), sign * (nx * ty - ny * tx)];
  const [x, y, z] = texel(normalMap, at(uvs, 2, 0), at(uvs, 2, 1));
  out.set([x * tx + y * bx + z * nx, x * ty + y * by + z * ny, x * tz + y * bz + z * nz]);
}

/** Bilinear, -1…1. */
function texel({ width, height, data }: RgbaImage, u: number, v: number): Weights {
  const [x, y] = [Math.max(0, u * width - 0.5), Math.max(0, v * height - 0.5)];
  const [ix, iy] = [Math.min(width - 2, Math.floor(x)), Math.min(height - 2, Math.floor(y))];
  const [fx, fy] = [x - ix, y - iy];
  const from = 4 * (iy * width + ix);
  const below = from + 4 * width;
  return [0, 1, 2].map((k) => {
    const top = (1 - fx) * data[from + k] + fx * data[from + 4 + k];
    const bottom = (1 - fx) * data[below + k] + fx * data[below + 4 + k];
    return ((1 - fy) * top + fy * bottom) / 127.5 - 1;
  }) as Weights;
}
