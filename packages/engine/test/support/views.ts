import { type Camera, LABEL_DIRECTIONS, type ViewLabel } from "../../src/frames.ts";
import { type RenderMesh, renderMesh } from "../../src/raster/render.ts";
import type { Cutout, View } from "../../src/types.ts";

/** A picture of a mesh with its true matte, unlit, as `segment` would deliver it. */
export function cutoutOf(mesh: RenderMesh, camera: Camera, size: number): Cutout {
  const image = renderMesh(mesh, camera, size, size, { light: null, samples: 4 });
  const data = Uint8Array.from({ length: size * size }, (_, i) => image.data[4 * i + 3]);
  return { image, matte: { width: size, height: size, data }, source: "alpha", confidence: 1 };
}

/** An orthographic camera for a label, framed at will. */
export function labelCamera(label: ViewLabel, size: number, zoom = 0.9, shiftX = 0, shiftY = 0): Camera {
  return {
    ...LABEL_DIRECTIONS[label],
    perspective: 0,
    scale: size * zoom,
    centerX: size / 2 + shiftX,
    centerY: size / 2 + shiftY,
  };
}

/** Views with the very cameras that took them. */
export function viewsOf(mesh: RenderMesh, cameras: Camera[], size: number): View[] {
  return cameras.map((camera, picture) => ({
    ...cutoutOf(mesh, camera, size),
    camera,
    picture,
    label: null,
    posedBy: "hint",
  }));
}
