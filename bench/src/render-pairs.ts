/** npm run pairs — good and bad pictures with what the engine makes of each, for docs/pictures.md. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EngineError } from "@maquette/engine";
import { cubeCamera, LABEL_DIRECTIONS } from "@maquette/engine/frames";
import { runEngine } from "@maquette/engine/host";
import { renderMesh } from "@maquette/engine/raster/render";
import type { ViewHint } from "@maquette/engine/types";
import sharp, { type OverlayOptions } from "sharp";
import { type MeshedSolid, meshSolid } from "./examples/mesh-solid.ts";
import { OBJECTS } from "./examples/objects.ts";
import { loadGlb } from "./load/glb.ts";
import { normalizeMesh, withNormals } from "./shape.ts";

const LABELS = ["front", "right", "back", "left"] as const;
const TILE = 240;
const GAP = 8;
const SIZE = 640;
const BACKGROUND = [238, 239, 241] as const;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "docs", "images", "pictures") },
    only: { type: "string" },
  },
});
mkdirSync(values.out, { recursive: true });
const solids = new Map<string, MeshedSolid>();

interface Attempt {
  pictures: Buffer[];
  views?: ViewHint[];
}

const PAIRS: Record<string, () => Promise<{ good: Attempt; bad: Attempt }>> = {
  sides: async () => ({
    good: { pictures: LABELS.map((label) => example("chest", label)), views: [...LABELS] },
    bad: { pictures: [example("chest", "picture")] },
  }),
  background: async () => {
    const fox = await Promise.all(LABELS.map((label) => drawSide("fox", label)));
    const on = (color: string) =>
      Promise.all(fox.map((side) => sharp(side).flatten({ background: color }).png().toBuffer()));
    return {
      good: { pictures: await on("#8fa9bf"), views: [...LABELS] },
      bad: { pictures: await on("#ffffff"), views: [...LABELS] },
    };
  },
  clutter: async () => {
    const teapot = await drawSide("teapot", "front");
    const plain = { create: { width: SIZE, height: SIZE, channels: 3 as const, background: "#b9c4cc" } };
    return {
      good: {
        pictures: [
          await sharp(plain)
            .composite([{ input: teapot }])
            .png()
            .toBuffer(),
        ],
      },
      bad: {
        pictures: [
          await sharp(await drawClutter())
            .composite([{ input: teapot }])
            .png()
            .toBuffer(),
        ],
      },
    };
  },
  whole: async () => {
    const picture = example("burger", "picture");
    const { width, height } = await sharp(picture).metadata();
    const part = { left: Math.round(0.42 * width), top: 0, width: Math.round(0.58 * width), height };
    return {
      good: { pictures: [picture] },
      bad: { pictures: [await sharp(picture).extract(part).png().toBuffer()] },
    };
  },
  sharp: async () => {
    const picture = example("lantern", "picture");
    return { good: { pictures: [picture] }, bad: { pictures: [await sharp(picture).blur(22).png().toBuffer()] } };
  },
  alone: async () => {
    const sheet = (inputs: OverlayOptions[]) =>
      sharp({ create: { width: 1000, height: SIZE, channels: 3, background: "#dfe5ea" } })
        .composite(inputs)
        .png()
        .toBuffer();
    const [robot, chest] = await Promise.all(
      ["robot", "chest"].map((name) => sharp(example(name, "picture")).resize(460).png().toBuffer()),
    );
    return {
      good: { pictures: [await sheet([{ input: robot!, left: 270, top: 90 }])] },
      bad: {
        pictures: [
          await sheet([
            { input: robot!, left: 20, top: 90 },
            { input: chest!, left: 520, top: 90 },
          ]),
        ],
      },
    };
  },
};

for (const [name, load] of Object.entries(PAIRS)) {
  if (values.only && values.only !== name) continue;
  const { good, bad } = await load();
  const rows: Buffer[][] = [];
  for (const [quality, attempt] of [["good", good] as const, ["bad", bad] as const]) {
    const { tiles, said } = await tryPictures(name, attempt);
    rows.push([await inputTile(attempt.pictures), ...tiles]);
    console.log(`${name}, ${quality}: ${said}`);
  }
  const width = 4 * TILE + 3 * GAP;
  const tiles = rows.flatMap((row, y) =>
    row.map((input, x) => ({ input, left: x * (TILE + GAP), top: y * (TILE + GAP) })),
  );
  await sharp({ create: { width, height: 2 * TILE + GAP, channels: 3, background: "#fff" } })
    .composite(tiles)
    .webp({ quality: 82 })
    .toFile(join(values.out, `${name}.webp`));
}

function example(name: string, picture: string): Buffer {
  return readFileSync(join(ROOT, "examples", name, `${picture}.png`));
}

/** Takes a minute of a busy core for the largest. */
function meshed(name: string): MeshedSolid {
  const known = solids.get(name) ?? meshSolid(OBJECTS.find((object) => object.name === name)!.solid);
  solids.set(name, known);
  return known;
}

/** A side of an example on a transparent background. */
function drawSide(name: string, label: (typeof LABELS)[number]): Promise<Buffer> {
  const { mesh, paint } = meshed(name);
  const { azimuth, elevation } = LABEL_DIRECTIONS[label];
  const { data } = renderMesh(mesh, cubeCamera(azimuth, elevation, SIZE, 0.88), SIZE, SIZE, { paint });
  return sharp(data, { raw: { width: SIZE, height: SIZE, channels: 4 } })
    .png()
    .toBuffer();
}

/** A shelf full of other things. */
async function drawClutter(): Promise<Buffer> {
  const names = ["lantern", "armchair", "cottage", "van", "chest", "burger", "robot", "cactus", "fox"];
  const side = Math.ceil(SIZE / 3);
  const inputs = await Promise.all(
    names.map(async (name, i) => ({
      input: await sharp(example(name, "picture"))
        .flatten({ background: i % 2 ? "#8d7257" : "#54687a" })
        .resize(side, side)
        .png()
        .toBuffer(),
      left: (i % 3) * side,
      top: Math.floor(i / 3) * side,
    })),
  );
  return sharp({ create: { width: 3 * side, height: 3 * side, channels: 3, background: "#654" } })
    .composite(inputs)
    .png()
    .toBuffer()
    .then((all) => sharp(all).resize(SIZE, SIZE).png().toBuffer());
}

/** Renders of the asset from three sides, or the sentence with which it was refused. */
async function tryPictures(name: string, { pictures, views }: Attempt): Promise<{ tiles: Buffer[]; said: string }> {
  try {
    const { files, report } = await runEngine({
      kind: "asset",
      pictures: pictures.map((picture) => new Uint8Array(picture)),
      options: { name, quality: "standard", ...(views && { views }) },
    });
    const mesh = withNormals(normalizeMesh(await loadGlb(files.find(({ format }) => format === "glb")!.data)));
    const tiles = await Promise.all(
      [30, 120, 210].map((azimuth) => {
        const camera = cubeCamera(azimuth, 16, TILE, 0.82);
        const { data } = renderMesh(mesh, camera, TILE, TILE, { background: BACKGROUND, samples: 3 });
        return sharp(data, { raw: { width: TILE, height: TILE, channels: 4 } })
          .png()
          .toBuffer();
      }),
    );
    return { tiles, said: ["made", ...report.warnings].join("; ") };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { tiles: [await refusalTile(error.message)], said: `refused: ${error.message}` };
  }
}

/** One picture, or four in a square. */
async function inputTile(pictures: Buffer[]): Promise<Buffer> {
  const side = pictures.length === 1 ? TILE : TILE / 2;
  const inputs = await Promise.all(
    pictures.map(async (picture, i) => ({
      input: await sharp(picture)
        .resize(side, side, { fit: "contain", background: "#fff" })
        .flatten({ background: "#fff" })
        .png()
        .toBuffer(),
      left: (i % 2) * side,
      top: Math.floor(i / 2) * side,
    })),
  );
  return sharp({ create: { width: TILE, height: TILE, channels: 3, background: "#fff" } })
    .composite(inputs)
    .png()
    .toBuffer();
}

/** The width of three tiles. */
function refusalTile(message: string): Promise<Buffer> {
  const width = 3 * TILE + 2 * GAP;
  const lines = [""];
  for (const word of message.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > 62) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  const top = TILE / 2 - (lines.length * 26) / 2;
  const text = lines
    .map((line, i) => {
      const escaped = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      return `<text x="36" y="${top + 20 + i * 26}">${escaped}</text>`;
    })
    .join("");
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TILE}" font-family="sans-serif" font-size="19" fill="#8a2018"><rect width="${width}" height="${TILE}" fill="#fbeeec"/><rect width="6" height="${TILE}" fill="#a3271f"/>${text}</svg>`;
  return sharp(Buffer.from(drawing)).png().toBuffer();
}
