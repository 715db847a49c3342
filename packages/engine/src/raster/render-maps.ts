import { type Camera, cameraBasis } from "../frames.ts";
import type { Matte, Mesh } from "../types.ts";
import { type Raster, rasterize } from "./rasterize.ts";
import { supersampled } from "./render.ts";

/** Geometry as a camera sees it, one value per pixel centre; the mask alone is anti-aliased. */
export interface RenderMaps extends Raster {
  /** Coverage. */
  mask: Matte;
  /** Unit normal of the face in the camera's axes (right, up, towards), turned to the camera; 0 where there is nothing. */
  normal: Float32Array;
}

/**
 * Depth, normals and mask of a mesh.
 * @param samples samples a side of each pixel for the mask.
 */
export function renderMaps(mesh: Mesh, camera: Camera, width: number, height: number, samples = 2): RenderMaps {
  const raster = rasterize(mesh.positions, mesh.triangles, camera, width, height);
  const { positions: p, triangles } = mesh;
  const { right, up, towards } = cameraBasis(camera);
  const normal = new Float32Array(width * height * 3);
  for (let i = 0; i < raster.triangle.length; i++) {
    const t = raster.triangle[i];
    if (t < 0) continue;
    const a = 3 * triangles[3 * t];
    const b = 3 * triangles[3 * t + 1];
    const c = 3 * triangles[3 * t + 2];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    const s = camera.perspective;
    const facing = nx * (towards[0] - s * p[a]) + ny * (towards[1] - s * p[a + 1]) + nz * (towards[2] - s * p[a + 2]);
    const scale = (facing < 0 ? -1 : 1) / Math.sqrt(nx * nx + ny * ny + nz * nz);
    normal[3 * i] = scale * (nx * right[0] + ny * right[1] + nz * right[2]);
    normal[3 * i + 1] = scale * (nx * up[0] + ny * up[1] + nz * up[2]);
    normal[3 * i + 2] = scale * (nx * towards[0] + ny * towards[1] + nz * towards[2]);
  }
  return { ...raster, normal, mask: renderMask(mesh, camera, width, height, samples) };
}

/** Coverage of a mesh in a picture. */
export function renderMask(mesh: Mesh, camera: Camera, width: number, height: number, samples = 2): Matte {
  const fine = supersampled(camera, samples);
  const { triangle } = rasterize(mesh.positions, mesh.triangles, fine, width * samples, height * samples);
  const hits = new Uint16Array(width * height);
  for (let y = 0, s = 0; y < height * samples; y++) {
    const row = ((y / samples) | 0) * width;
    for (let x = 0; x < width * samples; x++, s++) {
      if (triangle[s] >= 0) hits[row + ((x / samples) | 0)]++;
    }
  }
  const data = Uint8Array.from(hits, (h) => Math.round((255 * h) / (samples * samples)));
  return { width, height, data };
}
