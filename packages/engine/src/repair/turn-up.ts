import type { UpAxis } from "../asset.ts";
import type { RenderMesh } from "../raster/render.ts";

/** Rows of the rotation that brings each axis up, turning the front as little as it can. */
const ROTATIONS: Readonly<Record<UpAxis, readonly number[]>> = {
  y: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  z: [1, 0, 0, 0, 0, 1, 0, -1, 0],
  "-z": [1, 0, 0, 0, 0, -1, 0, 1, 0],
  "-y": [-1, 0, 0, 0, -1, 0, 0, 0, 1],
  x: [0, -1, 0, 1, 0, 0, 0, 0, 1],
  "-x": [0, 1, 0, -1, 0, 0, 0, 0, 1],
};

/** Turns a model so that the given axis points along +Y. Its normals are not kept: a repair makes its own. */
export function turnUp(mesh: RenderMesh, up: UpAxis): RenderMesh {
  const { normals: _normals, ...rest } = mesh;
  if (up === "y") return rest;
  const r = ROTATIONS[up];
  const positions = new Float32Array(mesh.positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    for (let k = 0; k < 3; k++) {
      positions[i + k] =
        r[3 * k]! * mesh.positions[i]! +
        r[3 * k + 1]! * mesh.positions[i + 1]! +
        r[3 * k + 2]! * mesh.positions[i + 2]!;
    }
  }
  return { ...rest, positions };
}
