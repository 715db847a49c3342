/**
 * npm run bench:remesh — lowers the same dense surfaces to the same number of faces by our means and by those of others, and
 * prints how far each is from the surface, in place and in shading: triangles beside triangles, quads beside quads.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadMatteModel } from "@maquette/engine/host/load-matte-model";
import { loadModels } from "@maquette/engine/host/load-models";
import { LEVELS } from "@maquette/engine/levels";
import { checkMesh } from "@maquette/engine/mesh/check-mesh";
import type { Polygons } from "@maquette/engine/mesh/half-edges";
import { pairTriangles } from "@maquette/engine/simplify/pair-triangles";
import { quadrangulate } from "@maquette/engine/simplify/quadrangulate";
import { simplify } from "@maquette/engine/simplify/simplify";
import { untangle } from "@maquette/engine/simplify/untangle";
import type { Mesh } from "@maquette/engine/types";
import sharp from "sharp";
import { runPeers } from "./peers/run-peers.ts";
import { camerasAround } from "./pictures/cameras-around.ts";
import { wireTile } from "./pictures/tiles.ts";
import { formatMarkdown } from "./report/table.ts";
import { normalizeMesh } from "./shape.ts";
import { exampleNames, exampleOrders } from "./topology/assets.ts";
import { makeDense } from "./topology/make-dense.ts";
import { normalErrors } from "./topology/normal-error.ts";
import { fanTriangles } from "./topology/read-polygons.ts";
import { shadeByAngle } from "./topology/read-shaded.ts";
import { selfIntersections } from "./topology/self-intersections.ts";
import { surfaceDistance } from "./topology/surface-distance.ts";

const TILE = 300;
const CAPTION = 26;
const COLUMNS = 4;

const { values } = parseArgs({
  options: {
    /** Name and number of pictures. */
    assets: { type: "string", default: "chest-4,fox-1,robot-4,teapot-4" },
    python: { type: "string", default: "python3" },
    pictures: { type: "string", default: fileURLToPath(new URL("../../docs/images/remesh", import.meta.url)) },
  },
});
const chosen = values.assets.split(",");
const orders = exampleOrders(exampleNames()).filter(({ name, pictures }) =>
  chosen.includes(`${name}-${pictures.length}`),
);
if (orders.length !== chosen.length)
  throw new Error(`--assets: expected such as chest-4 but received ${values.assets}`);
mkdirSync(values.pictures, { recursive: true });

const [prior, matte] = [await loadModels(), await loadMatteModel()];
const { field: samples, quad, polycount } = LEVELS.standard;
const rows: string[][] = [];
for (const { name, pictures, views } of orders) {
  const { inField: dense, field } = await makeDense(pictures, { name, quality: "standard", views }, prior, matte);
  const remeshed = quadrangulate(dense, field, { maxTriangles: polycount, edge: quad / samples, seed: 0 });
  if (!remeshed) throw new Error(`${name}: the standard level gives it no quads`);
  const squares = untangle(remeshed, null);
  const paired = pairTriangles(squares);
  const count = squares.triangles.length / 3;
  const { mesh: triangles } = simplify(dense, field, { maxTriangles: count, tolerance: 0 });
  const made = new Map<string, Polygons>([
    ["Maquette, triangles", asPolygons(untangle(triangles, null))],
    [
      "Maquette, quads",
      { positions: squares.positions, sizes: paired.sizes, corners: paired.corners.map((c) => squares.triangles[c]!) },
    ],
    ...(await runPeers(dense, count, paired.sizes.length, values.python)),
  ]);
  const sorted = [...made].sort(([, a], [, b]) => quadsOf(a) - quadsOf(b));
  const label = `${name}-${pictures.length}`;
  const shaded = shadeByAngle(dense);
  for (const [method, polygons] of sorted) {
    rows.push([label, method, ...measure(polygons)]);
    console.error(rows.at(-1)!.join("  "));
  }
  await drawAll(join(values.pictures, `${label}.webp`), [["dense surface", asPolygons(dense)], ...sorted]);

  function measure(polygons: Polygons): string[] {
    const mesh: Mesh = { positions: polygons.positions, triangles: fanTriangles(polygons) };
    const { openEdges, nonManifoldEdges, nonManifoldVertices, degenerateFaces } = checkMesh(polygons);
    const { mean, worst } = surfaceDistance(dense, mesh);
    const { plain } = normalErrors(shaded, shadeByAngle(mesh));
    return [
      String(polygons.sizes.length),
      (100 * quadsOf(polygons)).toFixed(0),
      String(openEdges + nonManifoldEdges + nonManifoldVertices + degenerateFaces),
      ((100 * selfIntersections(mesh)) / (mesh.triangles.length / 3)).toFixed(2),
      (mean * samples).toFixed(3),
      (worst * samples).toFixed(2),
      `${plain.mean.toFixed(2)}°`,
      (100 * plain.visible).toFixed(1),
    ];
  }
}
console.log(
  formatMarkdown(
    [
      "surface",
      "method",
      "faces",
      "quads %",
      "faults",
      "self-intersecting %",
      "distance",
      "largest",
      "normals",
      "off by 15°, %",
    ],
    rows,
  ),
);

function quadsOf({ sizes }: Polygons): number {
  return sizes.reduce((count, size) => count + (size === 4 ? 1 : 0), 0) / sizes.length;
}

function asPolygons({ positions, triangles }: Mesh): Polygons {
  return { positions, sizes: new Uint8Array(triangles.length / 3).fill(3), corners: triangles };
}

/** Wireframes from one direction, with the names of the methods. */
async function drawAll(path: string, meshes: [string, Polygons][]): Promise<void> {
  const [camera] = camerasAround(normalizeMesh(meshOf(meshes[0]![1])), TILE);
  const tiles = await Promise.all(
    meshes.map(async ([method, polygons], i) => {
      const left = (i % COLUMNS) * TILE;
      const top = Math.floor(i / COLUMNS) * (TILE + CAPTION);
      const lines = { corners: polygons.corners, sides: polygons.sizes };
      const input = await wireTile(normalizeMesh(meshOf(polygons)), lines, camera!, TILE, 0.5);
      const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE}" height="${CAPTION}"><text x="8" y="18" font-family="sans-serif" font-size="14" fill="#1c2b26">${method}, ${polygons.sizes.length}</text></svg>`;
      return [
        { input, left, top },
        { input: Buffer.from(text), left, top: top + TILE },
      ];
    }),
  );
  const height = Math.ceil(meshes.length / COLUMNS) * (TILE + CAPTION);
  await sharp({ create: { width: COLUMNS * TILE, height, channels: 3, background: "#fff" } })
    .composite(tiles.flat())
    .webp({ quality: 80, effort: 6 })
    .toFile(path);
}

function meshOf(polygons: Polygons): Mesh {
  return { positions: polygons.positions, triangles: fanTriangles(polygons) };
}
