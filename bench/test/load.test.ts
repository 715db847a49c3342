import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { Document, type Node, NodeIO } from "@gltf-transform/core";
import { ALL_EXTENSIONS, KHRTextureTransform } from "@gltf-transform/extensions";
import { draco, meshopt } from "@gltf-transform/functions";
import { srgbOfLinear } from "@maquette/engine/raster/srgb";
import draco3d from "draco3dgltf";
import { MeshoptEncoder } from "meshoptimizer";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGlb } from "../src/load/glb.ts";
import { choose, listFolder, listPacks, loadModel } from "../src/load/models.ts";
import { Packs, splitOf } from "../src/load/packs.ts";
import { boundsOf } from "../src/shape.ts";
import { sphere } from "./shapes.ts";

let writer: NodeIO;

beforeAll(async () => {
  await MeshoptEncoder.ready;
  writer = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({
    "draco3d.encoder": await draco3d.createEncoderModule(),
    "meshopt.encoder": MeshoptEncoder,
  });
});

type Attributes = Record<
  string,
  { type: "SCALAR" | "VEC2" | "VEC3" | "VEC4" | "MAT4"; array: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> }
>;

/** A document with one mesh of one primitive under one node. */
function documentOf(attributes: Attributes, indices?: Uint16Array<ArrayBuffer>): { document: Document; node: Node } {
  const document = new Document();
  const buffer = document.createBuffer();
  const primitive = document.createPrimitive();
  for (const [name, { type, array }] of Object.entries(attributes)) {
    primitive.setAttribute(name, document.createAccessor().setType(type).setArray(array).setBuffer(buffer));
  }
  if (indices) primitive.setIndices(document.createAccessor().setType("SCALAR").setArray(indices).setBuffer(buffer));
  const node = document.createNode("node").setMesh(document.createMesh().addPrimitive(primitive));
  document.createScene().addChild(node);
  return { document, node };
}

const TRIANGLE = { type: "VEC3", array: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0) } as const;

const near = (actual: ArrayLike<number>, expected: readonly number[], digits = 5) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(actual[i]).toBeCloseTo(v, digits);
  });
};

describe("loadGlb", () => {
  it("puts every mesh where its chain of nodes puts it", async () => {
    const { document, node } = documentOf({ POSITION: TRIANGLE });
    const scene = document.getRoot().listScenes()[0];
    const half = Math.SQRT1_2;
    // 90° about +Y takes +X to -Z.
    const parent = document.createNode().setTranslation([10, 0, 0]).setRotation([0, half, 0, half]).addChild(node);
    const again = document.createNode().setMesh(node.getMesh()).setScale([2, 2, 2]);
    scene.addChild(parent).addChild(again);
    const mesh = await loadGlb(await writer.writeBinary(document));
    near(mesh.positions, [10, 0, 0, 10, 0, -1, 10, 1, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0]);
    near(mesh.normals!.slice(0, 3), [1, 0, 0]);
  });

  it("keeps triangles facing out under a mirroring node", async () => {
    const { document, node } = documentOf({ POSITION: TRIANGLE });
    node.setScale([-1, 1, 1]);
    const mesh = await loadGlb(await writer.writeBinary(document));
    expect([...mesh.triangles]).toEqual([0, 2, 1]);
  });

  it("reads strips and fans, and leaves lines out", async () => {
    const square = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0);
    const { document, node } = documentOf({ POSITION: { type: "VEC3", array: square } });
    const primitive = node.getMesh()!.listPrimitives()[0];
    primitive.setMode(5);
    expect([...(await loadGlb(await writer.writeBinary(document))).triangles]).toEqual([0, 1, 2, 2, 1, 3]);
    primitive.setMode(6);
    expect([...(await loadGlb(await writer.writeBinary(document))).triangles]).toEqual([0, 1, 2, 0, 2, 3]);
    primitive.setMode(1);
    expect((await loadGlb(await writer.writeBinary(document))).triangles.length).toBe(0);
  });

  it("reads textures, their transform and wrapping, vertex colours and base colour", async () => {
    const { document, node } = documentOf({
      POSITION: TRIANGLE,
      TEXCOORD_0: { type: "VEC2", array: Float32Array.of(0, 0, 1, 0, 0, 1) },
      COLOR_0: { type: "VEC4", array: Float32Array.of(1, 0, 0, 1, 0.5, 0.5, 0.5, 1, 0, 0, 1, 1) },
    });
    const png = await sharp({ create: { width: 4, height: 2, channels: 3, background: "#336699" } })
      .png()
      .toBuffer();
    const texture = document.createTexture().setImage(new Uint8Array(png)).setMimeType("image/png");
    const material = document.createMaterial().setBaseColorTexture(texture).setBaseColorFactor([0.5, 1, 0.25, 1]);
    const transform = document
      .createExtension(KHRTextureTransform)
      .createTransform()
      .setOffset([0.25, 0])
      .setScale([2, 2]);
    material.getBaseColorTextureInfo()!.setWrapS(33071).setExtension("KHR_texture_transform", transform);
    node.getMesh()!.listPrimitives()[0].setMaterial(material);
    const mesh = await loadGlb(await writer.writeBinary(document));
    near(mesh.uvs!, [0.25, 0, 2.25, 0, 0.25, 2]);
    expect(mesh.textures![0].wrap).toBe("clamp");
    const { width, height, data } = mesh.textures![0].levels[0];
    expect([width, height, ...data.subarray(0, 4)]).toEqual([4, 2, 0x33, 0x66, 0x99, 255]);
    expect([...mesh.vertexColors!]).toEqual([255, 0, 0, 188, 188, 188, 0, 0, 255]);
    expect([...mesh.faceColors!]).toEqual([srgbOfLinear(0.5), 255, srgbOfLinear(0.25)]);
  });

  it("poses skinned meshes by their joints and ignores their own node", async () => {
    const { document, node } = documentOf({
      POSITION: TRIANGLE,
      JOINTS_0: { type: "VEC4", array: Uint16Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0) },
      WEIGHTS_0: { type: "VEC4", array: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0.5, 0.5, 0, 0) },
    });
    // Bound 1 above the origin; the first joint stands there still, the second has moved by 4 along X.
    const inverse = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1];
    const bind = document
      .createAccessor()
      .setType("MAT4")
      .setArray(Float32Array.from([...inverse, ...inverse]))
      .setBuffer(document.getRoot().listBuffers()[0]);
    const joints = [document.createNode().setTranslation([0, 1, 0]), document.createNode().setTranslation([4, 1, 0])];
    const skin = document.createSkin().setInverseBindMatrices(bind).addJoint(joints[0]).addJoint(joints[1]);
    const scene = document.getRoot().listScenes()[0];
    for (const joint of joints) scene.addChild(joint);
    node.setSkin(skin).setTranslation([100, 100, 100]);
    const mesh = await loadGlb(await writer.writeBinary(document));
    near(mesh.positions, [0, 0, 0, 5, 0, 0, 2, 1, 0]);
  });

  it("applies the default morph weights", async () => {
    const { document, node } = documentOf({ POSITION: TRIANGLE });
    const delta = document
      .createAccessor()
      .setType("VEC3")
      .setArray(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 2));
    delta.setBuffer(document.getRoot().listBuffers()[0]);
    node.getMesh()!.listPrimitives()[0].addTarget(document.createPrimitiveTarget().setAttribute("POSITION", delta));
    node.getMesh()!.setWeights([0.5]);
    const mesh = await loadGlb(await writer.writeBinary(document));
    near(mesh.positions.slice(6), [0, 1, 1]);
  });

  it.each(["draco", "meshopt"] as const)("reads %s compression", async (compression) => {
    const ball = sphere(2, 3, [5, 0, 0]);
    const { document } = documentOf(
      { POSITION: { type: "VEC3", array: Float32Array.from(ball.positions) } },
      Uint16Array.from(ball.triangles),
    );
    await document.transform(
      compression === "draco" ? draco() : meshopt({ encoder: MeshoptEncoder, quantizePosition: 14 }),
    );
    const bytes = await writer.writeBinary(document);
    expect(Buffer.from(bytes).includes(compression === "draco" ? "KHR_draco" : "meshopt")).toBe(true);
    const mesh = await loadGlb(bytes);
    expect(mesh.triangles.length).toBe(ball.triangles.length);
    const { low, high } = boundsOf(mesh);
    near(low, [3, -2, -2], 2);
    near(high, [7, 2, 2], 2);
  });

  it("says which texture it cannot read", async () => {
    const { document, node } = documentOf({
      POSITION: TRIANGLE,
      TEXCOORD_0: { type: "VEC2", array: new Float32Array(6) },
    });
    const texture = document
      .createTexture("bark")
      .setImage(Uint8Array.of(1, 2, 3))
      .setMimeType("image/png");
    node.getMesh()!.listPrimitives()[0].setMaterial(document.createMaterial().setBaseColorTexture(texture));
    await expect(loadGlb(await writer.writeBinary(document))).rejects.toThrow(/texture "bark" \(image\/png\)/);
  });
});

/** Writes a pack of one object in the packed format: the inverse of the reader, kept apart from it. */
function encodeObject(
  grid: readonly number[],
  triangles: readonly number[],
  palette: readonly number[],
  colors: readonly number[],
) {
  const zigzag = (v: number) => ((v << 1) ^ (v >> 31)) & 0xffff;
  const bytes: number[] = [];
  const u32 = (v: number) => bytes.push(v & 255, (v >> 8) & 255, (v >> 16) & 255, v >>> 24);
  const planes = (values: readonly number[], count: number) => {
    for (let plane = 0; plane < count; plane++) for (const v of values) bytes.push((v >> (8 * plane)) & 255);
  };
  const differences = (values: readonly number[]) => values.map((v, i) => zigzag(v - (i > 0 ? values[i - 1] : 0)));
  u32(grid.length / 3);
  u32(triangles.length / 3);
  u32(palette.length / 3);
  for (let axis = 0; axis < 3; axis++) planes(differences(grid.filter((_, i) => i % 3 === axis)), 2);
  let high = 0;
  planes(
    triangles.map((v) => {
      const code = high - v;
      if (code === 0) high++;
      return code;
    }),
    3,
  );
  planes(differences(colors), 2);
  bytes.push(...palette);
  return deflateSync(Uint8Array.from(bytes));
}

describe("models", () => {
  const directory = mkdtempSync(join(tmpdir(), "maquette-bench-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("reads packed models: positions, triangles and face colours", () => {
    const block = encodeObject(
      [0, 0, 1000, 4095, 0, 1000, 0, 2000, 1000, 4095, 2000, 0],
      [0, 1, 2, 2, 1, 3],
      [255, 0, 0, 10, 20, 30],
      [1, 0],
    );
    writeFileSync(join(directory, "assets_1.bin"), Buffer.concat([Buffer.alloc(5), block]));
    const entry = { source: "maker/set", name: "tile", kind: "prop", tris: 2, off: 5, len: block.length };
    writeFileSync(join(directory, "assets_1.index.json"), JSON.stringify([entry]));
    const packs = new Packs(directory);
    const mesh = packs.read(packs.entries[0]);
    expect([...mesh.triangles]).toEqual([0, 1, 2, 2, 1, 3]);
    expect([...mesh.faceColors!]).toEqual([10, 20, 30, 255, 0, 0]);
    near(mesh.positions.slice(0, 6), [-0.5, -1000 / 4095, 500 / 4095, 0.5, -1000 / 4095, 500 / 4095]);
    expect(listPacks(directory, "all", ["maker"]).length).toBe(1);
    expect(listPacks(directory, "all", ["make"]).length).toBe(0);
  });

  it("splits by the hash of the name, as training does", () => {
    // md5("quaternius/animals_pack/Wolf") begins with 0x09, that of .../Alpaca with 0x9b.
    expect(splitOf({ source: "quaternius/animals_pack", name: "Wolf" })).toBe("validation");
    expect(splitOf({ source: "quaternius/animals_pack", name: "Alpaca" })).toBe("training");
  });

  it("names what is missing in a folder without packs", () => {
    expect(() => new Packs(tmpdir())).toThrow(/assets_1\.index\.json/);
  });

  it("lists a folder of models, chooses the same ones for the same seed, and normalises them", async () => {
    const folder = mkdtempSync(join(directory, "models-"));
    for (const name of ["a", "b", "c"]) {
      const { document } = documentOf({ POSITION: { type: "VEC3", array: TRIANGLE.array.map((v) => 8 * v + 3) } });
      writeFileSync(join(folder, `${name}.glb`), await writer.writeBinary(document));
    }
    writeFileSync(join(folder, "readme.txt"), "not a model");
    const models = listFolder(folder);
    expect(models.map((m) => m.name)).toEqual(["a", "b", "c"]);
    expect(choose(models, 2, 7)).toEqual(choose(models, 2, 7));
    expect(choose(models, 2, 7).length).toBe(2);
    near((await loadModel(models[0])).positions, [-0.5, -0.5, 0, 0.5, -0.5, 0, -0.5, 0.5, 0]);
  });
});
