import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { triangleArea } from "../src/mesh/triangle-area.ts";
import { faceNormals } from "../src/raster/normals.ts";
import { coarsen, type TexturedMesh } from "../src/simplify/coarsen.ts";
import { collapseEdges } from "../src/simplify/collapse-edges.ts";
import { fitToSurface } from "../src/simplify/fit-to-surface.ts";
import { matesOf, pairTriangles } from "../src/simplify/pair-triangles.ts";
import { quadrangulate } from "../src/simplify/quadrangulate.ts";
import { remeshQuads } from "../src/simplify/quads/remesh-quads.ts";
import { simplify } from "../src/simplify/simplify.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, Mesh } from "../src/types.ts";
import { unwrap } from "../src/unwrap/unwrap.ts";

function sample(n: number, value: (x: number, y: number, z: number) => number): Field {
  const data = new Float32Array(n ** 3);
  for (let z = 0, i = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++, i++) data[i] = value((x + 0.5) / n - 0.5, (y + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
    }
  }
  return { n, data };
}

const meshOf = (field: Field): Mesh => triangulateQuads(contour(field));
const torus = (n: number) => sample(n, (x, y, z) => 0.12 - Math.hypot(Math.hypot(x, z) - 0.3, y));
const box = (n: number) => sample(n, (x, y, z) => Math.min(0.31 - Math.abs(x), 0.22 - Math.abs(y), 0.4 - Math.abs(z)));
const clean = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, degenerateFaces: 0 };

/** Of the centres of the faces from the torus. */
function meanDistance({ positions: p, triangles }: Mesh): number {
  let [sum, area] = [0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    const [x, y, z] = [0, 1, 2].map((k) => {
      const [a, b, c] = [0, 1, 2].map((i) => p[3 * triangles[t + i] + k]);
      return (a + b + c) / 3;
    });
    const own = triangleArea(p, triangles, t);
    sum += own * Math.abs(0.12 - Math.hypot(Math.hypot(x, z) - 0.3, y));
    area += own;
  }
  return sum / area;
}

describe("collapseEdges", () => {
  it("brings a box down to little more than its twelve triangles without moving its faces", () => {
    const { mesh, error } = collapseEdges(meshOf(box(40)), { maxTriangles: 0, tolerance: 1e-3, force: false });
    expect(error).toBeLessThanOrEqual(1e-3);
    expect(mesh.triangles.length / 3).toBeLessThan(150);
    for (let v = 0; v < mesh.positions.length; v += 3) {
      const [x, y, z] = mesh.positions.subarray(v, v + 3);
      const inside = Math.min(0.31 - Math.abs(x), 0.22 - Math.abs(y), 0.4 - Math.abs(z));
      // Dual contouring has bevelled the edges by up to half a cell already.
      expect(Math.abs(inside)).toBeLessThan(0.7 / 40);
    }
  });

  it("keeps a torus within the tolerance of the true one, and a torus", () => {
    const { mesh } = collapseEdges(meshOf(torus(64)), { maxTriangles: 0, tolerance: 1 / 500, force: false });
    let worst = 0;
    for (let v = 0; v < mesh.positions.length; v += 3) {
      const [x, y, z] = mesh.positions.subarray(v, v + 3);
      worst = Math.max(worst, Math.abs(0.12 - Math.hypot(Math.hypot(x, z) - 0.3, y)));
    }
    expect(worst).toBeLessThan(3 / 500);
    const triangles = mesh.triangles.length / 3;
    // Euler characteristic V - E + F of a torus is 0.
    expect(mesh.positions.length / 3 - triangles / 2).toBe(0);
    expect(checkMesh(mesh)).toMatchObject({ ...clean, components: 1 });
  });

  it("keeps a torus of 600 triangles nearer to the true one than sweeps over old errors did", () => {
    const { mesh } = collapseEdges(meshOf(torus(64)), { maxTriangles: 600, tolerance: 0, force: true });
    expect(mesh.triangles.length / 3).toBe(600);
    expect(meanDistance(mesh)).toBeLessThan(0.00191);
  });

  it("leaves any closed manifold closed and manifold, however far it is pushed", () => {
    const fields = fc
      .record({
        n: fc.integer({ min: 3, max: 9 }),
        seed: fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
        keep: fc.integer({ min: 0, max: 400 }),
      })
      .map(({ n, seed, keep }) => ({ field: sample(n, () => seed.next().value as number), keep }));
    fc.assert(
      fc.property(fields, ({ field, keep }) => {
        const mesh = meshOf(field);
        const before = checkMesh(mesh).components;
        const after = checkMesh(collapseEdges(mesh, { maxTriangles: keep, tolerance: 0, force: true }).mesh);
        expect(after).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: before });
      }),
      { numRuns: 60 },
    );
  });
});

describe("fitToSurface", () => {
  it.each([
    ["triangles", collapseEdges(meshOf(torus(64)), { maxTriangles: 600, tolerance: 0, force: true }).mesh],
    ["squares", remeshQuads(meshOf(torus(64)), { edge: 4 / 64, seed: 1 })],
  ])("takes a third of the mean distance of a torus of %s, and turns no face over", (_, mesh) => {
    const fitted = fitToSurface(mesh, meshOf(torus(64)));
    expect(meanDistance(fitted)).toBeLessThan(0.66 * meanDistance(mesh));
    expect(checkMesh(fitted)).toMatchObject({ ...clean, components: 1 });
    const [before, after] = [faceNormals(mesh), faceNormals(fitted)];
    for (let f = 0; f < before.length; f += 3) {
      expect(before[f] * after[f] + before[f + 1] * after[f + 1] + before[f + 2] * after[f + 2]).toBeGreaterThan(0.5);
    }
  });

  it("leaves flat sides flat", () => {
    const solid = box(40);
    const mesh = remeshQuads(meshOf(solid), { edge: 3 / 40, seed: 1 });
    const { positions: p } = fitToSurface(mesh, meshOf(solid));
    const away: number[] = [];
    for (let v = 0; v < p.length; v += 3) {
      const depths = [0.31 - Math.abs(p[v]), 0.22 - Math.abs(p[v + 1]), 0.4 - Math.abs(p[v + 2])];
      // Away from the edges, which dual contouring bevels.
      if (depths.filter((d) => d < 4 / 40).length === 1) away.push(40 * Math.abs(Math.min(...depths)));
    }
    expect(Math.max(...away)).toBeLessThan(0.04);
    expect(away.reduce((sum, d) => sum + d, 0) / away.length).toBeLessThan(0.003);
  });
});

describe("simplify", () => {
  it("never exceeds the cap, even where every loose piece would need more", () => {
    // 512 separate specks: at least 4 triangles each, far more than 500 in all.
    const field = sample(32, () => -1);
    for (let z = 2; z < 32; z += 4) {
      for (let y = 2; y < 32; y += 4) for (let x = 2; x < 32; x += 4) field.data[(z * 32 + y) * 32 + x] = 1;
    }
    field.data.fill(1, (16 * 32 + 16) * 32 + 4, (16 * 32 + 16) * 32 + 28);
    for (const solid of [field, torus(48), box(48)]) {
      const { mesh } = simplify(meshOf(solid), solid, { maxTriangles: 500, tolerance: 1e-4 });
      expect(mesh.triangles.length / 3).toBeLessThanOrEqual(500);
      expect(checkMesh(mesh)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0 });
    }
  });

  it("stops far below the cap when the shape needs no more", () => {
    const solid = box(48);
    const { mesh } = simplify(meshOf(solid), solid, { maxTriangles: 30_000, tolerance: 1 / 700 });
    expect(mesh.triangles.length / 3).toBeLessThan(300);
  });
});

describe("quadrangulate", () => {
  const options = { maxTriangles: 30_000, edge: 3 / 64, seed: 1 };

  it.each([
    ["torus", torus(64), 0],
    ["box", box(64), 2],
  ] as const)("covers a %s with squares of one size, and stays on it", (_, field, euler) => {
    const mesh = quadrangulate(meshOf(field), field, options)!;
    expect(checkMesh(mesh)).toMatchObject({ ...clean, components: 1 });
    expect(mesh.positions.length / 3 - mesh.triangles.length / 6).toBe(euler);
    const { sizes, corners } = pairTriangles(mesh);
    expect(sizes.filter((size) => size === 4).length / sizes.length).toBeGreaterThan(0.95);
    // Lengths of the quads' sides: half of them within a fifth of the one asked for.
    const lengths: number[] = [];
    let at = 0;
    for (const size of sizes) {
      for (let k = 0; k < size; k++) {
        const [a, b] = [corners[at + k], corners[at + ((k + 1) % size)]].map((c) => 3 * mesh.triangles[c]);
        const p = mesh.positions;
        lengths.push(Math.hypot(p[a] - p[b], p[a + 1] - p[b + 1], p[a + 2] - p[b + 2]));
      }
      at += size;
    }
    const near = lengths.filter((l) => Math.abs(l / options.edge - 1) < 0.2).length;
    expect(near / lengths.length).toBeGreaterThan(0.5);
  });

  it("keeps within the cap by longer sides, and says no where those would lose the shape", () => {
    const field = torus(64);
    const few = quadrangulate(meshOf(field), field, { ...options, maxTriangles: 700 })!;
    expect(few.triangles.length / 3).toBeLessThanOrEqual(700);
    expect(checkMesh(few)).toMatchObject(clean);
    expect(quadrangulate(meshOf(field), field, { ...options, maxTriangles: 60 })).toBeNull();
    // A rod as thin as a third of a side is pinched away.
    const rod = sample(64, (x, y, z) => Math.min(0.016 - Math.max(Math.abs(x), Math.abs(z)), 0.45 - Math.abs(y)));
    expect(quadrangulate(meshOf(rod), rod, { ...options, edge: 6 / 64 })).toBeNull();
  });

  it("has smaller squares where those asked for are few", () => {
    const field = torus(64);
    const [few, some, most] = [0, 2300, 9000].map(
      (enough) => quadrangulate(meshOf(field), field, { ...options, enough })!.triangles.length / 3,
    );
    expect(few).toBeLessThan(2000);
    expect(Math.abs(some! / 2300 - 1)).toBeLessThan(0.15);
    // No more than their sides may shrink.
    expect(Math.abs((most! / few!) * 0.73 ** 2 - 1)).toBeLessThan(0.1);
  });

  it("is cut into charts along the sides of its quads, but for one in fifty", async () => {
    const field = torus(64);
    const mesh = quadrangulate(meshOf(field), field, options)!;
    const mates = matesOf(pairTriangles(mesh));
    const { charts, chartCount } = await unwrap(mesh, { textureSize: 512, padding: 2, mates });
    expect(chartCount).toBeGreaterThan(1);
    const cut = mates.filter((u, t) => u > t && charts[t] !== charts[u]).length;
    expect(cut).toBeLessThan(mates.length / 2 / 50);
  });
});

describe("coarsen", () => {
  it("halves again and again, closed, on the same texture: nothing that is left has moved", async () => {
    const mesh = collapseEdges(meshOf(torus(48)), { maxTriangles: 0, tolerance: 1 / 1500, force: false }).mesh;
    const layout = await unwrap(mesh, { textureSize: 512, padding: 2 });
    const key = (m: Mesh, uvs: Float32Array, vertex: number, uv: number) =>
      [...m.positions.subarray(3 * vertex, 3 * vertex + 3), ...uvs.subarray(2 * uv, 2 * uv + 2)].join();
    const known = new Set(Array.from(mesh.triangles, (v, c) => key(mesh, layout.uvs, v, layout.cornerUvs[c])));
    let level: TexturedMesh = { mesh, layout, parts: new Uint16Array(mesh.positions.length / 3) };
    for (let i = 0; i < 3; i++) {
      const wanted = Math.floor(level.mesh.triangles.length / 6);
      level = coarsen(level, { maxTriangles: wanted, drift: 2 / 512 });
      const { triangles } = level.mesh;
      expect(triangles.length / 3).toBeLessThanOrEqual(wanted);
      expect(triangles.length / 3).toBeGreaterThan(wanted - 3);
      expect(checkMesh(level.mesh)).toMatchObject({ ...clean, components: 1 });
      expect(level.mesh.positions.length / 3 - triangles.length / 6).toBe(0);
      const { uvs, cornerUvs, vertexOfUv, charts } = level.layout;
      expect(charts.length).toBe(triangles.length / 3);
      triangles.forEach((v, c) => {
        expect(known.has(key(level.mesh, uvs, v, cornerUvs[c]))).toBe(true);
        expect(vertexOfUv[cornerUvs[c]]).toBe(v);
      });
      expect(turnedOver(uvs, cornerUvs)).toBeLessThanOrEqual(turnedOver(layout.uvs, layout.cornerUvs));
    }
  });

  /** Triangles whose corners run the rarer way round in the texture. */
  function turnedOver(uvs: Float32Array, cornerUvs: Uint32Array): number {
    let [left, right] = [0, 0];
    for (let c = 0; c < cornerUvs.length; c += 3) {
      const [a, b, d] = [0, 1, 2].map((k) => uvs.subarray(2 * cornerUvs[c + k], 2 * cornerUvs[c + k] + 2));
      if ((b[0] - a[0]) * (d[1] - a[1]) - (d[0] - a[0]) * (b[1] - a[1]) > 0) left++;
      else right++;
    }
    return Math.min(left, right);
  }

  it("ends at what can be had when asked for less", async () => {
    const mesh = collapseEdges(meshOf(box(24)), { maxTriangles: 0, tolerance: 1 / 300, force: false }).mesh;
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const parts = new Uint16Array(mesh.positions.length / 3);
    const { mesh: least } = coarsen({ mesh, layout, parts }, { maxTriangles: 0, drift: 2 / 256 });
    expect(least.triangles.length / 3).toBeGreaterThanOrEqual(4);
    expect(checkMesh(least)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 });
  });
});

describe("pairTriangles", () => {
  it("turns the triangles of flat squares back into them and leaves groups apart", () => {
    //  3 - 4 - 5     two squares in one plane, each cut along a diagonal
    //  | / | / |
    //  0 - 1 - 2
    const mesh: Mesh = {
      positions: Float32Array.of(0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 1, 0, 1, 1, 0, 2, 1, 0),
      triangles: Uint32Array.of(0, 1, 4, 0, 4, 3, 1, 2, 5, 1, 5, 4),
    };
    const quads = pairTriangles(mesh, [0, 0, 1, 1]);
    expect([...quads.sizes]).toEqual([4, 4]);
    const vertices = [...quads.corners].map((c) => mesh.triangles[c]);
    expect(vertices).toEqual([0, 1, 4, 3, 1, 2, 5, 4]);
    expect([...pairTriangles(mesh, [0, 1, 2, 3]).sizes]).toEqual([3, 3, 3, 3]);
  });

  it("joins no triangles across a fold and keeps every corner exactly once", () => {
    const mesh = collapseEdges(meshOf(torus(40)), { maxTriangles: 0, tolerance: 1 / 300, force: false }).mesh;
    const { sizes, corners } = pairTriangles(mesh, new Uint8Array(mesh.triangles.length / 3));
    const triangles = sizes.reduce((sum, size) => sum + size - 2, 0);
    expect(triangles).toBe(mesh.triangles.length / 3);
    const positions = mesh.positions;
    const polygons = { positions, sizes, corners: corners.map((c) => mesh.triangles[c]) };
    expect(checkMesh(polygons)).toMatchObject(clean);
    expect(sizes.filter((s) => s === 4).length / sizes.length).toBeGreaterThan(0.2);
  });
});
