import type { RgbaImage } from "@maquette/engine/types";
import sharp, { type OverlayOptions } from "sharp";

const TILE = 150;
const CAPTION = 16;
/** Rows of each family on the sheet: the worst ones. */
const WORST = 4;

export interface MatteTile {
  row: { family: string; name: string; results: Partial<Record<string, { iou: number }>> };
  image: RgbaImage;
  /** The truth, then each method's, in the order of the results. */
  mattes: Uint8Array[];
}

/** For each family the pictures with the worst mattes: the picture, the truth and what each method made of it. */
export async function writeMatteSheet(path: string, tiles: readonly MatteTile[]): Promise<void> {
  const families = [...new Set(tiles.map((t) => t.row.family))];
  const iou = (t: MatteTile) => t.row.results.maquette?.iou ?? 0;
  const rows = families.flatMap((family) =>
    tiles
      .filter((t) => t.row.family === family)
      .sort((a, b) => iou(a) - iou(b))
      .slice(0, WORST),
  );
  const columns = 1 + Math.max(...rows.map((r) => r.mattes.length));
  const overlays: OverlayOptions[] = [];
  for (const [i, tile] of rows.entries()) {
    const top = i * (TILE + CAPTION);
    const scores = Object.entries(tile.row.results).map(([m, r]) => `${m} ${r?.iou.toFixed(2)}`);
    const text = `${tile.row.family}: ${tile.row.name} — picture, truth, ${scores.join(", ")}`;
    overlays.push({ input: caption(text, columns * TILE), left: 0, top });
    const { width, height } = tile.image;
    const pictures = [
      sharp(tile.image.data, { raw: { width, height, channels: 4 } }),
      ...tile.mattes.map((m) => sharp(m, { raw: { width, height, channels: 1 } })),
    ];
    for (const [k, picture] of pictures.entries()) {
      const input = await picture
        .resize(TILE - 2, TILE - 2)
        .png()
        .toBuffer();
      overlays.push({ input, left: k * TILE, top: top + CAPTION });
    }
  }
  await sharp({
    create: { width: columns * TILE, height: rows.length * (TILE + CAPTION), channels: 3, background: "#fff" },
  })
    .composite(overlays)
    .png({ palette: true, quality: 85 })
    .toFile(path);
}

function caption(text: string, width: number): Buffer {
  const escaped = text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}"><text x="2" y="12" font-family="sans-serif" font-size="11">${escaped}</text></svg>`,
  );
}
