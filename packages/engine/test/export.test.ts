import { WebIO } from "@gltf-transform/core";
import fc from "fast-check";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { cubeScene } from "../src/export/cube.ts";
import { exportScene } from "../src/export/export-scene.ts";
import { triangulate } from "../src/export/triangulate.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { weldByPosition } from "../src/mesh/weld-by-position.ts";
import type { AssetFile, AssetScene, PartMesh } from "../src/types.ts";
import { findRecords, readFbx } from "./support/read-fbx.ts";
import { signpostScene, sphereScene } from "./support/scenes.ts";
import { validateGltf } from "./support/validate-gltf.ts";

const SCENES: Record<string, () => AssetScene> = {
  cube: () => cubeScene({ name: "cube", height: 200, width: 120, depth: 35 }),
  signpost: () => signpostScene(),
  sphere: () => sphereScene({ n: 8 }),
  everything: () => sphereScene({ name: "everything", n: 8, normalMap: true, occlusion: true, lods: [4, 2] }),
};

const find = (files: AssetFile[], format: AssetFile["format"]) => files.find((file) => file.format === format)!;
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const lines = (data: Uint8Array, key: string) =>
  text(data)
    .split("\n")
    .filter((line) => line.startsWith(`${key} `))
    .map((line) => line.slice(key.length + 1));

describe("exportScene", () => {
  it("delivers one file of each format, with names from the asset's", async () => {
    const files = await exportScene(SCENES.everything!());
    expect(files.map(({ name, format, mime }) => `${name} ${format} ${mime}`)).toEqual([
      "everything.glb glb model/gltf-binary",
      "everything.gltf gltf model/gltf+json",
      "everything.obj obj model/obj",
      "everything.mtl mtl model/mtl",
      "everything.fbx fbx application/octet-stream",
      "everything.usdz usdz model/vnd.usdz+zip",
      "everything.stl stl model/stl",
      "everything_basecolor.png texture image/png",
      "everything_normal.png texture image/png",
      "everything_occlusion.png texture image/png",
      "everything.zip zip application/zip",
    ]);
  });

  it.each(Object.keys(SCENES))("writes the same bytes for the same scene: %s", async (name) => {
    const [first, second] = [await exportScene(SCENES[name]!()), await exportScene(SCENES[name]!())];
    for (const [i, file] of first.entries()) {
      expect(Buffer.compare(file.data, second[i]!.data), file.name).toBe(0);
    }
  });

  it("reports progress up to the end and stops when aborted", async () => {
    const seen: number[] = [];
    await exportScene(SCENES.everything!(), { onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);

    const stop = new AbortController();
    const stopped = exportScene(SCENES.sphere!(), {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  it.each(["", "a b", "../up", "1st", "ünder", "a".repeat(101)])("refuses the name %j", async (name) => {
    await expect(exportScene({ ...SCENES.cube!(), name })).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining("is not an identifier"),
    });
  });

  it("keeps clear of names that Windows reserves", async () => {
    const files = await exportScene({ ...SCENES.cube!(), name: "Con" });
    for (const { name } of files) expect(name).toMatch(/^Con_[._]/);
    expect(lines(find(files, "obj").data, "mtllib")).toEqual(["Con_.mtl"]);
  });

  it("makes part names safe and unique in every format", async () => {
    const scene = signpostScene();
    ["two words\nf 1 2 3", "Two_Words f 1 2 3", "::"].forEach((name, i) => {
      scene.parts[i]!.name = name;
    });
    const expected = ["two_words_f_1_2_3", "Two_Words_f_1_2_3_2", "part"];
    const files = await exportScene(scene);
    expect(lines(find(files, "obj").data, "o")).toEqual(expected);
    const models = findRecords(readFbx(find(files, "fbx").data), "Model");
    expect(models.map(({ values }) => String(values[1]).split("\0")[0])).toEqual(["signpost", ...expected]);
    const glb = await new WebIO().readBinary(find(files, "glb").data);
    expect(
      glb
        .getRoot()
        .listNodes()
        .map((node) => node.getName()),
    ).toEqual(["signpost", ...expected]);
  });

  it("refuses a part whose arrays contradict each other, saying where", async () => {
    const broken = (change: (part: PartMesh) => void) => {
      const scene = signpostScene();
      change(scene.parts[1]!);
      return exportScene(scene);
    };
    const cases: [(part: PartMesh) => void, string][] = [
      [(part) => (part.sizes[0] = 5), "a polygon with 5 corners"],
      [(part) => (part.cornerUvs[3] = 9999), "uses UV 9999 of 24"],
      [(part) => (part.cornerNormals = part.cornerNormals.slice(1)), "24 corners but 23 normal numbers"],
      [(part) => (part.positions[4] = Number.NaN), "a coordinate NaN"],
      [(part) => (part.colors = part.colors.slice(3)), "8 vertices but 7 vertex colours"],
    ];
    for (const [change, message] of cases) {
      await expect(broken(change)).rejects.toMatchObject({
        code: "internal",
        message: expect.stringMatching(new RegExp(`part "arm" .*${message}`)),
      });
    }
  });

  it("leaves out vertices, UVs and normals that no face uses", async () => {
    const scene = SCENES.cube!();
    const part = scene.parts[0]!;
    const padded: PartMesh = {
      ...part,
      positions: Float32Array.from([9, 9, 9, ...part.positions]),
      colors: Uint8Array.from([1, 2, 3, ...part.colors]),
      uvs: Float32Array.from([0.9, 0.9, ...part.uvs]),
      // Every normal twice: equal ones are stored once.
      normals: Float32Array.from([...part.normals, ...part.normals]),
      cornerVertices: part.cornerVertices.map((v) => v + 1),
      cornerUvs: part.cornerUvs.map((v) => v + 1),
      cornerNormals: part.cornerNormals.map((v, i) => v + (i % 2) * 6),
    };
    const clean = await exportScene(scene);
    const files = await exportScene({ ...scene, parts: [padded] });
    for (const [i, file] of files.entries()) expect(Buffer.compare(file.data, clean[i]!.data), file.name).toBe(0);
  });
});

describe("GLB and glTF", () => {
  it.each(Object.keys(SCENES))("pass the Khronos validator without errors and warnings: %s", async (name) => {
    const files = await exportScene(SCENES[name]!());
    const triangles = SCENES[name]!().parts.reduce((sum, part) => sum + triangulate(part).length / 3, 0);
    for (const format of ["glb", "gltf"] as const) {
      const file = find(files, format);
      expect(await validateGltf(file.name, file.data)).toMatchObject({
        totalTriangleCount: triangles,
        materialCount: 1,
      });
    }
    for (const [entry, data] of Object.entries(unzipSync(find(files, "zip").data))) {
      if (/\.(glb|gltf)$/.test(entry)) await validateGltf(entry, data);
    }
  });

  it("carry the same content, the glTF in one file", async () => {
    const files = await exportScene(SCENES.everything!());
    const json = JSON.parse(text(find(files, "gltf").data));
    for (const { uri } of [...json.buffers, ...json.images]) expect(uri).toMatch(/^data:[a-z/+-]+;base64,/);
    const io = new WebIO();
    const glb = await io.readBinary(find(files, "glb").data);
    const gltf = await io.readJSON({ json, resources: {} });
    expect(Buffer.compare(await io.writeBinary(gltf), await io.writeBinary(glb))).toBe(0);
  });

  it("number each combination of vertex, UV and normal once, and use them all", async () => {
    for (const make of Object.values(SCENES)) {
      const files = await exportScene(make());
      for (const { rows, indices } of await readPrimitives(find(files, "glb").data)) {
        expect(new Set(rows).size).toBe(rows.length);
        expect(new Set(indices).size).toBe(rows.length);
      }
    }
  });

  it("are closed and oriented once vertices at one place are merged", async () => {
    const files = await exportScene(SCENES.sphere!());
    for (const { positions, indices } of await readPrimitives(find(files, "glb").data)) {
      const polygons = {
        positions,
        sizes: new Uint8Array(indices.length / 3).fill(3),
        corners: Uint32Array.from(indices),
      };
      expect(checkMesh(weldByPosition(polygons))).toEqual({
        openEdges: 0,
        nonManifoldEdges: 0,
        nonManifoldVertices: 0,
        degenerateFaces: 0,
        components: 1,
      });
    }
  });

  it("have tangents where there is a normal map: along +u, and with up in the texture as bitangent", async () => {
    const files = await exportScene(SCENES.everything!());
    const document = await new WebIO().readBinary(find(files, "glb").data);
    const primitive = document.getRoot().listMeshes()[0]!.listPrimitives()[0]!;
    const read = (name: string) => primitive.getAttribute(name)!;
    const indices = primitive.getIndices()!.getArray()!;
    for (let t = 0; t < indices.length; t += 3) {
      const [a, b, c] = [indices[t]!, indices[t + 1]!, indices[t + 2]!];
      const [p, q, r] = [a, b, c].map((i) => read("POSITION").getElement(i, []));
      const [i, j, k] = [a, b, c].map((v) => read("TEXCOORD_0").getElement(v, []));
      // The direction on the surface in which u grows and v stays, by solving for the triangle.
      const [du1, dv1, du2, dv2] = [j![0]! - i![0]!, j![1]! - i![1]!, k![0]! - i![0]!, k![1]! - i![1]!];
      const area = du1 * dv2 - du2 * dv1;
      const along = (x: number, y: number) => p!.map((_, d) => (x * (q![d]! - p![d]!) + y * (r![d]! - p![d]!)) / area);
      const [uWay, vWay] = [along(dv2, -dv1), along(-du2, du1)];
      for (const v of [a, b, c]) {
        const tangent = read("TANGENT").getElement(v, []);
        const normal = read("NORMAL").getElement(v, []);
        expect(dot(tangent.slice(0, 3), normal)).toBeCloseTo(0, 5);
        expect(Math.hypot(...tangent.slice(0, 3))).toBeCloseTo(1, 5);
        expect(dot(tangent.slice(0, 3), uWay) / Math.hypot(...uWay)).toBeGreaterThan(0.85);
        const bitangent = cross(normal, tangent).map((x) => x * tangent[3]!);
        expect(dot(bitangent, vWay) / Math.hypot(...vWay)).toBeLessThan(-0.85);
      }
    }
    const plain = await new WebIO().readBinary(find(await exportScene(SCENES.sphere!()), "glb").data);
    expect(plain.getRoot().listMeshes()[0]!.listPrimitives()[0]!.getAttribute("TANGENT")).toBeNull();
  });

  it("split vertices where the texture is mirrored, with opposite signs on the two sides", async () => {
    // 3 --- 4 --- 5   u runs from both ends towards the middle
    // |     |     |
    // 0 --- 1 --- 2
    const scene = sphereScene({ n: 1, normalMap: true });
    scene.parts = [
      {
        name: "folded",
        pivot: [0, 0, 0],
        positions: Float32Array.of(-1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 1, 0, 0, 1, 0, 1, 1, 0),
        colors: new Uint8Array(18),
        normals: Float32Array.of(0, 0, 1),
        uvs: Float32Array.of(0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0),
        sizes: Uint8Array.of(4, 4),
        cornerVertices: Uint32Array.of(0, 1, 4, 3, 1, 2, 5, 4),
        cornerUvs: Uint32Array.of(0, 1, 4, 3, 1, 2, 5, 4),
        cornerNormals: new Uint32Array(8),
      },
    ];
    const file = find(await exportScene(scene), "glb");
    await validateGltf(file.name, file.data);
    const document = await new WebIO().readBinary(file.data);
    const primitive = document.getRoot().listMeshes()[0]!.listPrimitives()[0]!;
    const tangents = primitive.getAttribute("TANGENT")!;
    const positions = primitive.getAttribute("POSITION")!;
    expect(tangents.getCount()).toBe(8);
    for (const vertex of primitive.getIndices()!.getArray()!.slice(0, 6)) {
      expect(tangents.getElement(vertex, []), `${positions.getElement(vertex, [])}`).toEqual([1, 0, 0, 1]);
    }
    for (const vertex of primitive.getIndices()!.getArray()!.slice(6)) {
      expect(tangents.getElement(vertex, []), `${positions.getElement(vertex, [])}`).toEqual([-1, 0, 0, -1]);
    }
  });

  it("use 32-bit numbers beyond 65,534 vertices", async () => {
    const scene = sphereScene({ n: 105, texture: 16 });
    const file = find(await exportScene(scene), "glb");
    expect(await validateGltf(file.name, file.data)).toMatchObject({ totalVertexCount: 6 * 106 * 106 });
  });
});

describe("textures", () => {
  it("are the same picture in all files, without loss but for the base colour of GLB and glTF", async () => {
    const scene = SCENES.everything!();
    const files = await exportScene(scene);
    const expected: Record<string, Uint8Array> = {
      basecolor: channels(scene.material.baseColor.data, 3),
      normal: channels(scene.material.normal!.data, 3),
      occlusion: channels(scene.material.occlusion!.data, 1),
    };
    for (const file of files.filter(({ format }) => format === "texture")) {
      const kind = /_(\w+)\.png$/.exec(file.name)![1]!;
      const { channels: count } = await sharp(file.data).metadata();
      expect(count, file.name).toBe(kind === "occlusion" ? 1 : 3);
      const decoded = await (count === 1 ? sharp(file.data).extractChannel(0) : sharp(file.data)).raw().toBuffer();
      expect(Buffer.compare(decoded, expected[kind]!), file.name).toBe(0);
    }
    const embedded = findRecords(readFbx(find(files, "fbx").data), "Content").map(
      ({ values }) => values[0] as Uint8Array,
    );
    const pngs = files.filter(({ name }) => /_(basecolor|normal)\.png$/.test(name));
    expect(embedded.map((data, i) => Buffer.compare(data, pngs[i]!.data))).toEqual([0, 0]);
    const glb = await new WebIO().readBinary(find(files, "glb").data);
    for (const texture of glb.getRoot().listTextures()) {
      const kind = /_(\w+)$/.exec(texture.getName())![1]!;
      const decoded = await sharp(texture.getImage()!).raw().toBuffer();
      if (kind === "occlusion") continue;
      expect(psnr(decoded, expected[kind]!), kind).toBeGreaterThan(kind === "normal" ? 1000 : 38);
    }
  });

  it("become JPEG in GLB and glTF only where that saves much", async () => {
    const mimes = async (scene: AssetScene) => {
      const glb = await new WebIO().readBinary(find(await exportScene(scene), "glb").data);
      return glb
        .getRoot()
        .listTextures()
        .map((texture) => texture.getMimeType());
    };
    expect(await mimes(SCENES.signpost!()), "flat colours").toEqual(["image/png"]);
    const photo = SCENES.sphere!();
    photo.material.baseColor = grain(256);
    expect(await mimes(photo), "photographic grain").toEqual(["image/jpeg"]);
  });
});

describe("OBJ and MTL", () => {
  it("keep polygons, colours and parts", async () => {
    const scene = SCENES.signpost!();
    const obj = find(await exportScene(scene), "obj").data;
    expect(lines(obj, "o")).toEqual(["tower", "arm", "nose"]);
    expect(lines(obj, "f").map((face) => face.split(" ").length)).toEqual(
      scene.parts.flatMap(({ sizes }) => [...sizes]),
    );
    for (const vertex of lines(obj, "v")) expect(vertex.split(" ")).toHaveLength(6);
    const colors = lines(obj, "v").map((vertex) =>
      vertex
        .split(" ")
        .slice(3)
        .map((c) => Math.round(Number(c) * 255)),
    );
    expect(colors.flat()).toEqual(scene.parts.flatMap((part) => inOrderOfUse(part)));
  });

  it("keep positions to half a millionth of the object's size, from millimetres to kilometres", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        async (e, f) => {
          const scale = f * 10 ** e;
          const scene = SCENES.signpost!();
          for (const part of scene.parts) part.positions = part.positions.map((p) => p * scale);
          const obj = find(await exportScene(scene), "obj").data;
          const written = lines(obj, "v").map((vertex) => vertex.split(" ").slice(0, 3).map(Number));
          const given = scene.parts.flatMap((part) => [...inOrderOfUse(part, part.positions)]);
          const worst = Math.max(...written.flat().map((value, i) => Math.abs(value - given[i]!)));
          expect(worst).toBeLessThan(1.51 * scale * 0.5e-6);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("write numbers that read back as rounded, without exponents, trailing zeros or a negative zero", async () => {
    const scene = SCENES.signpost!();
    scene.parts[0]!.normals = scene.parts[0]!.normals.map((n, i) => (n === 0 ? [-1e-9, 4.4e-5, -0.00012][i % 3]! : n));
    const obj = text(find(await exportScene(scene), "obj").data).replace(/^#.*/, "");
    expect(obj.match(/[0-9]e|-0[ \n]|\.\d*0[ \n]|\.[ \n]|NaN/)?.[0]).toBeUndefined();
  });

  it("describe the material with the physically based keys and the maps there are", async () => {
    const mtl = find(await exportScene(SCENES.everything!()), "mtl").data;
    expect(lines(mtl, "Pr")).toEqual(["0.5"]);
    expect(lines(mtl, "Pm")).toEqual(["0"]);
    expect(lines(mtl, "map_Kd")).toEqual(["everything_basecolor.png"]);
    expect(lines(mtl, "norm")).toEqual(["everything_normal.png"]);
    expect(lines(mtl, "map_Ka")).toEqual(["everything_occlusion.png"]);
    expect(text(find(await exportScene(SCENES.cube!()), "mtl").data)).not.toMatch(/norm|map_Ka|map_Bump/);
  });
});

describe("FBX", () => {
  it("marks exactly the edges as hard at which normals differ", async () => {
    const smoothing = async (scene: AssetScene) => {
      const records = readFbx(find(await exportScene(scene), "fbx").data);
      return [...(findRecords(records, "Smoothing")[0]!.values[0] as Int32Array)];
    };
    expect(await smoothing(SCENES.cube!())).toEqual(Array(12).fill(0));
    expect(await smoothing(SCENES.sphere!())).toEqual(Array(8 * 8 * 12).fill(1));
    // The tower's top is two triangles: the diagonal between them is the one smooth edge.
    const tower = await smoothing(SCENES.signpost!());
    expect(tower.filter((smooth) => smooth === 1)).toHaveLength(1);
    expect(tower).toHaveLength(13);
  });

  it("puts levels of detail into an LOD group, finest first", async () => {
    const scene = signpostScene();
    scene.lods = [scene.parts.slice(0, 2), scene.parts.slice(0, 1)];
    const records = readFbx(find(await exportScene(scene), "fbx").data);
    const models = findRecords(records, "Model").map(({ values }) => [
      Number(values[0]),
      `${values[1]}`.split("\0")[0],
      values[2],
    ]);
    const name = new Map<unknown, unknown>([...models.map(([id, label]) => [id, label] as const), [0, "scene"]]);
    const above = new Map(findRecords(records, "C").map(({ values }) => [values[1], values[2]]));
    expect(models.map(([id, label, type]) => `${name.get(above.get(id!))} > ${label} ${type}`)).toEqual([
      "scene > signpost LodGroup",
      "signpost > signpost_LOD0 Null",
      "signpost_LOD0 > tower_LOD0 Mesh",
      "signpost_LOD0 > arm_LOD0 Mesh",
      "signpost_LOD0 > nose_LOD0 Mesh",
      "signpost > signpost_LOD1 Null",
      "signpost_LOD1 > tower_LOD1 Mesh",
      "signpost_LOD1 > arm_LOD1 Mesh",
      "signpost > tower_LOD2 Mesh",
    ]);
    const thresholds = findRecords(records, "P").filter(({ values }) => `${values[0]}`.startsWith("Thresholds|"));
    expect(thresholds.map(({ values }) => values[4])).toEqual([50, 25]);
  });
});

describe("zip", () => {
  it("dates every entry 1980-01-01, whenever it is written", async () => {
    const { data } = find(await exportScene(SCENES.cube!()), "zip");
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let entries = 0;
    for (let at = 0; view.getUint32(at, true) === 0x04034b50; entries++) {
      expect(view.getUint32(at + 10, true)).toBe(0x00210000);
      at += 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true) + view.getUint32(at + 18, true);
    }
    expect(entries).toBe(8);
  });

  it("holds every file, and everything that they refer to", async () => {
    const files = await exportScene(SCENES.everything!());
    const entries = unzipSync(find(files, "zip").data);
    expect(Object.keys(entries)).toEqual([
      ...files.filter(({ format }) => format !== "zip").map(({ name }) => name),
      "everything_lod1.obj",
      "everything_lod1.glb",
      "everything_lod2.obj",
      "everything_lod2.glb",
    ]);
    for (const file of files.filter(({ format }) => format !== "zip")) {
      expect(Buffer.compare(entries[file.name]!, file.data), file.name).toBe(0);
    }
    const materials = new Set<string>();
    for (const [name, data] of Object.entries(entries)) {
      if (name.endsWith(".mtl")) {
        for (const material of lines(data, "newmtl")) materials.add(material);
        for (const key of ["map_Kd", "map_Ka", "norm", "map_Bump"]) {
          for (const line of lines(data, key))
            expect(entries, `${name}: ${key}`).toHaveProperty([line.split(" ").at(-1)!]);
        }
      }
    }
    for (const [name, data] of Object.entries(entries)) {
      if (!name.endsWith(".obj")) continue;
      for (const library of lines(data, "mtllib")) expect(entries, name).toHaveProperty([library]);
      for (const material of lines(data, "usemtl")) expect(materials, name).toContain(material);
    }
  });
});

describe("triangulate", () => {
  // d ----- c    a and c lie in the plane, b and d above it: a ridge along b-d or a valley along a-c.
  // |       |
  // a ----- b
  const folded = (normals: number[]): PartMesh => ({
    name: "quad",
    pivot: [0, 0, 0],
    positions: Float32Array.of(0, 0, 0, 1, 0, 0.3, 1, 1, 0, 0, 1, 0.3),
    colors: new Uint8Array(12),
    normals: Float32Array.from(normals),
    uvs: Float32Array.of(0, 1, 1, 1, 1, 0, 0, 0),
    sizes: Uint8Array.of(4),
    cornerVertices: Uint32Array.of(0, 1, 2, 3),
    cornerUvs: Uint32Array.of(0, 1, 2, 3),
    cornerNormals: Uint32Array.of(0, 1, 2, 3),
  });
  const s = 0.29;

  it("lets the normals tell a ridge from a valley", () => {
    // On a ridge along b-d the surface faces away from it at a and c; in a valley along a-c it faces inwards at b and d.
    const ridge = folded([-s, -s, 1, 0, 0, 1, s, s, 1, 0, 0, 1]);
    expect([...triangulate(ridge)]).toEqual([0, 1, 3, 1, 2, 3]);
    const valley = folded([0, 0, 1, -s, s, 1, 0, 0, 1, s, -s, 1]);
    expect([...triangulate(valley)]).toEqual([0, 1, 2, 0, 2, 3]);
  });

  it("takes the shorter diagonal of a flat quad, and stays inside one that is not convex", () => {
    const up = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1];
    const kite = { ...folded(up), positions: Float32Array.of(0, 0, 0, 1, -0.2, 0, 3, 0, 0, 1, 0.2, 0) };
    expect([...triangulate(kite)]).toEqual([0, 1, 3, 1, 2, 3]);
    // An arrowhead: b-d runs outside, although it is shorter.
    const arrow = { ...folded(up), positions: Float32Array.of(0, 0, 0, -1, -0.2, 0, 2, 0, 0, -1, 0.2, 0) };
    expect([...triangulate(arrow)]).toEqual([0, 1, 2, 0, 2, 3]);
  });

  it("avoids triangles without area", () => {
    const up = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1];
    // b lies on the line a-c: only b-d splits it into two triangles.
    const tee = { ...folded(up), positions: Float32Array.of(0, 0, 0, 1, 0, 0, 2, 0, 0, 1, 5, 0) };
    expect([...triangulate(tee)]).toEqual([0, 1, 3, 1, 2, 3]);
  });

  it("never joins two vertices twice, where quads share opposite corners or an edge joins them", () => {
    // Two fins back to back, both with 0-1 as the shorter diagonal; then one of them with a triangle that has it as an edge.
    const up = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1];
    const points = [0, 0, 0, 0, 1, 0, 3, 0.5, 0, -3, 0.5, 0, 3, 0.5, 1, -3, 0.5, 1];
    const joined = (sizes: number[], corners: number[]) => {
      const part = {
        ...folded(up),
        positions: Float32Array.from(points),
        sizes: Uint8Array.from(sizes),
        cornerVertices: Uint32Array.from(corners),
        cornerNormals: new Uint32Array(corners.length),
      };
      const triangles = [...triangulate(part)].map((corner) => corners[corner]!);
      const inQuads = triangles.slice(0, 3 * 2 * sizes.filter((size) => size === 4).length);
      let count = 0;
      for (let t = 0; t < inQuads.length; t += 3) {
        const triangle = inQuads.slice(t, t + 3);
        if (triangle.includes(0) && triangle.includes(1)) count++;
      }
      return count;
    };
    expect(joined([4], [0, 2, 1, 3])).toBe(2);
    expect(joined([4, 4], [0, 2, 1, 3, 0, 5, 1, 4])).toBeLessThanOrEqual(2);
    expect(joined([4, 3], [0, 2, 1, 3, 1, 0, 4])).toBe(0);
  });
});

describe("cubeScene", () => {
  it("has the asked dimensions, six outward quads and a closed surface", () => {
    const { parts } = cubeScene({ name: "c", height: 200, width: 120, depth: 35 });
    const part = parts[0]!;
    for (const [axis, size] of [1.2, 2, 0.35].entries()) {
      const values = part.positions.filter((_, i) => i % 3 === axis);
      expect(Math.max(...values)).toBeCloseTo(size / 2, 6);
      expect(Math.min(...values)).toBeCloseTo(-size / 2, 6);
    }
    expect(checkMesh(part)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, components: 1 });
    for (let q = 0; q < 6; q++) {
      const [a, b, c] = [0, 1, 2].map((k) => [...part.positions.slice(...range(part.cornerVertices[q * 4 + k]!, 3))]);
      const n = [...part.normals.slice(...range(part.cornerNormals[q * 4]!, 3))];
      expect(dot(cross(minus(b!, a!), minus(c!, a!)), n)).toBeGreaterThan(0);
      expect(dot(a!, n)).toBeGreaterThan(0);
    }
  });

  it("fills in what is not given, 200 cm high by default, and can stand on its base", () => {
    const size = (options: object) => {
      const { positions } = cubeScene({ name: "c", ...options }).parts[0]!;
      return [Math.max(...positions), Math.min(...positions)];
    };
    expect(size({})).toEqual([1, -1]);
    expect(size({ width: 50 })).toEqual([0.25, -0.25]);
    const { positions } = cubeScene({ name: "c", pivot: "base" }).parts[0]!;
    expect(Math.min(...positions.filter((_, i) => i % 3 === 1))).toBe(0);
  });

  it("lays its faces out without overlap, unmirrored and at one texel density", () => {
    for (const dimensions of [{}, { height: 300, width: 20, depth: 90 }, { height: 1, width: 400, depth: 30 }]) {
      const part = cubeScene({ name: "c", ...dimensions }).parts[0]!;
      const boxes = Array.from({ length: 6 }, (_, q) => {
        const [u, v] = [0, 1].map((k) => [0, 1, 2, 3].map((i) => part.uvs[(q * 4 + i) * 2 + k]!));
        return { left: Math.min(...u!), right: Math.max(...u!), top: Math.min(...v!), bottom: Math.max(...v!) };
      });
      const densities = boxes.map((box, q) => {
        expect(Math.min(box.left, box.top)).toBeGreaterThan(0);
        expect(Math.max(box.right, box.bottom)).toBeLessThan(1);
        const corner = (i: number) => [...part.positions.slice(...range(part.cornerVertices[q * 4 + i]!, 3))];
        const area = Math.hypot(...minus(corner(1), corner(0))) * Math.hypot(...minus(corner(3), corner(0)));
        const [a, b, d] = [0, 1, 3].map((i) => [...part.uvs.slice(...range(q * 4 + i, 2))]);
        const turn = (b![0]! - a![0]!) * (d![1]! - a![1]!) - (b![1]! - a![1]!) * (d![0]! - a![0]!);
        expect(turn, "counter-clockwise with v down is negative").toBeLessThan(0);
        return -turn / area;
      });
      for (const density of densities) expect(density / densities[0]!).toBeCloseTo(1, 3);
      boxes.forEach((a, i) => {
        for (const b of boxes.slice(i + 1)) {
          expect(a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top).toBe(true);
        }
      });
    }
  });
});

async function readPrimitives(glb: Uint8Array) {
  const document = await new WebIO().readBinary(glb);
  return document
    .getRoot()
    .listMeshes()
    .flatMap((mesh) =>
      mesh.listPrimitives().map((primitive) => {
        const positions = primitive.getAttribute("POSITION")!;
        const attributes = primitive.listAttributes();
        const rows = Array.from({ length: positions.getCount() }, (_, i) =>
          attributes.map((attribute) => attribute.getElement(i, []).join(",")).join(" "),
        );
        return {
          rows,
          positions: positions.getArray() as Float32Array,
          indices: [...primitive.getIndices()!.getArray()!],
        };
      }),
    );
}

/** Vertex values in the order in which faces first use the vertices, which is how files number them. */
function inOrderOfUse(part: PartMesh, values: ArrayLike<number> = part.colors): number[] {
  return [...new Set(part.cornerVertices)].flatMap((v) => [values[v * 3]!, values[v * 3 + 1]!, values[v * 3 + 2]!]);
}

function channels(rgba: Uint8Array, count: number): Uint8Array {
  return rgba.filter((_, i) => i % 4 < count);
}

function psnr(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  const squared = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  return 10 * Math.log10((255 * 255 * a.length) / squared);
}

/** A picture whose neighbouring pixels differ a little, as a camera's do. */
function grain(size: number) {
  const data = new Uint8Array(size * size * 4).fill(255);
  let seed = 1;
  for (let i = 0; i < data.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    if (i % 4 < 3) data[i] = 100 + 60 * Math.sin(i / 5000) + (seed >>> 28);
  }
  return { width: size, height: size, data };
}

const range = (index: number, width: number): [number, number] => [index * width, index * width + width];
const minus = (a: number[], b: number[]) => a.map((x, k) => x - b[k]!);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
const cross = (a: number[], b: number[]) => [
  a[1]! * b[2]! - a[2]! * b[1]!,
  a[2]! * b[0]! - a[0]! * b[2]!,
  a[0]! * b[1]! - a[1]! * b[0]!,
];

describe("USDZ", () => {
  it("stores every file as it is at a multiple of 64, the layer first, its textures beside it", async () => {
    const usdz = find(await exportScene(SCENES.everything!()), "usdz").data;
    const view = new DataView(usdz.buffer, usdz.byteOffset, usdz.length);
    const names: string[] = [];
    let at = 0;
    for (; view.getUint32(at, true) === 0x04034b50; ) {
      const [name, extra, size] = [
        view.getUint16(at + 26, true),
        view.getUint16(at + 28, true),
        view.getUint32(at + 18, true),
      ];
      names.push(text(usdz.subarray(at + 30, at + 30 + name)));
      expect(view.getUint16(at + 8, true), "compression method").toBe(0);
      at += 30 + name + extra;
      expect(at % 64).toBe(0);
      if (names.length === 1) {
        const layer = text(usdz.subarray(at, at + size));
        for (const file of ["everything_basecolor.png", "everything_normal.png", "everything_occlusion.png"]) {
          expect(layer).toContain(`@${file}@`);
        }
      }
      at += size;
    }
    expect(names).toEqual([
      "everything.usda",
      "everything_basecolor.png",
      "everything_normal.png",
      "everything_occlusion.png",
    ]);
  });
});

describe("STL", () => {
  it("is a closed solid of millimetres, standing upright along Z", async () => {
    const scene = SCENES.cube!();
    const [part] = scene.parts;
    const stl = find(await exportScene(scene), "stl").data;
    const view = new DataView(stl.buffer, stl.byteOffset, stl.length);
    const count = view.getUint32(80, true);
    expect(stl.length).toBe(84 + 50 * count);
    const size = (axis: number, p: ArrayLike<number>) => {
      const values = Array.from({ length: p.length / 3 }, (_, i) => p[3 * i + axis]!);
      return Math.max(...values) - Math.min(...values);
    };
    const points: number[] = [];
    let volume = 0;
    for (let t = 0; t < count; t++) {
      const triangle = Array.from({ length: 9 }, (_, i) => view.getFloat32(84 + 50 * t + 12 + 4 * i, true));
      points.push(...triangle);
      const [a, b, c, d, e, f, g, h, i] = triangle as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      volume += (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) / 6;
    }
    for (const [stlAxis, axis] of [
      [0, 0],
      [2, 1],
      [1, 2],
    ] as const) {
      expect(size(stlAxis, points) / 1000).toBeCloseTo(size(axis, part!.positions), 4);
    }
    expect(volume / 1e9).toBeCloseTo(size(0, part!.positions) * size(1, part!.positions) * size(2, part!.positions), 3);
  });
});
