/** What is symmetric stays exactly that, and nothing else becomes it. */
import { describe, expect, it } from "vitest";
import { findMirrors, reflect } from "../src/bake/find-mirror.ts";
import { carve } from "../src/carve/carve.ts";
import { findSymmetry } from "../src/carve/find-symmetry.ts";
import { symmetrize } from "../src/carve/symmetrize.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { mirrorMesh } from "../src/simplify/mirror-mesh.ts";
import { quadrangulate } from "../src/simplify/quadrangulate.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, Mesh } from "../src/types.ts";
import { box } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

const N = 64;
const clean = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 };

function fieldOf(distance: (x: number, y: number, z: number) => number): Field {
  const at = (i: number) => (i + 0.5) / N - 0.5;
  const data = Float32Array.from({ length: N ** 3 }, (_, i) =>
    distance(at(i % N), at(Math.floor(i / N) % N), at(Math.floor(i / N / N))),
  );
  return { n: N, data };
}

/** A body with two arms, in a frame that is turned by degrees and moved aside; the right one may be longer. */
function robot(degrees: number, aside: number, longer: number, wobble = 0): Field {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return fieldOf((x, y, z) => {
    const [u, w] = [(x - aside) * c + z * s, z * c - (x - aside) * s];
    const body = 0.16 - Math.hypot(u, 0.6 * y, w - 0.03);
    const reach = u > 0 ? 0.3 + longer : 0.3;
    const arm = 0.05 - Math.hypot(Math.max(0, Math.abs(u) - reach), y - 0.08, w);
    return Math.max(body, arm) + wobble * Math.sin(61 * x + 37 * y + 53 * z);
  });
}

function meshOf(field: Field): Mesh {
  const dense = triangulateQuads(contour(field));
  return quadrangulate(dense, field, { maxTriangles: 20_000, edge: 2.6 / N, seed: 0 }) ?? dense;
}

/** Farthest that a vertex's reflection is from the nearest vertex. */
function asymmetry({ positions: p }: Mesh, mirror: { nx: number; nz: number; offset: number }): number {
  const key = (x: number, y: number, z: number) => [x, y, z].map((v) => Math.round(v * 1e5)).join();
  const places = new Set<string>();
  for (let v = 0; v < p.length; v += 3) {
    for (let c = 0; c < 27; c++) {
      const shift = (k: number) => (Math.floor(c / 3 ** k) % 3) - 1;
      places.add(key(p[v]! + shift(0) * 1e-5, p[v + 1]! + shift(1) * 1e-5, p[v + 2]! + shift(2) * 1e-5));
    }
  }
  let without = 0;
  for (let v = 0; v < p.length; v += 3) {
    const [x, z] = reflect({ ...mirror, overlap: 1 }, p[v]!, p[v + 2]!);
    if (!places.has(key(x, p[v + 1]!, z))) without++;
  }
  return without;
}

describe("findSymmetry", () => {
  it.each([
    [0, 0],
    [0, 0.013],
    [33, -0.02],
  ])(
    "finds the plane of what is turned by %i° and moved aside by %f, to 0.1° and a fiftieth of a sample",
    (degrees, aside) => {
      const found = findSymmetry(robot(degrees, aside, 0, 0.0008))!;
      const angle = (Math.atan2(found.nz, found.nx) * 180) / Math.PI;
      expect(Math.abs(((angle - degrees + 270) % 180) - 90)).toBeLessThan(0.1);
      const through = Math.abs(found.nx * aside - found.offset);
      expect(through * N).toBeLessThan(0.02);
    },
  );

  it("sees none in what has one arm longer than the other by 3 % of its width, though planes for colours are there", () => {
    const lopsided = robot(0, 0, 0.04);
    expect(findMirrors(lopsided).length).toBeGreaterThan(0);
    expect(findSymmetry(lopsided)).toBeNull();
  });
});

describe("a solid with something small on one side", () => {
  const body = (x: number, y: number, z: number) => 0.3 - Math.max(Math.abs(x), 1.4 * Math.abs(y), 1.2 * Math.abs(z));
  const luggage = (x: number, y: number, z: number) => Math.min(0.03 - Math.hypot(x - 0.12, z - 0.08), 0.255 - y, y);

  it("is not symmetric, though the rest is", () => {
    expect(findSymmetry(fieldOf(body))).not.toBeNull();
    expect(findSymmetry(fieldOf((x, y, z) => Math.max(body(x, y, z), luggage(x, y, z))))).toBeNull();
  });
});

describe("a symmetric solid", () => {
  it.each([0, 33])(
    "turned by %i° gets a mesh in which every vertex has its reflection, closed and two-manifold",
    (degrees) => {
      const field = robot(degrees, 0.01, 0, 0.0008);
      const before = meshOf(field);
      const found = findSymmetry(field)!;
      symmetrize(field, found);
      const plane = findSymmetry(field)!;
      expect(plane.apart).toBeLessThan(found.apart / 2);
      const mesh = mirrorMesh(meshOf(field), plane)!;
      expect(checkMesh(mesh)).toMatchObject({ ...clean, components: 1 });
      expect(asymmetry(mesh, plane)).toBe(0);
      // Without it next to no vertex has one.
      expect(asymmetry(before, found)).toBeGreaterThan(before.positions.length / 6);
      expect(mesh.triangles.length / before.triangles.length).toBeLessThan(1.15);
    },
  );

  it("that is carved from pictures is made its own reflection; one with a handle on a side is left as it is", () => {
    const views = (mesh: Mesh) => viewsOf(mesh, [labelCamera("front", 200), labelCamera("left", 200)], 200);
    const even = carve(views(box([0.5, 0.7, 0.3])), { shape: null, colors: null }, N);
    expect(findSymmetry(even)!.apart).toBeLessThan(0.02);
    const mug = fieldOf((x, y, z) => {
      const cup = Math.min(0.2 - Math.hypot(x, z), 0.25 - Math.abs(y));
      return Math.max(cup, 0.04 - Math.hypot(Math.hypot(x - 0.22, y) - 0.12, z));
    });
    const plane = findSymmetry(mug)!;
    // Front and back of it are alike, left and right are not.
    expect(Math.abs(plane.nz)).toBeCloseTo(1, 3);
  });
});

describe("mirrorMesh", () => {
  it("says no where the plane misses the mesh, or only touches it", () => {
    const mesh = triangulateQuads(contour(robot(0, 0, 0)));
    expect(mirrorMesh(mesh, { nx: 1, nz: 0, offset: 0.6 })).toBeNull();
    const two = triangulateQuads(contour(fieldOf((x, y, z) => 0.1 - Math.hypot(Math.abs(x) - 0.12, y, z))));
    // Two balls: their reflections are each other.
    expect(checkMesh(mirrorMesh(two, { nx: 1, nz: 0, offset: 0 })!)).toMatchObject({ ...clean, components: 2 });
  });
});
