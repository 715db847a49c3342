/** What Blender and Assimp make of the files: the check that no reading of our own can replace. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cubeScene } from "../src/export/cube.ts";
import { exportScene } from "../src/export/export-scene.ts";
import type { AssetScene } from "../src/types.ts";
import type { ImportFacts, SurfaceSample } from "./support/import-facts.ts";
import { importWithAssimp } from "./support/import-with-assimp.ts";
import { importWithBlender } from "./support/import-with-blender.ts";
import { SIGNPOST_BOXES, signpostColor, signpostScene, sphereColor, sphereScene } from "./support/scenes.ts";

const IMPORTERS = ["blender", "assimp"] as const;
const FORMATS = ["obj", "fbx", "glb", "gltf"] as const;
/** Formats that keep polygons with more than three corners. */
const KEEPS_QUADS = ["obj", "fbx"];

const SCENES: AssetScene[] = [
  cubeScene({ name: "cube", height: 200, width: 120, depth: 35 }),
  cubeScene({ name: "standing", height: 20, pivot: "base" }),
  signpostScene(),
  scaled("tiny", 0.005),
  scaled("huge", 400),
  sphereScene({ n: 16 }),
  sphereScene({ name: "detailed", n: 12, normalMap: true, occlusion: true, lods: [6, 3] }),
];

const facts = new Map<string, ImportFacts>();
const get = (importer: string, scene: string, format: string) => facts.get(`${importer} ${scene}.${format}`)!;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maquette-importers-"));
  const names: string[] = [];
  for (const scene of SCENES) {
    for (const file of await exportScene(scene)) {
      await writeFile(join(folder, file.name), file.data);
      if ((FORMATS as readonly string[]).includes(file.format)) names.push(file.name);
    }
  }
  const paths = names.map((name) => join(folder, name));
  const [blender, assimp] = [await importWithBlender(paths), await importWithAssimp(paths)];
  names.forEach((name, i) => {
    facts.set(`blender ${name}`, blender[i]!);
    facts.set(`assimp ${name}`, assimp[i]!);
  });
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(IMPORTERS)("%s", (importer) => {
  describe.each(FORMATS)("%s", (format) => {
    const polygons = KEEPS_QUADS.includes(format);

    it.each([
      ["cube", [-0.6, -1, -0.175], [0.6, 1, 0.175]],
      ["standing", [-0.1, 0, -0.1], [0.1, 0.2, 0.1]],
      ["signpost", [-0.3, -0.5, -0.2], [1.1, 1.5, 0.5]],
      ["sphere", [-1, -1, -1], [1, 1, 1]],
    ])("has %s where it is, to the millimetre", (scene, min, max) => {
      const found = get(importer, scene, format);
      for (let k = 0; k < 3; k++) {
        expect(Math.abs(found.min[k]! - min[k]!)).toBeLessThan(0.001);
        expect(Math.abs(found.max[k]! - max[k]!)).toBeLessThan(0.001);
      }
    });

    it.each([
      ["tiny", 0.005],
      ["huge", 400],
    ])("keeps the proportions of something %s", (scene, scale) => {
      [1.4, 2, 0.7].forEach((size, k) => {
        expect(get(importer, scene, format).size[k]! / (size * scale)).toBeCloseTo(1, 5);
      });
    });

    it("keeps parts by name, and quads and triangles as they are", () => {
      const { parts } = get(importer, "signpost", format);
      const counts = parts.map((part) => [part.name, part.polygons, part.quads, part.triangles].join(" ")).sort();
      expect(counts).toEqual(
        polygons ? ["arm 6 6 12", "nose 12 0 12", "tower 7 5 12"] : ["arm 12 0 12", "nose 12 0 12", "tower 12 0 12"],
      );
      const sphere = get(importer, "sphere", format);
      expect([sphere.polygons, sphere.quads]).toEqual(polygons ? [6 * 16 * 16, 6 * 16 * 16] : [12 * 16 * 16, 0]);
    });

    it("keeps the pivot of each part", () => {
      for (const { name, origin } of get(importer, "signpost", format).parts) {
        // OBJ knows no origin but its own.
        const wanted = format === "obj" ? [0, 0, 0] : SIGNPOST_BOXES.find((box) => box.name === name)!.pivot;
        for (let k = 0; k < 3; k++) expect(origin[k], `${name}, axis ${k}`).toBeCloseTo(wanted[k]!, 6);
      }
    });

    it("hangs several parts below one object with the asset's name, where the format has objects above others", () => {
      // Assimp makes the only node at the top of a glTF its root, which it names after nothing else.
      if (format === "obj" || (importer === "assimp" && !polygons)) return;
      expect(new Set(get(importer, "signpost", format).parts.map(({ parent }) => parent))).toEqual(
        new Set(["signpost"]),
      );
      expect(get(importer, "sphere", format).parts.map(({ parent }) => parent)).toEqual([null]);
    });

    it("finds the textures", () => {
      expect(get(importer, "signpost", format).textures).toEqual([{ slot: "baseColor", width: 192, height: 96 }]);
      expect(get(importer, "detailed", format).textures).toEqual([
        { slot: "baseColor", width: 256, height: 256 },
        { slot: "normal", width: 256, height: 256 },
      ]);
    });

    it("shows each colour of the texture on its side", () => {
      const { samples } = get(importer, "signpost", format);
      expect(samples.length).toBeGreaterThan(80);
      for (const sample of samples) {
        const box = SIGNPOST_BOXES.findIndex(({ name }) => name === sample.part);
        expectColor(sample, sample.texture, signpostColor(box, outward(sample)), 8);
      }
    });

    it("shows the right spot of the texture at each point", () => {
      for (const scene of ["sphere", "detailed"]) {
        for (const sample of get(importer, scene, format).samples.filter(({ part }) => !/LOD[12]/.test(part))) {
          expectColor(sample, sample.texture, sphereColor(unit(sample.point)), 10);
        }
      }
    });

    it("shades with our normals", () => {
      for (const sample of get(importer, "sphere", format).samples) {
        // The sample lies between the corner, whose normal it has, and the middle of the face.
        expect(dot(sample.normal, unit(sample.point))).toBeGreaterThan(0.995);
      }
      for (const sample of get(importer, "signpost", format).samples) {
        expect(dot(sample.normal, outward(sample))).toBeGreaterThan(0.9999);
      }
    });

    if (polygons) {
      it("has our vertex colours, in sRGB", () => {
        for (const sample of get(importer, "signpost", format).samples) {
          const box = SIGNPOST_BOXES.findIndex(({ name }) => name === sample.part);
          const [r, g, b] = SCENES[2]!.parts[box]!.colors;
          expectColor(sample, sample.color, [r!, g!, b!], 1);
        }
        for (const sample of get(importer, "sphere", format).samples) {
          expectColor(sample, sample.color, sphereColor(unit(sample.point)), 10);
        }
      });
    } else {
      it("has no vertex colours, which would darken the texture", () => {
        for (const sample of get(importer, "sphere", format).samples) expect(sample.color).toBeNull();
      });
    }
  });

  it("finds the levels of detail of the FBX below one group", () => {
    const parts = get(importer, "detailed", "fbx").parts.map(({ name, parent, polygons }) => [name, parent, polygons]);
    expect(parts).toEqual([
      ["ball_LOD0", "detailed", 6 * 12 * 12],
      ["ball_LOD1", "detailed", 6 * 6 * 6],
      ["ball_LOD2", "detailed", 6 * 3 * 3],
    ]);
  });
});

describe("the importers' own checks", () => {
  it("refuse a damaged file, naming it", async () => {
    const broken = join(folder, "broken.fbx");
    await writeFile(broken, "Kaydara FBX Binary  ");
    await expect(importWithBlender([broken])).rejects.toThrow(/Blender cannot import .*broken\.fbx/);
    await expect(importWithAssimp([broken])).rejects.toThrow(/Assimp cannot import .*broken\.fbx/);
  });
});

function scaled(name: string, factor: number): AssetScene {
  const scene = signpostScene(name);
  for (const part of scene.parts) {
    part.positions = part.positions.map((p) => p * factor);
    const [x, y, z] = part.pivot;
    part.pivot = [x * factor, y * factor, z * factor];
  }
  return scene;
}

/** The side of the box on which a sample lies, told from its place alone. */
function outward({ part, point }: SurfaceSample): number[] {
  const box = SIGNPOST_BOXES.find(({ name }) => name === part)!;
  for (let axis = 0; axis < 3; axis++) {
    for (const [plane, sign] of [
      [box.min[axis]!, -1],
      [box.max[axis]!, 1],
    ] as const) {
      if (Math.abs(point[axis]! - plane) < 1e-5) return [0, 1, 2].map((k) => (k === axis ? sign : 0));
    }
  }
  throw new Error(`${point} lies on no side of ${part}`);
}

function expectColor(
  sample: SurfaceSample,
  seen: readonly number[] | null,
  wanted: readonly number[],
  tolerance: number,
) {
  const worst = seen ? Math.max(...wanted.map((w, k) => Math.abs(w - seen[k]!))) : Infinity;
  expect(worst, `${sample.part} at ${sample.point}: ${seen}, not ${wanted}`).toBeLessThanOrEqual(tolerance);
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
