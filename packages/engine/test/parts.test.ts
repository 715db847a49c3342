/** What stands apart becomes an object of its own, in every file that has objects. */
import { WebIO } from "@gltf-transform/core";
import { unzipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import type { Asset, PartReport } from "../src/asset.ts";
import { finishModel } from "../src/finish-model.ts";
import { findParts } from "../src/fit/find-parts.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import type { Mesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { findRecords, readFbx } from "./support/read-fbx.ts";

function join(...meshes: Pick<Mesh, "positions" | "triangles">[]): Mesh {
  const positions: number[] = [];
  const triangles: number[] = [];
  for (const mesh of meshes) {
    const first = positions.length / 3;
    positions.push(...mesh.positions);
    for (const v of mesh.triangles) triangles.push(first + v);
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

const cuboid = (x: number, y: number, z: number, half: number) => box([2 * half, 2 * half, 2 * half], [x, y, z]);

describe("findParts", () => {
  it("leaves a mesh in one piece, and crumbs beside it, its name and the asset's pivot", () => {
    const crumb = cuboid(1.2, 0, 0, 0.02);
    for (const mesh of [cuboid(0, 0, 0, 1), join(cuboid(0, 0, 0, 1), crumb)]) {
      const { parts, labels } = findParts(mesh, { name: "rock", pivot: "base" });
      expect(labels).toEqual([{ name: "rock", pivot: [0, 0, 0] }]);
      expect(Math.max(...parts)).toBe(0);
    }
  });

  it("names pieces after the side on which they lie, the largest one main, with pivots in their own boxes", () => {
    const mesh = join(
      cuboid(2, 0, 0, 0.4),
      cuboid(0, 0, 0, 1),
      cuboid(-2, 0.25, 0, 0.5),
      cuboid(0, 2.5, 0, 0.5),
      cuboid(0, -2, 0, 0.3),
      cuboid(0, 0, 3, 0.45),
      cuboid(0.5, 0, -3, 0.35),
      cuboid(2.5, 0, 0.5, 0.08),
    );
    const { parts, labels } = findParts(mesh, { name: "robot", pivot: "center" });
    const names = ["main", "top", "right", "front", "left", "bottom", "back"].map((place) => `robot_${place}`);
    expect(labels.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(labels.find(({ name }) => name === "robot_right")!.pivot).toEqual([-2, 0.25, 0]);
    const base = findParts(mesh, { name: "robot", pivot: "base" }).labels;
    expect(base.find(({ name }) => name === "robot_right")!.pivot).toEqual([-2, -0.25, 0]);
    // The crumb beside the left hand is part of it.
    expect(labels[parts.at(-1)!]!.name).toBe("robot_left");
  });

  it("counts on where several lie on one side, and stops at sixteen", () => {
    const many = Array.from({ length: 24 }, (_, i) => cuboid(3 + i, 0, 0, 0.9 - 0.001 * i));
    const { parts, labels } = findParts(join(cuboid(0, 0, 0, 1), ...many), { name: "train", pivot: "center" });
    expect(labels.slice(0, 4).map(({ name }) => name)).toEqual([
      "train_main",
      "train_left",
      "train_left_2",
      "train_left_3",
    ]);
    expect(labels).toHaveLength(16);
    expect(Math.max(...parts)).toBe(15);
    // The last carriages go with the nearest of the sixteen.
    expect(parts.at(-1)).toBe(15);
  });
});

describe("an asset of several parts", () => {
  let asset: Asset;
  const file = (format: string) => asset.files.find((f) => f.format === format)!.data;
  const wanted = () => asset.report.parts.map(({ name, triangles }) => [name, triangles]);

  beforeAll(async () => {
    const ball = sphere(1, 24, [0, 0, 0]);
    const seats = [cuboid(1.8, -0.2, 0, 0.4), cuboid(-1.8, -0.2, 0, 0.45)];
    const lines = [ball, ...seats].flatMap(({ positions }) =>
      Array.from(
        { length: positions.length / 3 },
        (_, i) => `v ${[...positions.subarray(3 * i, 3 * i + 3)].join(" ")}`,
      ),
    );
    const { triangles } = join(ball, ...seats);
    for (let t = 0; t < triangles.length; t += 3) {
      lines.push(`f ${[0, 1, 2].map((k) => triangles[t + k]! + 1).join(" ")}`);
    }
    asset = await finishModel(Buffer.from(lines.join("\n")), new Map(), {
      name: "group",
      quality: "standard",
      textureSize: 256,
      lods: 2,
      height: 100,
    });
  }, 60_000);

  it("is reported with names, sizes and pivots that add up", () => {
    const { parts, triangles, checks } = asset.report;
    expect(parts.map(({ name }) => name)).toEqual(["group_main", "group_right", "group_left"]);
    expect(parts.reduce((sum, part) => sum + part.triangles, 0)).toBe(triangles);
    expect(checks).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, components: 3 });
    const [main, right, left] = parts as [PartReport, PartReport, PartReport];
    expect(main.size.height).toBeCloseTo(100, 1);
    expect(main.pivot).toMatchObject({ y: expect.closeTo(0, 1) });
    expect(left.pivot.x - main.pivot.x).toBeCloseTo(90, 0);
    expect(right.pivot.x - main.pivot.x).toBeCloseTo(-90, 0);
    expect(left.pivot.y).toBeCloseTo(-10, 0);
  });

  it("has the same objects with the same faces in GLB, glTF, FBX, OBJ and USDZ", async () => {
    const counted: Record<string, [string, number][]> = {
      obj: new TextDecoder()
        .decode(file("obj"))
        .split(/^o /m)
        .slice(1)
        .map((section) => {
          const faces = section.split("\n").filter((line) => line.startsWith("f "));
          return [section.split("\n")[0]!, faces.reduce((sum, line) => sum + line.split(" ").length - 3, 0)];
        }),
      usdz: [...usda().matchAll(/def Mesh "(\w+)"[\s\S]*?faceVertexCounts = \[([^\]]*)\]/g)].map(([, name, counts]) => [
        name!,
        counts!.split(",").reduce((sum, count) => sum + Number(count) - 2, 0),
      ]),
    };
    for (const format of ["glb", "gltf"]) {
      const io = new WebIO();
      const document =
        format === "glb"
          ? await io.readBinary(file("glb"))
          : await io.readJSON({ json: JSON.parse(new TextDecoder().decode(file("gltf"))), resources: {} });
      counted[format] = document
        .getRoot()
        .listNodes()
        .filter((node) => node.getMesh())
        .map((node) => [node.getName(), node.getMesh()!.listPrimitives()[0]!.getIndices()!.getCount() / 3]);
    }
    for (const [format, list] of Object.entries(counted)) expect(list, format).toEqual(wanted());
    const lists = findRecords(readFbx(file("fbx")), "Geometry").map(({ values, children }) => {
      const [indices] = findRecords(children, "PolygonVertexIndex")[0]!.values as [Int32Array];
      const polygons = indices.filter((index) => index < 0).length;
      return [String(values[1]).split("\0")[0]!, indices.length - 2 * polygons];
    });
    expect(lists.slice(0, 3)).toEqual(wanted().map(([name, triangles]) => [`${name}_LOD0`, triangles]));
    expect(lists.slice(3, 6).map(([name]) => name)).toEqual(wanted().map(([name]) => `${name}_LOD1`));
  });

  it("keeps every part, closed, in every level of detail", () => {
    expect(asset.report.lods).toHaveLength(2);
    const geometries = findRecords(readFbx(file("fbx")), "Geometry");
    expect(geometries).toHaveLength(9);
    for (const { children, values } of geometries) {
      const [indices] = findRecords(children, "PolygonVertexIndex")[0]!.values as [Int32Array];
      const [positions] = findRecords(children, "Vertices")[0]!.values as [Float64Array];
      const sizes: number[] = [];
      let size = 0;
      for (const index of indices) {
        size++;
        if (index >= 0) continue;
        sizes.push(size);
        size = 0;
      }
      const faults = checkMesh({
        positions: Float32Array.from(positions),
        sizes: Uint8Array.from(sizes),
        corners: Uint32Array.from(indices, (index) => (index < 0 ? ~index : index)),
      });
      expect(faults, String(values[1])).toEqual({
        openEdges: 0,
        nonManifoldEdges: 0,
        nonManifoldVertices: 0,
        degenerateFaces: 0,
        components: 1,
      });
    }
  });

  function usda(): string {
    const [layer] = Object.values(unzipSync(file("usdz")));
    return new TextDecoder().decode(layer);
  }
});
