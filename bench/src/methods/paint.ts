import { type Camera, cameraBasis, project } from "@maquette/engine/frames";
import { squaredDistances } from "@maquette/engine/image/distance-transform";
import { cornerNormals } from "@maquette/engine/raster/normals";
import type { RenderMesh } from "@maquette/engine/raster/render";
import type { Mesh, RgbaImage } from "@maquette/engine/types";

/**
 * Colours each vertex from the picture that it faces most, whatever hides it: the plainest colouring there is, so that
 * shapes without a method of their own can be compared by picture too.
 */
export function paintVertices(mesh: Mesh, cutouts: readonly RgbaImage[], cameras: readonly Camera[]): RenderMesh {
  const count = mesh.positions.length / 3;
  const corners = cornerNormals(mesh, 180);
  const normals = new Float32Array(3 * count);
  mesh.triangles.forEach((v, c) => {
    normals.set(corners.subarray(3 * c, 3 * c + 3), 3 * v);
  });
  const sources = cutouts.map((image, i) => ({
    image,
    camera: cameras[i],
    towards: cameraBasis(cameras[i]).towards,
    opaque: nearestOpaque(image),
  }));
  const vertexColors = new Uint8Array(3 * count);
  for (let v = 0; v < count; v++) {
    const [x, y, z] = mesh.positions.subarray(3 * v, 3 * v + 3);
    const [nx, ny, nz] = normals.subarray(3 * v, 3 * v + 3);
    let best = sources[0];
    let most = Number.NEGATIVE_INFINITY;
    for (const source of sources) {
      const facing = nx * source.towards[0] + ny * source.towards[1] + nz * source.towards[2];
      if (facing > most + 1e-6) {
        most = facing;
        best = source;
      }
    }
    const { width, height, data } = best.image;
    const { px, py } = project(best.camera, x, y, z);
    const column = Math.max(0, Math.min(width - 1, Math.floor(px)));
    const row = Math.max(0, Math.min(height - 1, Math.floor(py)));
    const from = 4 * best.opaque[row * width + column];
    if (from >= 0) vertexColors.set(data.subarray(from, from + 3), 3 * v);
  }
  return { ...mesh, vertexColors };
}

/** For each pixel the nearest one that shows the object without any background. */
function nearestOpaque(image: RgbaImage): Int32Array {
  const { width, height, data } = image;
  const opaque = Uint8Array.from({ length: width * height }, (_, i) => (data[4 * i + 3] >= 250 ? 1 : 0));
  const nearest = new Int32Array(width * height);
  squaredDistances(opaque, width, height, nearest);
  return nearest;
}
