import { type Camera, projector } from "@maquette/engine/frames";
import { projectVertices, rasterize } from "@maquette/engine/raster/rasterize";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import sharp from "sharp";

export const BACKGROUND = [238, 239, 241] as const;
const CLAY = [214, 205, 190] as const;
/** Samples a side of every pixel. */
const SAMPLES = 3;

/** Edges are drawn where they lie no farther behind the visible surface than this, cube units. */
const BEHIND = 0.012;

export interface Wires {
  /** Corners of all polygons, one after another. */
  corners: ArrayLike<number>;
  /** Corners a polygon, for each of them or for all. */
  sides: number | Uint8Array;
}

export function toSharp({ width, height, data }: RgbaImage) {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** The shape alone, in one warm grey. */
export function clay({ positions, triangles, normals }: RenderMesh): RenderMesh {
  const vertexColors = new Uint8Array(positions.length).map((_, i) => CLAY[i % 3]!);
  return { positions, triangles, vertexColors, ...(normals && { normals }) };
}

export function renderTile(shape: RenderMesh, camera: Camera, size: number): Promise<Buffer> {
  const picture = renderMesh(shape, camera, size, size, { background: BACKGROUND, samples: SAMPLES });
  return toSharp(picture).png().toBuffer();
}

/** Clay with the edges that can be seen; `width` of the lines in pixels. */
export async function wireTile(
  shape: Mesh,
  { corners, sides }: Wires,
  camera: Camera,
  size: number,
  width = 0.7,
): Promise<Buffer> {
  const { depth } = rasterize(shape.positions, shape.triangles, camera, size, size);
  const { sx, sy } = projectVertices(shape.positions, camera);
  const { zx, zy, zz } = projector(camera);
  const { positions } = shape;
  const depthOf = (v: number) => positions[3 * v]! * zx + positions[3 * v + 1]! * zy + positions[3 * v + 2]! * zz;
  const isSeen = (a: number, b: number) =>
    [0.25, 0.5, 0.75].every((f) => {
      const x = Math.floor(sx[a]! + f * (sx[b]! - sx[a]!));
      const y = Math.floor(sy[a]! + f * (sy[b]! - sy[a]!));
      if (x < 0 || y < 0 || x >= size || y >= size) return false;
      return depthOf(a) + f * (depthOf(b) - depthOf(a)) > depth[y * size + x]! - BEHIND;
    });
  const lines: string[] = [];
  for (let at = 0, polygon = 0; at < corners.length; polygon++) {
    const count = typeof sides === "number" ? sides : sides[polygon]!;
    for (let k = 0; k < count; k++) {
      const [a, b] = [corners[at + k]!, corners[at + ((k + 1) % count)]!];
      if (a < b && isSeen(a, b)) {
        lines.push(`M${sx[a]!.toFixed(1)} ${sy[a]!.toFixed(1)}L${sx[b]!.toFixed(1)} ${sy[b]!.toFixed(1)}`);
      }
    }
    at += count;
  }
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><path d="${lines.join("")}" fill="none" stroke="#1c2b26" stroke-width="${width}" stroke-opacity="0.75"/></svg>`;
  return sharp(await renderTile(clay(shape), camera, size))
    .composite([{ input: Buffer.from(drawing) }])
    .png()
    .toBuffer();
}
