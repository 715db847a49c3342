import { readdirSync, readFileSync } from "node:fs";
import { examinePictures } from "@maquette/engine/host/examine";
import sharp, { type OverlayOptions } from "sharp";

const TILE = 236;
const CAPTION = 20;
const COLUMNS = 6;

/** A picture to be shown as `maquette inspect` shows it. */
export interface Shown {
  caption: string;
  bytes: Uint8Array;
}

/** The single pictures of `examples/`. */
export function exampleShown(folder: string): Shown[] {
  return readdirSync(folder).map((name) => ({
    caption: name,
    bytes: new Uint8Array(readFileSync(`${folder}/${name}/picture.png`)),
  }));
}

/** A contact sheet of overlays, each with its caption and, when the picture is refused, the cause. */
export async function writeOverview(path: string, shown: readonly Shown[]): Promise<void> {
  const tiles: OverlayOptions[] = [];
  for (const [i, { caption, bytes }] of shown.entries()) {
    const { pictures, refusal } = await examinePictures([bytes], { quality: "standard", views: [] });
    const { overlay } = pictures[0];
    if (!overlay) continue;
    const left = (i % COLUMNS) * TILE;
    const top = Math.floor(i / COLUMNS) * (TILE + CAPTION);
    const input = await sharp(overlay)
      .resize(TILE - 4, TILE - 4, { fit: "inside" })
      .png()
      .toBuffer();
    tiles.push({ input, left, top: top + CAPTION });
    tiles.push({ input: label(refusal ? `${caption}: ${refusal.code}` : caption), left, top });
  }
  const height = Math.ceil(shown.length / COLUMNS) * (TILE + CAPTION);
  await sharp({ create: { width: COLUMNS * TILE, height, channels: 3, background: "#fff" } })
    .composite(tiles)
    .jpeg({ quality: 82 })
    .toFile(path);
}

function label(text: string): Buffer {
  const escaped = text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE}" height="${CAPTION}"><text x="2" y="15" font-family="sans-serif" font-size="12">${escaped}</text></svg>`,
  );
}
