import sharp from "sharp";
import type { Camera } from "../frames.ts";
import { projectVertices } from "../raster/rasterize.ts";
import { type RenderMesh, renderMesh } from "../raster/render.ts";
import type { AssetScene, RgbaImage } from "../types.ts";
import { sceneMesh } from "./scene-mesh.ts";

export interface PreviewOptions {
  columns: number;
  rows: number;
  /** Pixels a side of one picture. */
  tile: number;
  /** Azimuth of the first picture, degrees; the others follow in equal steps around the object. */
  start: number;
  elevation: number;
  /** Horizontal field of view, degrees. */
  fieldOfView: number;
  /** sRGB bytes. */
  background: readonly [number, number, number];
}

export const PREVIEW_DEFAULTS: PreviewOptions = {
  columns: 4,
  rows: 2,
  tile: 384,
  start: 0,
  elevation: 16,
  fieldOfView: 24,
  background: [226, 227, 229],
};

/** Share of the tile that the object fills from the side on which it is largest. */
const FILL = 0.92;

/**
 * The turntable: a contact sheet of the asset from all sides, as PNG. From left to right and top to bottom the camera
 * walks from the front (azimuth 0) by way of the object's left side; all pictures have one scale.
 */
export async function renderPreview(scene: AssetScene, options: Partial<PreviewOptions> = {}): Promise<Uint8Array> {
  const all = { ...PREVIEW_DEFAULTS, ...options };
  const sheet = renderTurntable(sceneMesh(scene), all);
  const png = await sharp(sheet.data, { raw: { width: sheet.width, height: sheet.height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 7 })
    .toBuffer();
  return new Uint8Array(png);
}

/** The sheet itself, from a mesh that lies within the sphere of radius 0.5 about the origin. */
export function renderTurntable(mesh: RenderMesh, options: PreviewOptions = PREVIEW_DEFAULTS): RgbaImage {
  const { columns, rows, tile, background } = options;
  const width = columns * tile;
  const sheet: RgbaImage = { width, height: rows * tile, data: new Uint8Array(width * rows * tile * 4) };
  turntableCameras(mesh, options).forEach((camera, i) => {
    const picture = renderMesh(mesh, camera, tile, tile, { background });
    const left = (i % columns) * tile;
    const top = Math.floor(i / columns) * tile;
    for (let y = 0; y < tile; y++) {
      const row = picture.data.subarray(4 * y * tile, 4 * (y + 1) * tile);
      sheet.data.set(row, 4 * ((top + y) * width + left));
    }
  });
  return sheet;
}

/**
 * The cameras of all tiles: one distance, one scale and one height for all, so that the object turns about its upright
 * axis and nothing else changes, as large as the side that needs the most room allows.
 */
function turntableCameras(mesh: RenderMesh, options: PreviewOptions): Camera[] {
  const { columns, rows, tile, start, elevation, fieldOfView } = options;
  const half = Math.tan((fieldOfView * Math.PI) / 360);
  // A sphere of radius r at distance d has an outline of tangent r / sqrt(d² - r²).
  const distance = 0.5 * Math.sqrt(1 + 1 / (half * half));
  const count = columns * rows;
  const cameras = Array.from({ length: count }, (_, i): Camera => {
    const azimuth = start + (360 * i) / count;
    return { azimuth, elevation, perspective: 1 / distance, scale: 1, centerX: 0, centerY: 0 };
  });
  let aside = 0;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const camera of cameras) {
    const { sx, sy } = projectVertices(mesh.positions, camera);
    for (let v = 0; v < sx.length; v++) {
      aside = Math.max(aside, Math.abs(sx[v]));
      top = Math.min(top, sy[v]);
      bottom = Math.max(bottom, sy[v]);
    }
  }
  const scale = (FILL * tile) / Math.max(2 * aside, bottom - top, Number.MIN_VALUE);
  const centerY = tile / 2 - (scale * (top + bottom)) / 2;
  return cameras.map((camera) => ({ ...camera, scale, centerX: tile / 2, centerY }));
}
