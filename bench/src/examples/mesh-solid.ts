import type { RenderMesh } from "@maquette/engine/raster/render";
import { LINEAR_OF_SRGB } from "@maquette/engine/raster/srgb";
import { polygonize } from "../methods/polygonize.ts";
import { boundsOf } from "../shape.ts";
import type { Solid } from "./solid.ts";

/** Samples a side of the field, over the object's box with a margin. */
const RESOLUTION = 224;
const COARSE = 56;

/** Objects are looked for within this distance of the origin. */
const REACH = 1.3;

/** A procedural object ready to be rendered: longest side 1, centred, with the field's own normals and colours. */
export interface MeshedSolid {
  mesh: RenderMesh;
  paint: (x: number, y: number, z: number, out: Float64Array) => void;
}

export function meshSolid(solid: Solid): MeshedSolid {
  // First roughly, to find the box; then finely within it.
  const rough = sampleMesh(solid, [0, 0, 0], 2 * REACH, COARSE);
  const { low, high } = boundsOf(rough);
  const middle = low.map((v, k) => (v + high[k]) / 2) as [number, number, number];
  const side = Math.max(...high.map((v, k) => v - low[k])) * 1.08;
  const fine = sampleMesh(solid, middle, side, RESOLUTION);
  const box = boundsOf(fine);
  const center = box.low.map((v, k) => (v + box.high[k]) / 2);
  const size = Math.max(...box.high.map((v, k) => v - box.low[k]));
  const vertexNormals = new Float32Array(fine.positions.length);
  const positions = new Float32Array(fine.positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = fine.positions.subarray(i, i + 3);
    const n = gradient(solid, x, y, z, side / RESOLUTION / 2);
    for (let k = 0; k < 3; k++) {
      vertexNormals[i + k] = n[k];
      positions[i + k] = (fine.positions[i + k] - center[k]) / size;
    }
  }
  const normals = new Float32Array(3 * fine.triangles.length);
  fine.triangles.forEach((v, c) => {
    normals.set(vertexNormals.subarray(3 * v, 3 * v + 3), 3 * c);
  });
  return {
    mesh: { positions, triangles: fine.triangles, normals },
    paint(x, y, z, out) {
      const color = solid.color(x * size + center[0], y * size + center[1], z * size + center[2]);
      for (let k = 0; k < 3; k++) out[k] = LINEAR_OF_SRGB[Math.max(0, Math.min(255, Math.round(255 * color[k])))];
    },
  };
}

/** The surface in the solid's own units, from a cubic grid about a point. */
function sampleMesh(solid: Solid, middle: readonly number[], side: number, n: number): RenderMesh {
  const field = new Float32Array(n ** 3);
  const step = side / n;
  const at = (i: number, k: number) => middle[k] + ((i + 0.5) / n - 0.5) * side;
  // Blocks that the distance at their centre proves to be all in or all out are filled; the margin allows for bounds.
  const block = 8;
  const safe = 1.5 * (Math.sqrt(3) / 2) * block * step;
  for (let bz = 0; bz < n; bz += block) {
    for (let by = 0; by < n; by += block) {
      for (let bx = 0; bx < n; bx += block) {
        const half = (block - 1) / 2;
        const d = solid.distance(at(bx + half, 0), at(by + half, 1), at(bz + half, 2));
        const whole = Math.abs(d) > safe;
        for (let z = bz; z < Math.min(n, bz + block); z++) {
          for (let y = by; y < Math.min(n, by + block); y++) {
            for (let x = bx; x < Math.min(n, bx + block); x++) {
              field[(z * n + y) * n + x] = whole ? -d : -solid.distance(at(x, 0), at(y, 1), at(z, 2));
            }
          }
        }
      }
    }
  }
  const mesh = polygonize(field, n);
  return { ...mesh, positions: mesh.positions.map((p, i) => p * side + middle[i % 3]) };
}

function gradient(solid: Solid, x: number, y: number, z: number, h: number): [number, number, number] {
  const gx = solid.distance(x + h, y, z) - solid.distance(x - h, y, z);
  const gy = solid.distance(x, y + h, z) - solid.distance(x, y - h, z);
  const gz = solid.distance(x, y, z + h) - solid.distance(x, y, z - h);
  const length = Math.hypot(gx, gy, gz) || 1;
  return [gx / length, gy / length, gz / length];
}
