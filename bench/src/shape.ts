import { cornerNormals } from "@maquette/engine/raster/normals";
import type { RenderMesh } from "@maquette/engine/raster/render";
import type { Mesh } from "@maquette/engine/types";

/** Smallest box around the vertices that triangles use. */
export function boundsOf(mesh: Mesh): { low: [number, number, number]; high: [number, number, number] } {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const v of mesh.triangles) {
    for (let axis = 0; axis < 3; axis++) {
      const value = mesh.positions[3 * v + axis];
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  }
  return { low, high };
}

export function extentOf(mesh: Mesh): [number, number, number] {
  const { low, high } = boundsOf(mesh);
  return [high[0] - low[0], high[1] - low[1], high[2] - low[2]];
}

/**
 * The same mesh with the centre of its bounding box at the origin and its longest side 1.
 * @throws when it has no extent at all.
 */
export function normalizeMesh(mesh: RenderMesh): RenderMesh {
  const { low, high } = boundsOf(mesh);
  const longest = Math.max(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
  if (!(longest > 0 && longest < Infinity)) throw new Error("the model has no triangles with an extent");
  const positions = mesh.positions.map((p, i) => (p - (low[i % 3] + high[i % 3]) / 2) / longest);
  return { ...mesh, positions };
}

/** The mesh with its normals computed, so that many pictures of it do not compute them again and again. */
export function withNormals(mesh: RenderMesh): RenderMesh {
  return mesh.normals ? mesh : { ...mesh, normals: cornerNormals(mesh) };
}

/** The mesh after `scale · rotation · p + offset`; rotation row-major, corner normals turned along. */
export function moveMesh(mesh: RenderMesh, motion: Similarity): RenderMesh {
  const { scale, rotation: r, offset } = motion;
  const turn = (from: Float32Array, factor: number, shift: readonly number[]) => {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i += 3) {
      for (let k = 0; k < 3; k++) {
        to[i + k] = factor * (r[3 * k] * from[i] + r[3 * k + 1] * from[i + 1] + r[3 * k + 2] * from[i + 2]) + shift[k];
      }
    }
    return to;
  };
  return {
    ...mesh,
    positions: turn(mesh.positions, scale, offset),
    ...(mesh.normals && { normals: turn(mesh.normals, 1, [0, 0, 0]) }),
  };
}

/** Rotation (row-major 3×3), uniform scale and shift: p → scale · R p + offset. */
export interface Similarity {
  scale: number;
  rotation: readonly number[];
  offset: readonly [number, number, number];
}
