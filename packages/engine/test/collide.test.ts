/** Hulls for physics: convex, closed, around the asset, and where engines look for them. */
import { WebIO } from "@gltf-transform/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildColliders } from "../src/collide/build-colliders.ts";
import { convexHull } from "../src/collide/convex-hull.ts";
import { decompose } from "../src/collide/decompose.ts";
import { exportScene } from "../src/export/export-scene.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { volumeOf } from "../src/mesh/volume.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { AssetScene, Field, Mesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { findRecords, readFbx } from "./support/read-fbx.ts";
import { signpostScene, sphereScene } from "./support/scenes.ts";
import { validateGltf } from "./support/validate-gltf.ts";

const closed = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: 1 };

/** Farthest that any of the points lies above one of a hull's faces. */
function standsOut(hull: Mesh, points: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const plane of planesOf(hull)) {
    for (let p = 0; p < points.length; p += 3) most = Math.max(most, heightAbove(plane, points, p));
  }
  return most;
}

/** Farthest that any of the points lies outside of the hull that holds it best. */
function uncovered(hulls: readonly Mesh[], points: ArrayLike<number>): number {
  const planes = hulls.map(planesOf);
  let worst = 0;
  for (let p = 0; p < points.length; p += 3) {
    const best = Math.min(...planes.map((list) => Math.max(...list.map((plane) => heightAbove(plane, points, p)))));
    worst = Math.max(worst, best);
  }
  return worst;
}

function planesOf({ positions: p, triangles }: Mesh): number[][] {
  const planes: number[][] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => [
      ...p.subarray(3 * triangles[t + k]!, 3 * triangles[t + k]! + 3),
    ]) as number[][];
    const [u, v] = [b!, c!].map((q) => q.map((x, k) => x - a![k]!)) as [number[], number[]];
    const n = [u[1]! * v[2]! - u[2]! * v[1]!, u[2]! * v[0]! - u[0]! * v[2]!, u[0]! * v[1]! - u[1]! * v[0]!];
    const length = Math.hypot(...n);
    if (length > 0) planes.push([...n.map((x) => x / length), n.reduce((sum, x, k) => sum + x * a![k]!, 0) / length]);
  }
  return planes;
}

const heightAbove = (plane: number[], points: ArrayLike<number>, p: number) =>
  plane[0]! * points[p]! + plane[1]! * points[p + 1]! + plane[2]! * points[p + 2]! - plane[3]!;

describe("convexHull", () => {
  it("holds all points, convex and closed, for any of them", () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    // Half of the cases on a coarse lattice: many points in a plane and on a line.
    const lattice = fc.integer({ min: -2, max: 2 });
    const points = (of: fc.Arbitrary<number>) => fc.array(fc.tuple(of, of, of), { minLength: 4, maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(points(number), points(lattice)), (list) => {
        const hull = convexHull(list.flat(), 0);
        if (!hull) return;
        expect(checkMesh(hull)).toMatchObject(closed);
        expect(standsOut(hull, list.flat())).toBeLessThan(1e-5);
        expect(volumeOf(hull)).toBeGreaterThan(0);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it("leaves out what lies within the tolerance, and says so of points in a plane", () => {
    const ball = sphere(1, 40);
    const [fine, coarse] = [convexHull(ball.positions, 0)!, convexHull(ball.positions, 0.05)!];
    expect(coarse.triangles.length).toBeLessThan(fine.triangles.length / 10);
    expect(standsOut(coarse, ball.positions)).toBeLessThan(0.05 + 1e-6);
    expect(checkMesh(coarse)).toMatchObject(closed);
    expect(convexHull([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0.3, 0.2, 0], 0)).toBeNull();
  });
});

describe("decompose", () => {
  it("leaves what is convex in one hull, and gives an L and a table their limbs", () => {
    expect(decompose(box([1, 2, 3]), { most: 16, tolerance: 0.02 })).toHaveLength(1);
    expect(decompose(sphere(1, 24), { most: 16, tolerance: 0.02 })).toHaveLength(1);
    const corner = solid((x, y) => Math.max(-0.1 - x, -0.1 - y));
    const hulls = decompose(corner, { most: 16, tolerance: 0.01 });
    const volume = hulls.reduce((sum, hull) => sum + volumeOf(hull), 0);
    expect(hulls.length).toBeGreaterThan(1);
    expect(hulls.length).toBeLessThanOrEqual(4);
    expect(volume / volumeOf(corner)).toBeLessThan(1.06);
  });

  it("covers a torus within the tolerance, each hull convex and closed", () => {
    const torus = solid((x, y, z) => 0.12 - Math.hypot(Math.hypot(x, z) - 0.3, y));
    const tolerance = 0.01;
    const hulls = decompose(torus, { most: 16, tolerance });
    expect(hulls.length).toBeGreaterThan(4);
    for (const hull of hulls) {
      expect(checkMesh(hull)).toMatchObject(closed);
      expect(standsOut(hull, hull.positions)).toBeLessThan(1e-5);
    }
    expect(uncovered(hulls, torus.positions)).toBeLessThan(tolerance + 1e-5);
    // One hull would fill the hole: 2.4 times the solid.
    expect(hulls.reduce((sum, hull) => sum + volumeOf(hull), 0) / volumeOf(torus)).toBeLessThan(1.4);
    const middle = [0, 0, 0];
    expect(uncovered(hulls, middle)).toBeGreaterThan(0.05);
  });
});

/** The surface of a function that is positive inside, on 48 samples a side. */
function solid(inside: (x: number, y: number, z: number) => number): Mesh {
  const n = 48;
  const field: Field = { n, data: new Float32Array(n ** 3) };
  const at = (i: number) => (i + 0.5) / n - 0.5;
  for (let i = 0; i < field.data.length; i++) {
    const [x, y, z] = [at(i % n), at(Math.floor(i / n) % n), at(Math.floor(i / n / n))];
    const border = 0.45 - Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
    field.data[i] = Math.min(inside(x, y, z), border);
  }
  return triangulateQuads(contour(field));
}

describe("colliders in files", () => {
  const withHulls = (scene: AssetScene) => ({ ...scene, ...buildColliders(scene.parts, 960) });

  it("keep to their budget by a wider tolerance, and to one group where there are too many parts", () => {
    const { parts } = signpostScene();
    const few = buildColliders(parts, 60);
    expect(few.colliders.every(({ part }) => part === 0)).toBe(true);
    expect(few.colliders.reduce((sum, { hull }) => sum + hull.triangles.length / 3, 0)).toBeLessThanOrEqual(60);
    const ball = sphereScene({ n: 24 }).parts;
    const [rich, poor] = [buildColliders(ball, 960), buildColliders(ball, 60)];
    expect(poor.tolerance).toBeGreaterThanOrEqual(rich.tolerance);
    for (const { colliders, tolerance } of [rich, poor]) {
      const hulls = colliders.map(({ hull }) => hull);
      expect(uncovered(hulls, ball[0]!.positions)).toBeLessThan(tolerance + 1e-5);
    }
  });

  it("stand in the FBX beside their parts under the names that Unreal looks for", async () => {
    for (const [scene, suffix] of [
      [signpostScene(), ""],
      [sphereScene({ n: 8, lods: [4] }), "_LOD0"],
    ] as const) {
      const fbx = (await exportScene(withHulls(scene))).find(({ format }) => format === "fbx")!.data;
      const records = readFbx(fbx);
      const names = findRecords(records, "Model").map(({ values }) => String(values[1]).split("\0")[0]!);
      const hulls = names.filter((name) => name.startsWith("UCX_"));
      expect(new Set(hulls.map((name) => name.replace(/^UCX_|_\d\d$/g, "")))).toEqual(
        new Set(scene.parts.map(({ name }) => `${name}${suffix}`)),
      );
      expect(hulls[0]).toBe(`UCX_${scene.parts[0]!.name}${suffix}_01`);
    }
  });

  it("are children of their parts in GLB and glTF, named for Godot, unseen elsewhere", async () => {
    const scene = withHulls(signpostScene());
    const files = await exportScene(scene);
    for (const format of ["glb", "gltf"]) {
      const file = files.find((f) => f.format === format)!;
      await validateGltf(file.name, file.data);
    }
    const document = await new WebIO().readBinary(files.find(({ format }) => format === "glb")!.data);
    const colliders = document
      .getRoot()
      .listNodes()
      .filter((node) => node.getName().endsWith("-convcolonly"));
    expect(colliders).toHaveLength(scene.colliders.length);
    for (const node of colliders) {
      expect(node.getName()).toBe(`${node.getParentNode()!.getName()}_collider_01-convcolonly`);
      const [primitive] = node.getMesh()!.listPrimitives();
      const material = primitive!.getMaterial()!;
      expect([material.getAlphaMode(), material.getBaseColorFactor()[3]]).toEqual(["MASK", 0]);
      // A box's hull is the box: the same place in the scene as the part that it stands for.
      const part = scene.parts.find(({ name }) => name === node.getParentNode()!.getName())!;
      const move = node.getWorldTranslation();
      const at = Array.from(primitive!.getAttribute("POSITION")!.getArray()!, (v, i) => v + move[i % 3]!);
      for (let axis = 0; axis < 3; axis++) {
        const side = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i % 3 === axis);
        expect(Math.max(...side(at))).toBeCloseTo(Math.max(...side(part.positions)), 5);
        expect(Math.min(...side(at))).toBeCloseTo(Math.min(...side(part.positions)), 5);
      }
    }
  });
});
