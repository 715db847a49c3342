/** npm run gallery — makes assets from example pictures and renders them from four sides, for the README. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Camera } from "@maquette/engine/frames";
import { runEngine } from "@maquette/engine/host";
import { projectVertices } from "@maquette/engine/raster/rasterize";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import sharp, { type OverlayOptions } from "sharp";
import { loadGlb } from "./load/glb.ts";
import { normalizeMesh, withNormals } from "./shape.ts";

const LABELS = ["front", "right", "back", "left"] as const;

/** Rows: objects from one picture, then objects from four sides. */
const ROWS = [
  { example: "burger", pictures: ["picture"] },
  { example: "cactus", pictures: ["picture"] },
  { example: "van", pictures: LABELS },
  { example: "cottage", pictures: LABELS },
] as const;

const TILE = 220;
/** Between the input and the renders, pixels. */
const GAP = 12;
const BACKGROUND = [238, 239, 241] as const;
/** Quarter turns from a little beside the front, so that no tile shows one face alone. */
const AZIMUTHS = [25, 115, 205, 295] as const;
const ELEVATION = 15;
const FIELD_OF_VIEW = 24;
/** Share of the tile that the object fills. */
const FILL = 0.9;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: { out: { type: "string", default: join(ROOT, "docs", "images", "results.jpg") } },
});

const tiles: OverlayOptions[] = [];
for (const [row, { example, pictures }] of ROWS.entries()) {
  const files = pictures.map((name) => readFileSync(join(ROOT, "examples", example, `${name}.png`)));
  const top = row * TILE;
  const side = files.length === 1 ? TILE : TILE / 2;
  for (const [i, file] of files.entries()) {
    const input = await sharp(file).resize(side, side).flatten({ background: "#fff" }).png().toBuffer();
    tiles.push({ input, left: (i % 2) * side, top: top + Math.floor(i / 2) * side });
  }
  const { files: made } = await runEngine({
    kind: "asset",
    pictures: files.map((file) => new Uint8Array(file)),
    options: { name: example, quality: "standard", prior: false, ...(files.length > 1 && { views: [...LABELS] }) },
  });
  const mesh = withNormals(normalizeMesh(await loadGlb(made.find((file) => file.format === "glb")!.data)));
  for (const [i, camera] of camerasAround(mesh).entries()) {
    const { data } = renderMesh(mesh, camera, TILE, TILE, { background: BACKGROUND, samples: 3 });
    const raw = { width: TILE, height: TILE, channels: 4 } as const;
    const input = await sharp(data, { raw }).png().toBuffer();
    tiles.push({ input, left: TILE + GAP + i * TILE, top });
  }
  console.log(`${example}, ${files.length === 1 ? "one picture" : `${files.length} pictures`}`);
}
const width = TILE + GAP + AZIMUTHS.length * TILE;
await sharp({ create: { width, height: ROWS.length * TILE, channels: 3, background: "#fff" } })
  .composite(tiles)
  .jpeg({ quality: 82, mozjpeg: true })
  .toFile(values.out);
console.log(`Written to ${values.out}`);

/** One scale for all sides, as large as the largest of them allows; each side centred. */
function camerasAround(mesh: RenderMesh): Camera[] {
  const distance = 0.5 / Math.sin((FIELD_OF_VIEW * Math.PI) / 360);
  const boxes = AZIMUTHS.map((azimuth) => {
    const camera = { azimuth, elevation: ELEVATION, perspective: 1 / distance, scale: 1, centerX: 0, centerY: 0 };
    const { sx, sy } = projectVertices(mesh.positions, camera);
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let v = 0; v < sx.length; v++) {
      left = Math.min(left, sx[v]);
      right = Math.max(right, sx[v]);
      top = Math.min(top, sy[v]);
      bottom = Math.max(bottom, sy[v]);
    }
    return { camera, left, right, top, bottom };
  });
  const scale = (FILL * TILE) / Math.max(...boxes.flatMap((b) => [b.right - b.left, b.bottom - b.top]));
  return boxes.map(({ camera, left, right, top, bottom }) => ({
    ...camera,
    scale,
    centerX: TILE / 2 - (scale * (left + right)) / 2,
    centerY: TILE / 2 - (scale * (top + bottom)) / 2,
  }));
}
