import fc from "fast-check";
import { zipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { FinishOptions } from "../src/asset.ts";
import { cubeScene } from "../src/export/cube.ts";
import { exportScene } from "../src/export/export-scene.ts";
import { finishModel } from "../src/finish-model.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { nearestOnTriangle } from "../src/mesh/nearest-on-triangle.ts";
import { TriangleTree } from "../src/mesh/triangle-tree.ts";
import { readModel } from "../src/read/read-model.ts";
import { cleanSoup } from "../src/repair/clean-soup.ts";
import { fillHoles } from "../src/repair/fill-holes.ts";
import { guessMetres } from "../src/repair/guess-metres.ts";
import { normalizeSoup } from "../src/repair/normalize-soup.ts";
import { placeOnSurface } from "../src/repair/place-on-surface.ts";
import { solidField } from "../src/repair/solid-field.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Mesh } from "../src/types.ts";

/** A box of 12 triangles that share no vertex, as loose as models come. */
function box(middle: number[], half: number[]): number[][] {
  const at = (c: number) => [0, 1, 2].map((k) => middle[k]! + (c & (1 << k) ? half[k]! : -half[k]!));
  const rings = [0, 1, 2].flatMap((axis) => {
    const [u, v, w] = [1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3), 1 << axis];
    return [
      [w, w | u, w | u | v, w | v],
      [v, u | v, u, 0],
    ];
  });
  return rings.flatMap((ring) => {
    const [a, b, c, d] = ring.map(at) as [number[], number[], number[], number[]];
    return [
      [...a, ...b, ...c],
      [...a, ...c, ...d],
    ];
  });
}

function soupOf(faces: number[][]): Mesh {
  return {
    positions: Float32Array.from(faces.flat()),
    triangles: Uint32Array.from({ length: 3 * faces.length }, (_, i) => i),
  };
}

function obj(faces: number[][]): Buffer {
  const vertices = faces.flatMap((f) => [0, 3, 6].map((k) => `v ${f[k]} ${f[k + 1]} ${f[k + 2]}`));
  return Buffer.from([...vertices, ...faces.map((_, i) => `f ${3 * i + 1} ${3 * i + 2} ${3 * i + 3}`)].join("\n"));
}

function solidOf(faces: number[][], n = 32) {
  const { soup } = normalizeSoup(fillHoles(cleanSoup(soupOf(faces)).soup).soup, n);
  const solid = solidField(soup, n);
  const mesh = triangulateQuads(contour(solid.field));
  placeOnSurface(mesh, soup, solid);
  return { soup, solid, mesh };
}

const closed = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, degenerateFaces: 0 };

const extent = (positions: Float32Array) =>
  [0, 1, 2].map((k) => {
    const values = [...positions].filter((_, i) => i % 3 === k);
    return Math.max(...values) - Math.min(...values);
  });

describe("repair", () => {
  it("makes a closed two-manifold of any soup of triangles", () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    const triangle = fc.array(number, { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(triangle, { minLength: 2, maxLength: 12 }), (faces) => {
        // One that has an extent, so that there is something to make a solid of.
        const all = [...faces, [-1, -1, 0, 1, -1, 0, 0, 1, 0.5]];
        const { openEdges, nonManifoldEdges, nonManifoldVertices } = checkMesh(solidOf(all, 24).mesh);
        expect({ openEdges, nonManifoldEdges, nonManifoldVertices }).toEqual({
          openEdges: 0,
          nonManifoldEdges: 0,
          nonManifoldVertices: 0,
        });
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("does not care how faces are turned, whether some are there twice, or what overlaps", () => {
    const half = [0.5, 0.4, 0.3];
    const clean = box([0, 0, 0], half);
    const turned = clean.map((f, i) => (i % 2 ? [...f.slice(0, 3), ...f.slice(6), ...f.slice(3, 6)] : f));
    const inner = box([0, 0, 0], [0.3, 0.2, 0.1]);
    for (const faces of [clean, turned, [...clean, ...turned], [...clean, ...inner]]) {
      const { mesh } = solidOf(faces);
      expect(checkMesh(mesh)).toEqual({ ...closed, components: 1 });
      const [x, y, z] = extent(mesh.positions) as [number, number, number];
      expect(y / x).toBeCloseTo(0.8, 2);
      expect(z / x).toBeCloseTo(0.6, 2);
    }
  });

  it("brings sharp edges back: vertices lie on the faces that they came from", () => {
    const { mesh, soup } = solidOf(box([0, 0, 0], [0.5, 0.4, 0.3]));
    const tree = new TriangleTree(soup.positions, soup.triangles);
    let worst = 0;
    for (let i = 0; i < mesh.positions.length; i += 3) {
      const [x, y, z] = [mesh.positions[i]!, mesh.positions[i + 1]!, mesh.positions[i + 2]!];
      tree.find(x, y, z);
      worst = Math.max(worst, Math.hypot(tree.point[0]! - x, tree.point[1]! - y, tree.point[2]! - z));
    }
    // A cell is 1/32; without placing, corners are off by half of that.
    expect(worst).toBeLessThan(1 / 32 / 8);
  });

  it("closes a hole, and gives a sheet a thickness instead", () => {
    const lid = box([0, 0, 0], [0.5, 0.5, 0.5]).slice(2);
    expect(fillHoles(cleanSoup(soupOf(lid)).soup).holes).toBe(1);
    const { solid } = solidOf(lid);
    expect(solid.field.data[(16 * 32 + 16) * 32 + 16]).toBeGreaterThan(0);
    const sheet = [
      [-1, -1, 0, 1, -1, 0, 1, 1, 0],
      [-1, -1, 0, 1, 1, 0, -1, 1, 0],
    ];
    const { mesh } = solidOf(sheet);
    expect(checkMesh(mesh)).toEqual({ ...closed, components: 1 });
    expect(extent(mesh.positions)[2]).toBeCloseTo(1.5 / 32, 2);
  });

  it("finds the nearest triangle as brute force does", () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    const faces = fc.array(fc.array(number, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(faces, fc.tuple(number, number, number), (list, [x, y, z]) => {
        const positions = Float64Array.from(list.flat());
        const triangles = Uint32Array.from({ length: positions.length / 3 }, (_, i) => i);
        const tree = new TriangleTree(positions, triangles);
        tree.find(x, y, z);
        const found = (tree.point[0]! - x) ** 2 + (tree.point[1]! - y) ** 2 + (tree.point[2]! - z) ** 2;
        const least = Math.min(
          ...list.map((_, t) => nearestOnTriangle(positions, 9 * t, 9 * t + 3, 9 * t + 6, x, y, z)),
        );
        expect(found).toBeCloseTo(least, 12);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it("takes units that no object can have for others, and says so", () => {
    expect(guessMetres(1.8, 1)).toEqual({ metres: 1, warning: null });
    expect(guessMetres(180, 1)).toMatchObject({ metres: 0.01, warning: expect.stringMatching(/180 m.*centimetres/) });
    expect(guessMetres(25_000, null).metres).toBe(0.001);
    expect(guessMetres(180, 0.01)).toEqual({ metres: 0.01, warning: null });
    expect(guessMetres(0.0018, 1).metres * 0.0018).toBeCloseTo(0.18, 6);
  });
});

describe("finishModel", () => {
  const finish = (model: Uint8Array, options: Partial<FinishOptions> = {}) =>
    finishModel(model, new Map(), { name: "model", quality: "standard", textureSize: 256, ...options });

  it("drops floaters and the base plate, keeps the size, and says what it did", async () => {
    const body = box([0, 0.5, 0], [0.3, 0.5, 0.2]);
    const crumb = box([0.9, 0.9, 0.9], [0.01, 0.01, 0.01]);
    const plate = box([0, -0.02, 0], [0.8, 0.0201, 0.8]);
    const asset = await finish(obj([...body, ...body.slice(0, 3), ...crumb, ...plate]));
    const { size, warnings, checks } = asset.report;
    expect(checks).toEqual({ ...closed, components: 1 });
    expect(size.width).toBeCloseTo(60, 0);
    expect(size.height).toBeCloseTo(100, -1);
    expect(warnings.join()).toMatch(/3 faces that were there twice.*loose pieces.*base plate/);
    const kept = await finish(obj([...body, ...plate]), { keepBase: true });
    expect(kept.report.size.width).toBeCloseTo(160, 0);
    // A crumb so near to the plate that they were one piece, and so far out that the plate did not stick out.
    const beside = box([0.86, 0.03, 0], [0.015, 0.02, 0.015]);
    const neat = await finish(obj([...body, ...plate, ...beside]));
    expect(neat.report.checks).toEqual({ ...closed, components: 1 });
    expect(neat.report.size.width).toBeCloseTo(60, 0);
  });

  it("turns the axis that points up, and meets the height asked for exactly", async () => {
    const asset = await finish(obj(box([0, 0, 0], [0.2, 0.3, 0.5])), { up: "z", height: 80 });
    expect(asset.report.size.height).toBe(80);
    expect(asset.report.size.width).toBeCloseTo(32, 0);
    expect(asset.report.size.depth).toBeCloseTo(48, 0);
    await expect(finish(obj(box([0, 0, 0], [1, 1, 1])), { up: "up" as never })).rejects.toThrow(/up is up; expected/i);
  });

  it("reads what it writes: GLB, glTF, OBJ and FBX of one asset have the same shape and size", async () => {
    const scene = cubeScene({
      name: "cube",
      height: 50,
      width: 30,
      depth: 20,
      pivot: "base",
      topology: "quad",
    } as never);
    const files = await exportScene(scene);
    for (const format of ["glb", "gltf", "obj", "fbx"] as const) {
      const model = await readModel(files.find((file) => file.format === format)!.data);
      const metres = extent(model.mesh.positions).map((e) => e * (model.metres ?? 1));
      expect(
        metres.map((m) => Math.round(m * 1000)),
        format,
      ).toEqual([300, 500, 200]);
      expect(model.mesh.triangles.length / 3, format).toBe(12);
    }
  });

  it("gives the same bytes for the same model", async () => {
    const model = obj(box([0, 0, 0], [0.5, 0.4, 0.3]));
    const [a, b] = [await finish(model), await finish(model)];
    for (const [i, file] of a.files.entries()) expect(Buffer.compare(file.data, b.files[i]!.data)).toBe(0);
  });

  const texts = (files: Record<string, string | Uint8Array>) =>
    zipSync(
      Object.fromEntries(
        Object.entries(files).map(([name, file]) => [name, typeof file === "string" ? Buffer.from(file) : file]),
      ),
    );

  it("reads a model from a zip with the materials and pictures that it names, wherever those lie", async () => {
    const red = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#c02010" } })
      .png()
      .toBuffer();
    const faces = box([0, 0, 0], [0.5, 0.4, 0.3]).flatMap(
      (_, i) => `f ${[1, 2, 3].map((k) => `${3 * i + k}/1`).join(" ")}`,
    );
    const vertices = obj(box([0, 0, 0], [0.5, 0.4, 0.3]))
      .toString()
      .split("\n")
      .filter((line) => line.startsWith("v "));
    const zip = texts({
      "__MACOSX/model/._crate.obj": "v 0 0 0",
      "model/crate.obj": ["mtllib ../../etc/Crate.MTL", "vt 0.5 0.5", ...vertices, "usemtl wood", ...faces].join("\n"),
      "../../../etc/crate.mtl": "newmtl wood\nmap_Kd textures\\wood.png\n",
      "model/textures/wood.png": red,
      "readme.txt": "not looked at",
    });
    const { files } = await finish(zip);
    const { dominant } = await sharp(files.find(({ format }) => format === "texture")!.data).stats();
    expect([dominant.r > 170, dominant.g < 60, dominant.b < 40]).toEqual([true, true, true]);
  });

  it("takes no more from a zip than its directory says, and no more than there is room for", async () => {
    const model = obj(box([0, 0, 0], [0.5, 0.4, 0.3]));
    const two = texts({ "a.obj": model, "b.glb": "glTF" });
    await expect(finish(two)).rejects.toThrow(/a zip with 2 models \(a\.obj, b\.glb\) in it/);
    await expect(finish(texts({ "a.txt": "x" }))).rejects.toThrow(/a zip with no model in it/);
    await expect(finish(two.subarray(0, two.length - 30))).rejects.toThrow(/ZIP: /);
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}.png`, "x"]));
    await expect(finish(texts({ ...many, "a.obj": model }))).rejects.toThrow(/over 1000 files/);

    // 16 MB of spaces in some kB. The sizes that its directory tells are changed to lies.
    const bomb = Buffer.from(texts({ "a.obj": Buffer.concat([model, Buffer.alloc(16 << 20, 0x20)]) }));
    expect(bomb.length).toBeLessThan(100_000);
    const directory = bomb.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
    const claims = (bytes: number) => {
      const copy = Buffer.from(bomb);
      copy.writeUInt32LE(bytes, directory + 24);
      return copy;
    };
    await expect(finish(claims(0x7fff_ffff))).rejects.toThrow(/its files have over 512 MB together/);
    // As much as it admits to: the model without the rest.
    expect((await finish(claims(model.length))).report.checks.openEdges).toBe(0);
  });

  it("refuses what asks for more room than any model needs, before it gets that", async () => {
    const gltf = (parts: object) => Buffer.from(JSON.stringify({ asset: { version: "2.0" }, ...parts }));
    const accessors = [{ componentType: 5126, count: 4e9, type: "VEC3" }];
    await expect(finish(gltf({ accessors }))).rejects.toMatchObject({ code: "model_too_large" });
    const loop = { nodes: [{ children: [0] }], scenes: [{ nodes: [0] }], scene: 0 };
    await expect(finish(gltf(loop))).rejects.toMatchObject({ code: expect.stringMatching(/^model_/) });
    // One mesh of 20,000 triangles that stands in 300 places.
    const count = 60_000;
    const nodes = Array.from({ length: 300 }, () => ({ mesh: 0 }));
    const crowd = gltf({
      buffers: [
        {
          byteLength: 12 * count,
          uri: `data:application/octet-stream;base64,${Buffer.alloc(12 * count).toString("base64")}`,
        },
      ],
      bufferViews: [{ buffer: 0, byteLength: 12 * count }],
      accessors: [{ bufferView: 0, componentType: 5126, count, type: "VEC3", min: [0, 0, 0], max: [0, 0, 0] }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
      nodes,
      scenes: [{ nodes: nodes.map((_, i) => i) }],
      scene: 0,
    });
    await expect(finish(crowd)).rejects.toThrow(/over 5 million triangles/);
  });

  it.each([
    ["nothing", Buffer.alloc(0), /an empty file/],
    ["text", Buffer.from("hello, this is no model\n"), /neither GLB, glTF, OBJ nor FBX/],
    ["a text FBX", Buffer.from("; FBX 7.4.0 project file\nFBXHeaderExtension:  {\n"), /text form/],
    ["a cut GLB", Buffer.from("glTF\x02\0\0\0\xff\0\0\0", "latin1"), /cannot be read/],
    [
      "a cut FBX",
      Buffer.from("Kaydara FBX Binary  \0\x1a\0\xe8\x1c\0\0\xff\xff\0\0aaaaaaaaaaaaaaaa", "latin1"),
      /cannot be read/,
    ],
    ["an OBJ without faces", Buffer.from("v 0 0 0\nv 1 0 0\n"), /holds no faces/],
    ["a point", obj([[1, 1, 1, 1, 1, 1, 1, 1, 1]]), /no extent/],
    ["a line", obj([[0, 0, 0, 1, 0, 0, 2, 0, 0]]), /no extent/],
  ])("refuses %s in a sentence", async (_, bytes, words) => {
    await expect(finish(bytes)).rejects.toThrow(words);
  });
});
