import type { RenderMesh } from "../raster/render.ts";
import { makeTexture } from "../raster/texture.ts";
import type { AssetScene, PartMesh } from "../types.ts";

/** The finest level of a scene as one mesh to render, moved and scaled so that its bounding sphere fits the cube. */
export function sceneMesh(scene: AssetScene): RenderMesh {
  const { parts } = scene;
  let vertices = 0;
  let corners = 0;
  for (const part of parts) {
    vertices += part.positions.length / 3;
    for (const size of part.sizes) corners += 3 * (size - 2);
  }
  const mesh = {
    positions: new Float32Array(3 * vertices),
    triangles: new Uint32Array(corners),
    uvs: new Float32Array(2 * corners),
    normals: new Float32Array(3 * corners),
    textures: [makeTexture(scene.material.baseColor)],
  };
  const { center, scale } = framing(parts);
  let vertex = 0;
  let corner = 0;
  for (const part of parts) {
    for (let i = 0; i < part.positions.length; i++) {
      mesh.positions[3 * vertex + i] = (part.positions[i] - center[i % 3]) * scale;
    }
    const put = (from: number) => {
      mesh.triangles[corner] = vertex + part.cornerVertices[from];
      const uv = 2 * part.cornerUvs[from];
      mesh.uvs[2 * corner] = part.uvs[uv];
      mesh.uvs[2 * corner + 1] = part.uvs[uv + 1];
      const n = 3 * part.cornerNormals[from];
      mesh.normals[3 * corner] = part.normals[n];
      mesh.normals[3 * corner + 1] = part.normals[n + 1];
      mesh.normals[3 * corner + 2] = part.normals[n + 2];
      corner++;
    };
    let first = 0;
    for (const size of part.sizes) {
      for (let k = 1; k + 1 < size; k++) {
        put(first);
        put(first + k);
        put(first + k + 1);
      }
      first += size;
    }
    vertex += part.positions.length / 3;
  }
  return mesh;
}

function framing(parts: PartMesh[]): { center: [number, number, number]; scale: number } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const { positions } of parts) {
    for (let i = 0; i < positions.length; i++) {
      const axis = i % 3;
      if (positions[i] < low[axis]) low[axis] = positions[i];
      if (positions[i] > high[axis]) high[axis] = positions[i];
    }
  }
  const center: [number, number, number] = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) center[axis] = (low[axis] + high[axis]) / 2;
  let radius = 0;
  for (const { positions } of parts) {
    for (let i = 0; i < positions.length; i += 3) {
      const d = Math.hypot(positions[i] - center[0], positions[i + 1] - center[1], positions[i + 2] - center[2]);
      if (d > radius) radius = d;
    }
  }
  return { center, scale: radius > 0 ? 0.5 / radius : 1 };
}
