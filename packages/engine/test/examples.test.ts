/**
 * The whole engine on the examples at every level of quality: what comes out is valid, importable, closed and as large as
 * ordered. All go through `standard` as a single picture and as a set of sides; every fourth through `high`, two of them held
 * to so few triangles that the cap binds; and two through `ultra`, of which one takes as long as five others. All of them at
 * all levels took half of the suite's time; `npm run bench:mesh` has them.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NodeIO } from "@gltf-transform/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runEngine } from "../host/index.ts";
import type { AssetOptions, AssetReport } from "../src/asset.ts";
import { LEVELS } from "../src/levels.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import type { Polygons } from "../src/mesh/half-edges.ts";
import { weldByPosition } from "../src/mesh/weld-by-position.ts";
import type { Quality } from "../src/types.ts";
import type { ImportFacts } from "./support/import-facts.ts";
import { importWithAssimp } from "./support/import-with-assimp.ts";
import { importWithBlender } from "./support/import-with-blender.ts";
import { findRecords, readFbx } from "./support/read-fbx.ts";
import { validateGltf } from "./support/validate-gltf.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));
const SIDES = ["front", "right", "back", "left"] as const;
const FORMATS = ["obj", "fbx", "glb"] as const;
const QUALITIES = ["standard", "high", "ultra"] as const;
const FEW_TRIANGLES = 600;
/** Of the examples one in so many. */
const EVERY: Record<Quality, number> = { standard: 1, high: 4, ultra: 6 };

interface Case {
  name: string;
  pictures: string[];
  options: AssetOptions;
}

function casesOf(quality: Quality, examples: readonly string[]): Case[] {
  return examples.flatMap((example, i) => {
    const single = { name: `${example}_picture`, pictures: [join(EXAMPLES, example, "picture.png")] };
    const sides = SIDES.map((side) => join(EXAMPLES, example, `${side}.png`));
    const set = existsSync(sides[0]!) ? { name: `${example}_sides`, pictures: sides } : null;
    if (i % EVERY[quality] !== 0) return [];
    const turn = (i / EVERY[quality]) % 2 === 0;
    const chosen = quality === "standard" ? [single, ...(set ? [set] : [])] : [turn && set ? set : single];
    const polycount = quality === "high" && i % 8 < 4 ? FEW_TRIANGLES : undefined;
    return chosen.map((c) => {
      const views = c === set ? [...SIDES] : undefined;
      return { ...c, options: { name: c.name, quality, views, polycount } };
    });
  });
}

const examples = (await readdir(EXAMPLES, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name);

describe.each(QUALITIES)("every example at %s", (quality) => {
  const cases = casesOf(quality, examples);
  let folder: string;
  const reports = new Map<string, AssetReport>();
  const facts = new Map<string, ImportFacts>();
  const fileOf = (name: string, format: string) => join(folder, `${name}.${format}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maquette-examples-"));
    const queue = [...cases];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const pictures = next.pictures.map((path) => new Uint8Array(readFileSync(path)));
        const { files, report } = await runEngine({ kind: "asset", pictures, options: next.options });
        for (const file of files) await writeFile(join(folder, file.name), file.data);
        reports.set(next.name, report);
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
    const paths = cases.flatMap(({ name }) => FORMATS.map((format) => fileOf(name, format)));
    const options = { sampledFaces: 0 };
    const [blender, assimp] = await Promise.all([importWithBlender(paths, options), importWithAssimp(paths, options)]);
    paths.forEach((path, i) => {
      facts.set(`blender ${path}`, blender[i]!);
      facts.set(`assimp ${path}`, assimp[i]!);
    });
  }, 900_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(cases.map((c) => c.name))("%s: the Khronos validator finds nothing", async (name) => {
    for (const format of ["glb", "gltf"]) {
      await validateGltf(`${name}.${format}`, new Uint8Array(await readFile(fileOf(name, format))));
    }
  });

  it.each(cases)("$name: Blender and Assimp import it, textured and two metres high", ({ name, options }) => {
    const cap = options.polycount ?? LEVELS[quality].polycount;
    for (const importer of ["blender", "assimp"]) {
      for (const format of FORMATS) {
        const found = facts.get(`${importer} ${fileOf(name, format)}`)!;
        expect(Math.abs(found.size[1] - 2)).toBeLessThan(0.001);
        expect(found.triangles).toBeLessThanOrEqual(cap);
        expect(found.triangles).toBeGreaterThan(100);
        const { texture } = LEVELS[quality];
        const relief = Math.min(texture, 2048);
        expect(found.textures).toEqual([
          { slot: "baseColor", width: texture, height: texture },
          { slot: "normal", width: relief, height: relief },
        ]);
      }
    }
  });

  it.each(cases.map((c) => c.name))("%s: closed, two-manifold and turned outwards in every file", async (name) => {
    for (const format of FORMATS) {
      const mesh = await readers[format](new Uint8Array(await readFile(fileOf(name, format))));
      const { components: _, ...faults } = checkMesh(mesh);
      expect(faults, format).toEqual({
        openEdges: 0,
        nonManifoldEdges: 0,
        nonManifoldVertices: 0,
        degenerateFaces: 0,
      });
      expect(volume(mesh), format).toBeGreaterThan(0);
    }
  });

  it.each(cases.map((c) => c.name))("%s: says what it made", async (name) => {
    const { triangles, size, checks, parts } = reports.get(name)!;
    for (const importer of ["blender", "assimp"]) {
      for (const format of FORMATS) {
        const found = facts.get(`${importer} ${fileOf(name, format)}`)!.parts;
        const wanted = parts.map((part) => [part.name, part.triangles]);
        expect(found.map((part) => [part.name, part.triangles]).sort(), `${importer} ${format}`).toEqual(wanted.sort());
      }
    }
    expect(facts.get(`blender ${fileOf(name, "glb")}`)!.triangles).toBe(triangles);
    expect(size.height).toBeCloseTo(200, 3);
    expect(checks).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, degenerateFaces: 0 });
  });
});

/** The mesh as the file has it, seams closed where vertices of the same place were split. */
const readers: Record<(typeof FORMATS)[number], (data: Uint8Array) => Polygons | Promise<Polygons>> = {
  obj(data) {
    const positions: number[] = [];
    const faces: number[][] = [];
    for (const line of new TextDecoder().decode(data).split("\n")) {
      const [key, ...rest] = line.trim().split(/\s+/);
      if (key === "v") positions.push(...rest.slice(0, 3).map(Number));
      if (key === "f") faces.push(rest.map((corner) => Number.parseInt(corner, 10) - 1));
    }
    return polygons(positions, faces);
  },
  fbx(data) {
    // Parts one after another; where each of them lies does not matter here.
    const records = readFbx(data);
    const lists = findRecords(records, "PolygonVertexIndex").map(({ values }) => values[0] as Int32Array);
    const positions: number[] = [];
    const faces: number[][] = [];
    findRecords(records, "Vertices").forEach(({ values: [own] }, part) => {
      const first = positions.length / 3;
      let face: number[] = [];
      for (const index of lists[part]!) {
        face.push(first + (index < 0 ? ~index : index));
        if (index >= 0) continue;
        faces.push(face);
        face = [];
      }
      for (const value of own as Float64Array) positions.push(value);
    });
    return polygons(positions, faces);
  },
  async glb(data) {
    const document = await new NodeIO().readBinary(data);
    const positions: number[] = [];
    const corners: number[] = [];
    for (const node of document.getRoot().listNodes()) {
      const move = node.getWorldTranslation();
      for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
        const first = positions.length / 3;
        for (const index of primitive.getIndices()!.getArray()!) corners.push(first + index);
        primitive
          .getAttribute("POSITION")!
          .getArray()!
          .forEach((value, i) => {
            positions.push(value + move[i % 3]!);
          });
      }
    }
    return weldByPosition({
      positions: Float32Array.from(positions),
      sizes: new Uint8Array(corners.length / 3).fill(3),
      corners: Uint32Array.from(corners),
    });
  },
};

function polygons(positions: ArrayLike<number>, faces: number[][]): Polygons {
  return {
    positions: Float32Array.from(positions),
    sizes: Uint8Array.from(faces, (face) => face.length),
    corners: Uint32Array.from(faces.flat()),
  };
}

/** Signed: positive when faces are counter-clockwise seen from outside. */
function volume({ positions: p, sizes, corners }: Polygons): number {
  let sum = 0;
  let first = 0;
  for (const size of sizes) {
    for (let k = 1; k + 1 < size; k++) {
      const [a, b, c] = [3 * corners[first]!, 3 * corners[first + k]!, 3 * corners[first + k + 1]!];
      sum +=
        p[a]! * (p[b + 1]! * p[c + 2]! - p[b + 2]! * p[c + 1]!) +
        p[a + 1]! * (p[b + 2]! * p[c]! - p[b]! * p[c + 2]!) +
        p[a + 2]! * (p[b]! * p[c + 1]! - p[b + 1]! * p[c]!);
    }
    first += size;
  }
  return sum / 6;
}
