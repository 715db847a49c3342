import type { Camera } from "@maquette/engine/frames";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { RgbaImage } from "@maquette/engine/types";
import sharp, { type OverlayOptions } from "sharp";
import { type CaseInput, PICTURE_SIZE } from "../inputs/cases.ts";

/** Pixels a side of each picture on the sheet. */
const TILE = 144;
const CAPTION = 18;
const BACKGROUND: [number, number, number] = [238, 239, 241];
const DIVIDER = 8;

/** A mesh with the camera that shows it as the input does. */
export interface Shown {
  mesh: RenderMesh;
  camera: Camera;
}

/** The row of one object: input, then the truth and each result from the first input's side, 90° and 180° further. */
export async function renderRow(input: CaseInput, results: readonly Shown[]): Promise<Uint8Array> {
  const tiles: OverlayOptions[] = [await overlay(input.pictures[0].image, 0)];
  let left = TILE + DIVIDER;
  for (const { mesh, camera } of results) {
    for (const turn of [0, 90, 180]) {
      const image = renderMesh(mesh, tileCamera(camera, turn), TILE, TILE, { background: BACKGROUND });
      tiles.push(await overlay(image, left));
      left += TILE;
    }
    left += DIVIDER;
  }
  const width = left - DIVIDER;
  const sheet = await sharp({ create: { width, height: TILE, channels: 3, background: "#fff" } })
    .composite(tiles)
    .webp({ quality: 85 })
    .toBuffer();
  return new Uint8Array(sheet);
}

/** The input's own camera first; then the same further round, from a little farther away and never from below 15°. */
function tileCamera(camera: Camera, turn: number): Camera {
  const shrink = TILE / PICTURE_SIZE;
  const small = {
    ...camera,
    scale: camera.scale * shrink,
    centerX: camera.centerX * shrink,
    centerY: camera.centerY * shrink,
  };
  if (turn === 0) return small;
  const elevation = Math.max(camera.elevation, 15);
  return { ...small, azimuth: camera.azimuth + turn, elevation, scale: 0.8 * small.scale };
}

async function overlay(image: RgbaImage, left: number): Promise<OverlayOptions> {
  const input = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 4 } })
    .resize(TILE, TILE)
    .flatten({ background: { r: BACKGROUND[0], g: BACKGROUND[1], b: BACKGROUND[2] } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { input, left, top: 0 };
}

/** One picture of many rows, each under a line of text. */
export async function writeSheet(
  path: string,
  heading: string,
  rows: readonly { picture: Uint8Array; caption: string }[],
): Promise<void> {
  const widths = await Promise.all(rows.map(async (row) => (await sharp(row.picture).metadata()).width));
  const width = Math.max(...widths);
  const overlays: OverlayOptions[] = [{ input: caption(heading, width), left: 0, top: 0 }];
  let top = CAPTION;
  for (const row of rows) {
    overlays.push({ input: caption(row.caption, width), left: 0, top });
    overlays.push({ input: Buffer.from(row.picture), left: 0, top: top + CAPTION });
    top += CAPTION + TILE;
  }
  await sharp({ create: { width, height: top, channels: 3, background: "#fff" } })
    .composite(overlays)
    .png({ palette: true, quality: 90 })
    .toFile(path);
}

function caption(text: string, width: number): Buffer {
  const escaped = text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}">` +
      `<text x="4" y="13" font-family="sans-serif" font-size="12">${escaped}</text></svg>`,
  );
}
