import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Asset, AssetOptions } from "../src/asset.ts";
import { register } from "../src/generate/register.ts";
import type { Generator, GeneratorAnswer, GeneratorRequest } from "../src/generator.ts";
import { makeAsset } from "../src/pipeline.ts";
import { type RenderMesh, renderMesh } from "../src/raster/render.ts";
import { cleanSoup } from "../src/repair/clean-soup.ts";
import { box } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

const RED = [200, 40, 40] as const;
const BLUE = [40, 60, 200] as const;

/** A blue body with a red snout in front and a blue arm on its own left: no two sides look alike. */
const creature = (): RenderMesh => {
  const parts = [
    { mesh: box([0.3, 0.7, 0.3]), color: BLUE },
    { mesh: box([0.14, 0.14, 0.3], [0, 0.2, 0.25]), color: RED },
    { mesh: box([0.3, 0.1, 0.1], [0.25, -0.05, 0]), color: BLUE },
  ];
  const positions = parts.flatMap(({ mesh }) => [...mesh.positions]);
  let first = 0;
  const triangles = parts.flatMap(({ mesh }) => {
    const shifted = [...mesh.triangles].map((v) => v + first);
    first += mesh.positions.length / 3;
    return shifted;
  });
  const vertexColors = Uint8Array.from(
    parts.flatMap(({ mesh, color }) => [...mesh.positions].map((_, i) => color[i % 3]!)),
  );
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles), vertexColors };
};

const pictureOf = async (mesh: RenderMesh, label: "front" | "left" | "back") => {
  const image = renderMesh(mesh, labelCamera(label, 256), 256, 256, { light: null, samples: 4 });
  const png = await sharp(image.data, { raw: { width: 256, height: 256, channels: 4 } })
    .png()
    .toBuffer();
  return new Uint8Array(png);
};

/** As an OBJ: turned so that its +Z comes to +X or wherever `place` says, with colours or without. */
function obj(mesh: RenderMesh, place: (x: number, y: number, z: number) => number[], colored: boolean): Uint8Array {
  const lines: string[] = [];
  for (let v = 0; v < mesh.positions.length; v += 3) {
    const at = place(mesh.positions[v]!, mesh.positions[v + 1]!, mesh.positions[v + 2]!);
    const color = [0, 1, 2].map((k) => mesh.vertexColors![v + k]! / 255);
    lines.push(["v", ...at, ...(colored ? color : [])].join(" "));
  }
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    lines.push(`f ${[...mesh.triangles.subarray(t, t + 3)].map((i) => i + 1).join(" ")}`);
  }
  return Buffer.from(lines.join("\n"));
}

const views = ["front", "left", "back"] as const;
const pictures = (async () => Promise.all(views.map((label) => pictureOf(creature(), label))))();

async function make(
  answer: GeneratorAnswer,
  settings: Partial<Generator> = {},
  options: Partial<AssetOptions> = {},
): Promise<{ asset: Asset; requests: GeneratorRequest[] }> {
  const requests: GeneratorRequest[] = [];
  const generator: Generator = {
    name: "double",
    up: "y",
    front: 0,
    fallback: false,
    generate: async (request) => {
      requests.push(request);
      return answer;
    },
    ...settings,
  };
  const asset = await makeAsset(
    await pictures,
    { name: "creature", quality: "standard", textureSize: 256, height: 100, views: [...views], ...options },
    {},
    null,
    null,
    generator,
  );
  return { asset, requests };
}

/** Vertices of the delivered OBJ: x, y, z in metres, r, g, b 0–1. */
const vertices = (asset: Asset) =>
  Buffer.from(asset.files.find(({ format }) => format === "obj")!.data)
    .toString()
    .split("\n")
    .filter((line) => line.startsWith("v "))
    .map((line) => line.split(" ").slice(1).map(Number));

const model = (data: Uint8Array): GeneratorAnswer => ({ ok: true, model: data, companions: [] });
const closed = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, degenerateFaces: 0 };

/** Blue body, red snout in front, blue arm on the object's own left, which is right in the front picture. */
function expectCreature(asset: Asset, turned: number): void {
  const { generator, checks, size, warnings } = asset.report;
  expect(generator).toMatchObject({ name: "double", turned });
  expect(generator!.agreement).toBeGreaterThan(0.95);
  expect(warnings).toEqual([]);
  expect(checks).toEqual({ ...closed, components: 1 });
  expect(size.height).toBe(100);
  expect(size.width / size.height).toBeCloseTo(0.55 / 0.7, 1);
  const all = vertices(asset);
  const snout = all.toSorted((a, b) => b[2]! - a[2]!)[0]!;
  expect(snout[3]! - snout[5]!).toBeGreaterThan(0.4);
  const arm = all.toSorted((a, b) => b[0]! - a[0]!)[0]!;
  expect(arm[5]! - arm[3]!).toBeGreaterThan(0.4);
  expect(arm[0]).toBeGreaterThan(0.25);
}

describe("a generator", () => {
  it("gets the object cut out, and its model is turned to face the front, in its own colours", async () => {
    const { asset, requests } = await make(
      model(obj(creature(), (x, y, z) => [z, y, -x], true)),
      {},
      { seed: 7, polycount: 4000 },
    );
    const [request] = requests;
    expect(request).toMatchObject({ seed: 7, polycount: 4000, quality: "standard" });
    expect(request!.pictures.map(({ label, azimuth, elevation }) => [label, Math.round(azimuth), elevation])).toEqual([
      ["front", 0, 0],
      ["left", 90, 0],
      ["back", 180, 0],
    ]);
    const { data, info } = await sharp(request!.pictures[0]!.png).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: info.height, channels: 4 });
    const filled = Array.from({ length: info.height }, (_, y) =>
      Array.from({ length: info.width }, (_, x) => data[4 * (y * info.width + x) + 3]!).some((alpha) => alpha > 127),
    ).filter(Boolean).length;
    // The object is higher than wide: its height fills the frame, and what is around it is nothing.
    expect(filled / info.height).toBeGreaterThan(0.8);
    expect(filled / info.height).toBeLessThan(0.9);
    expect(data[3]).toBe(0);
    expectCreature(asset, 270);
  });

  it("may have another axis up and face backwards", async () => {
    const { asset } = await make(model(obj(creature(), (x, y, z) => [-x, z, y], true)), { up: "z" });
    expectCreature(asset, 180);
  });

  it("may give a bare, broken model: it is repaired and painted from the pictures", async () => {
    const mesh = creature();
    const broken: RenderMesh = {
      ...mesh,
      triangles: Uint32Array.from([...mesh.triangles.subarray(6), ...mesh.triangles.subarray(12, 24)]),
    };
    const { asset } = await make(model(obj(broken, (x, y, z) => [z, y, -x], false)));
    expect(asset.report.checks).toEqual({ ...closed, components: 1 });
    expect(asset.report.warnings.join()).toMatch(/Of the generated model, 4 faces that were there twice were dropped/);
    const all = vertices(asset);
    const snout = all.toSorted((a, b) => b[2]! - a[2]!)[0]!;
    expect(snout[3]! - snout[5]!).toBeGreaterThan(0.4);
    expect(asset.report.texture.coverage).toBeGreaterThan(0.5);
  });

  it("is given up for the built-in engine, or ends the request with its cause", async () => {
    const failure: GeneratorAnswer = { ok: false, cause: "it is on fire" };
    const { asset } = await make(failure, { fallback: true });
    expect(asset.report.generator).toBeNull();
    expect(asset.report.warnings.join()).toMatch(/built-in engine made this asset.*double: it is on fire/);
    await expect(make(failure)).rejects.toMatchObject({ code: "generator_failed", message: /double: it is on fire/ });
    for (const useless of [Buffer.from("<html>no model</html>"), Buffer.from("v 0 0 0\nf 1 1 1\n")]) {
      await expect(make(model(useless))).rejects.toMatchObject({ code: "generator_failed", refusal: false });
    }
  });

  it("whose model is of something else shows in the agreement of the outlines", () => {
    const camera = labelCamera("front", 128);
    const front = viewsOf(creature(), [camera], 128);
    expect(register(cleanSoup(creature()).soup, front, 0).agreement).toBeGreaterThan(0.95);
    expect(register(cleanSoup(box([1, 0.2, 1])).soup, front, 0).agreement).toBeLessThan(0.6);
  });
});
