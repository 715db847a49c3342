import { toPolygons } from "@maquette/engine/mesh/check-mesh";
import { weldByPosition } from "@maquette/engine/mesh/weld-by-position";
import { cornerNormals } from "@maquette/engine/raster/normals";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import { describe, expect, it } from "vitest";
import { compare, type Expected } from "../src/importers/verdicts.ts";
import { normalErrors } from "../src/topology/normal-error.ts";
import { moved, placeOn } from "../src/topology/place-on.ts";
import { shadeByAngle } from "../src/topology/read-shaded.ts";
import { selfIntersections } from "../src/topology/self-intersections.ts";
import { surfaceDistance } from "../src/topology/surface-distance.ts";
import { uvFaults } from "../src/topology/uv-overlap.ts";
import { sphere } from "./shapes.ts";

/** 2,048 triangles over shared vertices. */
const BALL = welded(sphere(0.4, 4));

function welded(mesh: Mesh): Mesh {
  const { positions, corners } = weldByPosition(toPolygons(mesh));
  return { positions, triangles: corners };
}

function joined(a: Mesh, b: Mesh): Mesh {
  return {
    positions: Float32Array.from([...a.positions, ...b.positions]),
    triangles: Uint32Array.from([...a.triangles, ...b.triangles.map((v) => v + a.positions.length / 3)]),
  };
}

const shifted = (mesh: Mesh, x: number, y = 0): Mesh => moved(mesh, { scale: 1, shift: [x, y, 0] });

describe("self-intersections", () => {
  it("are none on a ball, nor between balls that keep apart or lie in each other", () => {
    expect(selfIntersections(BALL)).toBe(0);
    expect(selfIntersections(joined(BALL, shifted(BALL, 0.9)))).toBe(0);
    expect(selfIntersections(joined(BALL, moved(BALL, { scale: 0.5, shift: [0, 0, 0] })))).toBe(0);
  });

  it("are the faces along the circle in which two balls meet", () => {
    const both = joined(BALL, shifted(BALL, 0.3011, 0.0117));
    // Every face that is cut has a corner in the other ball and one outside of it.
    const inside = (v: number, x: number, y: number) =>
      Math.hypot(both.positions[3 * v] - x, both.positions[3 * v + 1] - y, both.positions[3 * v + 2]) < 0.4;
    let straddling = 0;
    for (let t = 0; t < both.triangles.length; t += 3) {
      const [x, y] = t < BALL.triangles.length ? [0.3011, 0.0117] : [0, 0];
      const corners = [0, 1, 2].map((k) => inside(both.triangles[t + k], x, y));
      if (corners.includes(true) && corners.includes(false)) straddling++;
    }
    expect(straddling).toBeGreaterThan(50);
    expect(Math.abs(selfIntersections(both) / straddling - 1)).toBeLessThan(0.15);
  });

  it("see a corner that is pushed through the face beside it", () => {
    // Two faces with one corner in common: the second one's other corners lie on either side of the first.
    const positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0.4, 0.3, 0.2, 0.3, 0.4, -0.2];
    const triangles = [0, 1, 2, 0, 3, 4];
    const mesh = { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
    expect(selfIntersections(mesh)).toBe(2);
    expect(selfIntersections({ ...mesh, positions: mesh.positions.map((p, i) => (i === 14 ? 0.1 : p)) })).toBe(0);
  });
});

describe("the layout", () => {
  /** The lower left half of a square of the texture, as seen: counter-clockwise with v pointing down. */
  const half = (u: number, v: number, side: number) => [u, v, u, v + side, u + side, v + side];

  it("has no texel twice where triangles meet, and the shared area where they do not", () => {
    const upper = [0.25, 0.25, 0.75, 0.75, 0.75, 0.25];
    expect(uvFaults(Float32Array.from([...half(0.25, 0.25, 0.5), ...upper]), 64)).toEqual({ overlap: 0, flipped: 0 });
    // The same half square twice: 32 texels a side.
    const { overlap } = uvFaults(Float32Array.from([...half(0.25, 0.25, 0.5), ...half(0.25, 0.25, 0.5)]), 64);
    expect(Math.abs(overlap - (32 * 31) / 2)).toBeLessThanOrEqual(32);
  });

  it("tells what is mirrored", () => {
    const [ax, ay, bx, by, cx, cy] = half(0.1, 0.1, 0.3);
    expect(uvFaults(Float32Array.from([ax, ay, cx, cy, bx, by]), 64).flipped).toBe(1);
  });
});

describe("fidelity", () => {
  it("lays an asset of any size over its surface", () => {
    const asset = moved(BALL, { scale: 2.5, shift: [0.3, -1, 0.7] });
    const placed = moved(asset, placeOn(asset, BALL));
    expect(surfaceDistance(placed, BALL).worst).toBeLessThan(1e-4);
  });

  it("measures the distance of a ball from a larger one", () => {
    const { mean, worst } = surfaceDistance(BALL, moved(BALL, { scale: 1.05, shift: [0, 0, 0] }));
    expect(mean).toBeCloseTo(0.02, 3);
    expect(worst).toBeLessThan(0.021);
  });

  it("measures how far shaded normals are off, and that a map brings them back", () => {
    const dense = shadeByAngle(BALL);
    const normals = cornerNormals(BALL);
    expect(normalErrors(dense, { ...BALL, normals }).plain.mean).toBeLessThan(0.1);

    // Frames that lean by 20° about the vertical, and a map that leans back by as much.
    const lean = (20 * Math.PI) / 180;
    const turned = new Float32Array(normals.length);
    const tangents = new Float32Array((normals.length / 3) * 4);
    for (let i = 0; i < normals.length; i += 3) {
      const [x, y, z] = normals.subarray(i, i + 3);
      const across = Math.hypot(x, z) || 1;
      const [tx, tz] = [z / across, -x / across];
      turned.set(
        [x * Math.cos(lean) + tx * Math.sin(lean), y * Math.cos(lean), z * Math.cos(lean) + tz * Math.sin(lean)],
        i,
      );
      const tangent = [
        tx * Math.cos(lean) - x * Math.sin(lean),
        -y * Math.sin(lean),
        tz * Math.cos(lean) - z * Math.sin(lean),
      ];
      tangents.set([...tangent, 1], (4 * i) / 3);
    }
    const byte = (value: number) => Math.round(127.5 * value + 127.5);
    const texel = [byte(-Math.sin(lean)), 128, byte(Math.cos(lean)), 255];
    const normalMap: RgbaImage = { width: 4, height: 4, data: Uint8Array.from({ length: 64 }, (_, i) => texel[i % 4]) };
    const uvs = new Float32Array(2 * BALL.triangles.length).fill(0.5);
    const { plain, mapped } = normalErrors(dense, { ...BALL, normals: turned, tangents, uvs, normalMap });
    expect(Math.abs(plain.mean - 20)).toBeLessThan(1);
    expect(plain.visible).toBeGreaterThan(0.95);
    expect(mapped.mean).toBeLessThan(2);
  });
});

describe("verdicts", () => {
  const textures = [{ slot: "baseColor" as const, width: 1024, height: 1024 }];
  const expected: Expected = { size: [1, 2, 0.5], triangles: 12, polygons: 6, quads: 6, textures };
  const found = { size: [1, 2.0004, 0.5] as [number, number, number], parts: [{}], triangles: 12, textures };

  it("are clean for what is as ordered, with quads only where the format keeps them", () => {
    expect(compare({ ...found, polygons: 6, quads: 6 }, expected, "fbx", 1)).toEqual([]);
    expect(compare({ ...found, polygons: 12, quads: 0 }, expected, "glb", 1)).toEqual([]);
    expect(compare(found, expected, "obj", 1)).toEqual([]);
  });

  it("name what is not", () => {
    const faults = compare(
      { size: [1, 2.002, 0.5], parts: [{}, {}], triangles: 11, polygons: 12, quads: 0, textures: [] },
      expected,
      "obj",
      1,
    );
    expect(faults.join(", ")).toBe(
      "size off by 2.0 mm, 2 parts, not 1, 11 triangles, not 12, 12 polygons, not 6, 0 quads, not 6, no baseColor texture",
    );
  });
});
