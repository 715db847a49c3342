/**
 * npm run gallery — makes assets from every example at `standard` and renders each from four sides, as wireframe, as clay
 * and textured, for docs/gallery.md; and the picture in the README.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadMatteModel } from "@maquette/engine/host/load-matte-model";
import { loadModels } from "@maquette/engine/host/load-models";
import type { Models } from "@maquette/engine/models";
import { makeAsset } from "@maquette/engine/pipeline";
import type { MatteModel } from "@maquette/engine/segment/segment";
import sharp, { type OverlayOptions } from "sharp";
import { loadGlb } from "./load/glb.ts";
import { listOf } from "./options.ts";
import { camerasAround } from "./pictures/cameras-around.ts";
import { clay, renderTile, wireTile } from "./pictures/tiles.ts";
import { normalizeMesh, withNormals } from "./shape.ts";
import { exampleNames, exampleOrders, type Order } from "./topology/assets.ts";
import { findKept, type KeptAsset, pick } from "./topology/kept-assets.ts";
import { fanTriangles, readPolygons } from "./topology/read-polygons.ts";

/** Rows of the README's picture: an object from one picture, then objects from four sides. */
const SHOWN = ["cactus-1", "chest-4", "teapot-4", "van-4"];

const TILE = 240;
/** Between the input and the renders, pixels. */
const GAP = 12;
const SIDES = 4;
const WIRE = 0.5;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    examples: { type: "string", default: exampleNames().join(",") },
    /** Where `npm run bench:mesh -- --keep DIR` left assets, which are then not made again. */
    assets: { type: "string" },
    /** Draws those alone that were left there. */
    kept: { type: "boolean", default: false },
    /** The README's picture as well. */
    readme: { type: "boolean", default: true },
    out: { type: "string", default: join(ROOT, "docs", "images") },
  },
  allowNegative: true,
});
const examples = values.examples === "" ? [] : listOf("--examples", values.examples, exampleNames());
const folder = join(values.out, "gallery");
mkdirSync(folder, { recursive: true });
const models = { prior: null as Models | null, matte: null as MatteModel | null };

for (const order of exampleOrders(examples)) {
  const name = nameOf(order);
  const kept = values.assets ? await findKept(values.assets, order, "standard") : null;
  if (values.kept && !kept) continue;
  const [inputs, { wires, shapes, colors }] = [await inputTiles(order), await assetTiles(kept ?? (await make(order)))];
  const rows = [wires, shapes, colors].flatMap((row, i) => rowAt(row, i * TILE));
  await sheet(3)
    .composite([...inputs, ...rows])
    .webp({ quality: 80, effort: 6 })
    .toFile(join(folder, `${name}.webp`));
  console.log(name);
}
if (values.readme) {
  const tiles: OverlayOptions[] = [];
  for (const [row, order] of exampleOrders(exampleNames())
    .filter((order) => SHOWN.includes(nameOf(order)))
    .entries()) {
    const { textured, cameras } = await prepare(await make(order));
    const colors = await Promise.all(cameras.map((camera) => renderTile(textured, camera, TILE)));
    const inputs = await inputTiles(order);
    tiles.push(...[...inputs, ...rowAt(colors, 0)].map((tile) => ({ ...tile, top: tile.top! + row * TILE })));
  }
  await sheet(SHOWN.length)
    .composite(tiles)
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(join(values.out, "results.jpg"));
}
console.log(`Written to ${values.out}`);

function nameOf({ name, pictures }: Order): string {
  return `${name}-${pictures.length}`;
}

function sheet(rows: number) {
  const [width, height] = [TILE + GAP + SIDES * TILE, rows * TILE];
  return sharp({ create: { width, height, channels: 3, background: "#fff" } });
}

function rowAt(row: Buffer[], top: number): OverlayOptions[] {
  return row.map((input, i) => ({ input, left: TILE + GAP + i * TILE, top }));
}

/** What was given, in the space of one tile. */
function inputTiles({ pictures }: Order): Promise<OverlayOptions[]> {
  const side = pictures.length === 1 ? TILE : TILE / 2;
  return Promise.all(
    pictures.map(async (picture, i) => ({
      input: await sharp(picture).resize(side, side).flatten({ background: "#fff" }).png().toBuffer(),
      left: (i % 2) * side,
      top: Math.floor(i / 2) * side,
    })),
  );
}

async function make({ name, pictures, views }: Order): Promise<KeptAsset> {
  const options = { name, quality: "standard" as const, ...(views && { views }) };
  models.prior ??= await loadModels();
  models.matte ??= await loadMatteModel();
  return pick((await makeAsset(pictures, options, {}, async () => models.prior, models.matte)).files);
}

async function prepare({ glb }: Pick<KeptAsset, "glb">) {
  const textured = withNormals(normalizeMesh(await loadGlb(glb)));
  return { textured, cameras: camerasAround(textured, TILE) };
}

async function assetTiles({ glb, obj }: KeptAsset) {
  const { textured, cameras } = await prepare({ glb });
  const polygons = readPolygons(new TextDecoder().decode(obj));
  const cage = normalizeMesh({ positions: polygons.positions, triangles: fanTriangles(polygons) });
  const lines = { corners: polygons.corners, sides: polygons.sizes };
  return {
    wires: await Promise.all(cameras.map((camera) => wireTile(cage, lines, camera, TILE, WIRE))),
    shapes: await Promise.all(cameras.map((camera) => renderTile(clay(textured), camera, TILE))),
    colors: await Promise.all(cameras.map((camera) => renderTile(textured, camera, TILE))),
  };
}
