import sharp from "sharp";
import type { Camera } from "../frames.ts";
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

/** Share of the tile that the bounding sphere fills. */
const FILL = 0.94;

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
  const count = columns * rows;
  for (let i = 0; i < count; i++) {
    const camera = tileCamera(options.start + (360 * i) / count, options);
    const picture = renderMesh(mesh, camera, tile, tile, { background });
    const left = (i % columns) * tile;
    const top = Math.floor(i / columns) * tile;
    for (let y = 0; y < tile; y++) {
      const row = picture.data.subarray(4 * y * tile, 4 * (y + 1) * tile);
      sheet.data.set(row, 4 * ((top + y) * width + left));
    }
  }
  return sheet;
}

/** Distance and scale at which the sphere's outline, seen in perspective, fills its share of the tile. */
function tileCamera(azimuth: number, { elevation, fieldOfView, tile }: PreviewOptions): Camera {
  const half = Math.tan((fieldOfView * Math.PI) / 360);
  const tangent = half * FILL;
  // A sphere of radius r at distance d has an outline of tangent r / sqrt(d² - r²).
  const distance = 0.5 * Math.sqrt(1 + 1 / (tangent * tangent));
  return {
    azimuth,
    elevation,
    perspective: 1 / distance,
    scale: tile / (2 * half * distance),
    centerX: tile / 2,
    centerY: tile / 2,
  };
}
