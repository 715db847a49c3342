import { WebIO } from "@gltf-transform/core";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { bakeNormals } from "../src/bake/bake-normals.ts";
import { exportScene } from "../src/export/export-scene.ts";
import { buildPart } from "../src/fit/build-part.ts";
import { fit } from "../src/fit/fit.ts";
import { turnAboutY } from "../src/fit/turn-about-y.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, RgbaImage } from "../src/types.ts";
import { unwrap } from "../src/unwrap/unwrap.ts";

const RADIUS = 0.4;
const SIZE = 512;

/** Ripples of 15° along X on a ball, as a field of distances; the mesh is that of a plain ball. */
const rippled = field(96, distance);
const ball = triangulateQuads(contour(field(20, (x, y, z) => RADIUS - Math.hypot(x, y, z))));

function field(n: number, value: (x: number, y: number, z: number) => number): Field {
  const at = (i: number) => (i + 0.5) / n - 0.5;
  const data = new Float32Array(n ** 3);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(at(i % n), at(Math.floor(i / n) % n), at(Math.floor(i / (n * n))));
  }
  return { n, data };
}

function distance(x: number, y: number, z: number): number {
  return RADIUS - Math.hypot(x, y, z) + 0.006 * Math.sin(45 * x);
}

/** What a renderer makes of the GLB: position and shaded normal at the middle of each triangle, with and without the map. */
async function shade(yaw: number, size: { width?: number; height?: number }) {
  const layout = await unwrap(ball, { textureSize: SIZE, padding: 2 });
  const white: RgbaImage = { width: 4, height: 4, data: new Uint8Array(64).fill(255) };
  const { positions } = fit(turnAboutY(ball.positions, yaw), { pivot: "center", ...size });
  const part = buildPart({ ...ball, positions }, layout, white, { name: "ball", topology: "quad", crease: 40 });
  const normal = bakeNormals(part, rippled, { textureSize: SIZE, cube: ball.positions, yaw });
  const files = await exportScene({
    name: "ball",
    parts: [part],
    lods: [],
    material: { name: "paint", baseColor: white, normal, roughness: 0.8, metallic: 0 },
  });
  const document = await new WebIO().readBinary(files.find(({ format }) => format === "glb")!.data);
  const primitive = document.getRoot().listMeshes()[0]!.listPrimitives()[0]!;
  const texture = document.getRoot().listMaterials()[0]!.getNormalTexture()!;
  const { data: pixels, info } = await sharp(texture.getImage()!).raw().toBuffer({ resolveWithObject: true });
  const indices = primitive.getIndices()!.getArray()!;
  const read = (name: string) => {
    const accessor = primitive.getAttribute(name)!;
    return (v: number) => accessor.getElement(v, [] as number[]);
  };
  const [position, normals, tangents, uvs] = ["POSITION", "NORMAL", "TANGENT", "TEXCOORD_0"].map(read);
  const points = [];
  for (let t = 0; t < indices.length; t += 3) {
    const corners = [0, 1, 2].map((k) => indices[t + k]!);
    const middle = (of: (v: number) => number[]) =>
      corners.map(of).reduce((sum, v) => sum.map((x, k) => x + v[k]! / 3), [0, 0, 0, 0]);
    const [n, tangent, uv] = [middle(normals!), middle(tangents!), middle(uvs!)];
    const sign = tangents!(corners[0]!)[3]!;
    const bitangent = [0, 1, 2].map((k) => {
      const [i, j] = [(k + 1) % 3, (k + 2) % 3];
      return sign * (n[i]! * tangent[j]! - n[j]! * tangent[i]!);
    });
    const at = info.channels * (Math.floor(uv[1]! * info.height) * info.width + Math.floor(uv[0]! * info.width));
    const [x, y, z] = [0, 1, 2].map((k) => (2 * pixels[at + k]!) / 255 - 1);
    points.push({
      place: middle(position!),
      plain: n.slice(0, 3),
      mapped: [0, 1, 2].map((k) => x! * tangent[k]! + y! * bitangent[k]! + z! * n[k]!),
    });
  }
  return points;
}

function angle(a: number[], b: number[]): number {
  const dot = a.reduce((sum, v, k) => sum + v * b[k]!, 0);
  return (Math.acos(Math.min(1, dot / (Math.hypot(...a) * Math.hypot(...b)))) * 180) / Math.PI;
}

function slope(value: (place: number[]) => number, place: number[]): number[] {
  return place.map((_, k) => {
    const nudged = (by: number) => value(place.map((v, i) => (i === k ? v + by : v)));
    return (nudged(1e-4) - nudged(-1e-4)) / 2e-4;
  });
}

describe("bakeNormals", () => {
  it.each([
    ["as it stands in the cube", 0, {}],
    ["turned by a quarter", 90, {}],
    ["turned and stretched", 30, { width: 300, height: 100 }],
  ])("shades the mesh like the surface that it was made from: %s", async (_, yaw, size) => {
    const points = await shade(yaw, size);
    // The true normal at the foot on the rippled ball, by differences taken in the asset's own space.
    const extent = [0, 1, 2].map((k) => Math.max(...points.map(({ place }) => place[k]!)));
    const cosine = Math.cos((yaw * Math.PI) / 180);
    const sine = Math.sin((yaw * Math.PI) / 180);
    const toCube = (place: number[]) => {
      const [x, y, z] = place.map((v, k) => (v / extent[k]!) * RADIUS);
      return [cosine * x! - sine * z!, y!, sine * x! + cosine * z!];
    };
    const toAsset = ([x, y, z]: number[]) =>
      [cosine * x! + sine * z!, y!, cosine * z! - sine * x!].map((v, k) => (v * extent[k]!) / RADIUS);
    let [plain, mapped, worst] = [0, 0, 0];
    for (const point of points) {
      const inCube = toCube(point.place);
      const outward = slope(([x, y, z]) => -distance(x!, y!, z!), inCube);
      const off = distance(inCube[0]!, inCube[1]!, inCube[2]!) / outward.reduce((sum, v) => sum + v * v, 0);
      const foot = toAsset(inCube.map((v, k) => v + off * outward[k]!));
      const truth = slope((place) => {
        const [x, y, z] = toCube(place);
        return -distance(x!, y!, z!);
      }, foot);
      plain += angle(truth, point.plain) / points.length;
      mapped += angle(truth, point.mapped) / points.length;
      worst = Math.max(worst, angle(truth, point.mapped));
    }
    expect(plain).toBeGreaterThan(5);
    expect(mapped).toBeLessThan(1.5);
    expect(worst).toBeLessThan(8);
  });
});
