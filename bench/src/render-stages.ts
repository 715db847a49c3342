/** npm run stages — pictures of what every stage of the engine makes of an example, for docs/how-it-works.md. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bakeNormals } from "@maquette/engine/bake/bake-normals";
import { bakeOcclusion } from "@maquette/engine/bake/bake-occlusion";
import { findMirrors } from "@maquette/engine/bake/find-mirror";
import { bakeStyle } from "@maquette/engine/bake/style-texture";
import { carve } from "@maquette/engine/carve/carve";
import { buildLevels } from "@maquette/engine/fit/build-levels";
import { type Camera, cubeCamera } from "@maquette/engine/frames";
import { loadModels } from "@maquette/engine/host/load-models";
import { infer } from "@maquette/engine/infer/infer";
import { ingestPicture } from "@maquette/engine/ingest/ingest-picture";
import { inspectPictures } from "@maquette/engine/inspect/inspect-pictures";
import { LEVELS } from "@maquette/engine/levels";
import { planAsset } from "@maquette/engine/options";
import { pose } from "@maquette/engine/pose/pose";
import { projectVertices } from "@maquette/engine/raster/rasterize";
import type { RenderMesh } from "@maquette/engine/raster/render";
import { segmentPictureWith } from "@maquette/engine/segment/segment";
import { matesOf, pairTriangles } from "@maquette/engine/simplify/pair-triangles";
import { quadrangulate } from "@maquette/engine/simplify/quadrangulate";
import { simplify } from "@maquette/engine/simplify/simplify";
import { triangulateQuads } from "@maquette/engine/simplify/triangulate-quads";
import { contour } from "@maquette/engine/surface/contour";
import type { Cutout, Field, Mesh, RgbaImage, View } from "@maquette/engine/types";
import { unwrap } from "@maquette/engine/unwrap/unwrap";
import sharp from "sharp";
import { clay, renderTile, toSharp, type Wires, wireTile } from "./pictures/tiles.ts";

const LABELS = ["front", "right", "back", "left"] as const;
const TILE = 300;
const GAP = 8;
const INK = "#1f6a55";
/** From a little beside the front and above, and from the other side. */
const DIRECTIONS = [
  { azimuth: 30, elevation: 18 },
  { azimuth: 210, elevation: 18 },
];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    example: { type: "string", default: "chest" },
    out: { type: "string", default: join(ROOT, "docs", "images", "stages") },
  },
});
mkdirSync(values.out, { recursive: true });

const level = LEVELS.standard;
const plan = planAsset(LABELS.length, { name: values.example, quality: "standard", views: [...LABELS] });
const bytes = LABELS.map(
  (label) => new Uint8Array(readFileSync(join(ROOT, "examples", values.example, `${label}.png`))),
);

const ingested = await Promise.all(bytes.map((one, i) => ingestPicture(one, i, { maxSide: level.picture })));
await save("ingest", await Promise.all(ingested.map(({ image }) => pictureTile(image))));

const segmented = await Promise.all(ingested.map((one) => segmentPictureWith(null, one.image, one.hasAlpha)));
await save("segment", await Promise.all(segmented.map(cutoutTile)));

const inspected = inspectPictures(segmented, plan.views);
const models = await loadModels();
const { views } = await pose(inspected.cutouts, inspected.hints, models, inspected.sources);
await save("pose", await Promise.all(views.map(poseTile)));

const inference = await infer(views, models);
const believed = triangulateQuads(contour(inference.shape!));
await save("infer", [...clayTiles(believed), ...sliceTiles(inference.shape!)]);

const field = carve(views, inference, level.field);
const dense = triangulateQuads(contour(field));
await save("carve", [...clayTiles(dense), ...sliceTiles(field)]);

const squares = quadrangulate(dense, field, {
  maxTriangles: plan.polycount,
  edge: level.quad / level.field,
  enough: level.enough,
  seed: plan.seed,
});
const mesh = squares ?? simplify(dense, field, { maxTriangles: plan.polycount, tolerance: level.tolerance }).mesh;
const pairs = pairTriangles(mesh);
const outline = outlineOf(mesh, pairs);
await save("mesh", [
  closeUp(dense, { corners: dense.triangles, sides: 3 }),
  closeUp(mesh, outline),
  ...DIRECTIONS.map((direction) => wireTile(mesh, outline, cameraTowards(direction), TILE)),
]);

const layout = await unwrap(mesh, { textureSize: 1024, padding: 2, mates: matesOf(pairs) });
const tinted = { ...mesh, faceColors: chartColors(layout.charts) };
await save("unwrap", [...DIRECTIONS.map((direction) => tile(tinted, direction)), await layoutTile()]);

const baked = bakeStyle(mesh, layout, views, plan.style, {
  textureSize: plan.textureSize,
  unseen: inference.colors,
  mirrors: findMirrors(field),
});
const occlusion = bakeOcclusion(mesh, layout, field, plan.textureSize);
const { whole } = buildLevels(mesh, layout, baked.baseColor, plan);
const normals = bakeNormals(whole, field, { textureSize: plan.textureSize, cube: mesh.positions, yaw: 0 });
await save("bake", [pictureTile(baked.baseColor), pictureTile(occlusion), pictureTile(normals)]);

const uvs = new Float32Array(layout.cornerUvs.length * 2);
layout.cornerUvs.forEach((uv, corner) => {
  uvs[2 * corner] = layout.uvs[2 * uv]!;
  uvs[2 * corner + 1] = layout.uvs[2 * uv + 1]!;
});
const textured = { ...mesh, uvs, textures: [{ levels: [baked.baseColor], wrap: "clamp" as const }] };
await save(
  "asset",
  [30, 120, 210, 300].map((azimuth) => tile(textured, { azimuth, elevation: 18 })),
);
console.log(
  `${dense.triangles.length / 3} triangles of the contour, ${mesh.triangles.length / 3} of the asset, ` +
    `${layout.chartCount} charts on ${Math.round(100 * layout.utilization)} % of the texture`,
);

type Tile = Promise<Buffer> | Buffer;

/** Tiles in a row. */
async function save(name: string, tiles: Tile[]): Promise<void> {
  const inputs = await Promise.all(tiles);
  const width = inputs.length * TILE + (inputs.length - 1) * GAP;
  await sharp({ create: { width, height: TILE, channels: 3, background: "#fff" } })
    .composite(inputs.map((input, i) => ({ input, left: i * (TILE + GAP), top: 0 })))
    .webp({ quality: 84 })
    .toFile(join(values.out, `${name}.webp`));
  console.log(name);
}

function pictureTile(image: RgbaImage): Promise<Buffer> {
  return toSharp(image)
    .resize(TILE, TILE, { fit: "contain", background: "#fff" })
    .flatten({ background: "#fff" })
    .png()
    .toBuffer();
}

/** The object as it is, the background struck out in colour. */
function cutoutTile({ image, matte }: Cutout): Promise<Buffer> {
  const data = new Uint8Array(image.data);
  for (let i = 0; i < matte.data.length; i++) {
    const seen = matte.data[i]! / 255;
    [31, 106, 85].forEach((tint, c) => {
      data[4 * i + c] = Math.round(seen * image.data[4 * i + c]! + (1 - seen) * tint);
    });
    data[4 * i + 3] = 255;
  }
  return pictureTile({ ...image, data });
}

/** The picture brought to the cube's frame, with the cube's face around it and the axes through its centre. */
async function poseTile({ image, matte, camera, label }: View): Promise<Buffer> {
  const cube = cubeCamera(camera.azimuth, camera.elevation, TILE, 0.9);
  const data = new Uint8Array(TILE * TILE * 4).fill(255);
  const zoom = camera.scale / cube.scale;
  for (let y = 0; y < TILE; y++) {
    for (let x = 0; x < TILE; x++) {
      const px = Math.floor((x + 0.5 - cube.centerX) * zoom + camera.centerX);
      const py = Math.floor((y + 0.5 - cube.centerY) * zoom + camera.centerY);
      if (px < 0 || py < 0 || px >= image.width || py >= image.height) continue;
      const from = py * image.width + px;
      const seen = matte.data[from]! / 255;
      for (let c = 0; c < 3; c++) {
        data[4 * (y * TILE + x) + c] = Math.round(seen * image.data[4 * from + c]! + (1 - seen) * 255);
      }
    }
  }
  const side = 0.9 * TILE;
  const edge = (TILE - side) / 2;
  const middle = TILE / 2;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE}" height="${TILE}" fill="none" stroke="${INK}">
<rect x="${edge}" y="${edge}" width="${side}" height="${side}" stroke-width="1.5"/>
<path d="M${middle} ${edge}V${TILE - edge}M${edge} ${middle}H${TILE - edge}" stroke-dasharray="4 5" stroke-opacity="0.7"/>
<text x="${edge + 8}" y="${edge + 22}" fill="${INK}" stroke="none" font-family="sans-serif" font-size="16">${label}</text></svg>`;
  const base = await toSharp({ width: TILE, height: TILE, data }).png().toBuffer();
  return sharp(base)
    .composite([{ input: Buffer.from(drawing) }])
    .png()
    .toBuffer();
}

function cameraTowards({ azimuth, elevation }: { azimuth: number; elevation: number }, zoom = 0.86): Camera {
  return cubeCamera(azimuth, elevation, TILE, zoom);
}

function tile(shape: RenderMesh, direction: { azimuth: number; elevation: number }): Promise<Buffer> {
  return renderTile(shape, cameraTowards(direction), TILE);
}

function clayTiles(shape: Mesh): Promise<Buffer>[] {
  return DIRECTIONS.map((direction) => tile(clay(shape), direction));
}

/** Cuts through the middle, from the front and from the side: inside dark, and how far from the surface. */
function sliceTiles({ n, data }: Field): Promise<Buffer>[] {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const cut = (at: (column: number, row: number) => number) => {
    const pixels = new Uint8Array(n * n * 4).fill(255);
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++) {
        const value = data[at(column, row)]!;
        const strength = Math.min(1, Math.sqrt(Math.abs(value) / largest));
        const to = 4 * (row * n + column);
        const tint = value > 0 ? [31, 106, 85] : [178, 120, 40];
        const amount = value > 0 ? 0.35 + 0.65 * strength : 0.05 + 0.3 * strength;
        tint.forEach((shade, c) => {
          pixels[to + c] = Math.round(255 + amount * (shade - 255));
        });
      }
    }
    return sharp(pixels, { raw: { width: n, height: n, channels: 4 } })
      .resize(TILE, TILE, { kernel: "nearest" })
      .png()
      .toBuffer();
  };
  const middle = n >> 1;
  return [
    cut((column, row) => (middle * n + (n - 1 - row)) * n + column),
    cut((column, row) => ((n - 1 - column) * n + (n - 1 - row)) * n + middle),
  ];
}

/** Around the vertex that is nearest to the camera, four times as large. */
function closeUp(shape: Mesh, wires: Wires): Promise<Buffer> {
  const camera = cameraTowards(DIRECTIONS[0]!, 3.4);
  const { sx, sy, sq } = projectVertices(shape.positions, camera);
  const nearest = sq.indexOf(Math.max(...sq));
  const centerX = camera.centerX + TILE / 2 - sx[nearest]!;
  return wireTile(shape, wires, { ...camera, centerX, centerY: camera.centerY + TILE / 2 - sy[nearest]! }, TILE);
}

/** Polygons as vertices instead of corner numbers. */
function outlineOf(shape: Mesh, { sizes, corners }: ReturnType<typeof pairTriangles>): Wires {
  return { corners: corners.map((corner) => shape.triangles[corner]!), sides: sizes };
}

function chartColor(chart: number): [number, number, number] {
  // Neighbouring numbers far apart on the circle of hues: the golden angle.
  const hue = (chart * 137.508) % 360;
  const channel = (shift: number) => Math.round(255 * (0.72 + 0.2 * Math.cos(((hue + shift) * Math.PI) / 180)));
  return [channel(0), channel(240), channel(120)];
}

function chartColors(charts: Uint32Array): Uint8Array {
  return new Uint8Array([...charts].flatMap((chart) => chartColor(chart)));
}

function layoutTile(): Promise<Buffer> {
  const paths = Array.from({ length: layout.charts.length }, (_, t) => {
    const points = [0, 1, 2].map((k) => {
      const uv = layout.cornerUvs[3 * t + k]!;
      return `${(layout.uvs[2 * uv]! * TILE).toFixed(2)} ${(layout.uvs[2 * uv + 1]! * TILE).toFixed(2)}`;
    });
    return `<path d="M${points.join("L")}Z" fill="rgb(${chartColor(layout.charts[t]!).join()})"/>`;
  });
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE}" height="${TILE}" stroke="#1c2b26" stroke-width="0.3"><rect width="${TILE}" height="${TILE}" fill="#eeeff1" stroke="none"/>${paths.join("")}</svg>`;
  return sharp(Buffer.from(drawing)).png().toBuffer();
}
