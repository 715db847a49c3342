import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPart } from "../src/fit/build-part.ts";
import { matesOf, pairTriangles } from "../src/simplify/pair-triangles.ts";
import { quadrangulate } from "../src/simplify/quadrangulate.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, Mesh } from "../src/types.ts";
import type { FlatCharts } from "../src/unwrap/flat-charts.ts";
import { packCharts } from "../src/unwrap/pack-charts.ts";
import { splitOverlaps } from "../src/unwrap/split-overlaps.ts";
import { unwrap } from "../src/unwrap/unwrap.ts";

type Point = [number, number];

const turn = (a: Point, b: Point, c: Point) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const areaOf = (polygon: Point[]) =>
  polygon.reduce((sum, [x, y], i) => {
    const [u, v] = polygon[(i + 1) % polygon.length]!;
    return sum + (x * v - u * y) / 2;
  }, 0);

/** Area that two counter-clockwise convex polygons have in common: one is clipped at every side of the other. */
function commonArea(one: Point[], other: Point[]): number {
  let rest = one;
  other.forEach((a, i) => {
    const b = other[(i + 1) % other.length]!;
    rest = rest.flatMap((p, k) => {
      const q = rest[(k + 1) % rest.length]!;
      const [from, to] = [turn(a, b, p), turn(a, b, q)];
      const share = from / (from - to);
      const cut: Point[] = from * to < 0 ? [[p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]] : [];
      return from >= 0 ? [p, ...cut] : cut;
    });
  });
  return rest.length < 3 ? 0 : areaOf(rest);
}

/** Every pair of triangles is looked at. */
function overlapping(triangles: Point[][]): number {
  const boxes = triangles.map((t) => [
    Math.min(...t.map((p) => p[0])),
    Math.min(...t.map((p) => p[1])),
    Math.max(...t.map((p) => p[0])),
    Math.max(...t.map((p) => p[1])),
  ]) as [number, number, number, number][];
  let found = 0;
  for (let i = 0; i < triangles.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [boxes[i]!, boxes[j]!];
      if (a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3]) continue;
      const smaller = Math.min(areaOf(triangles[i]!), areaOf(triangles[j]!));
      if (commonArea(triangles[i]!, triangles[j]!) > 1e-4 * smaller) found++;
    }
  }
  return found;
}

/** A sheet of 3 × 3 squares, bent, each cut along a diagonal; the corners of the first are 0 1 5 4. */
function sheet(heights: readonly number[]): { mesh: Mesh; mates: Int32Array } {
  const positions = heights.flatMap((z, i) => [i % 4, Math.floor(i / 4), z]);
  const triangles: number[] = [];
  for (let q = 0; q < 9; q++) {
    const a = 4 * Math.floor(q / 3) + (q % 3);
    triangles.push(a, a + 1, a + 5, a, a + 5, a + 4);
  }
  const mates = Int32Array.from({ length: 18 }, (_, t) => t ^ 1);
  return { mesh: { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) }, mates };
}

describe("splitOverlaps", () => {
  const polygons = ({ points, cornerUvs, charts }: FlatCharts, chart: number): Point[][] =>
    [...charts.keys()]
      .filter((t) => charts[t] === chart)
      .map((t) =>
        [0, 1, 2].map((k): Point => {
          const uv = cornerUvs[3 * t + k]!;
          return [points[2 * uv]!, points[2 * uv + 1]!];
        }),
      );

  it("leaves no triangle mirrored and none over another, however wild the layout was", () => {
    const layouts = fc.record({
      heights: fc.array(fc.double({ min: -0.6, max: 0.6, noNaN: true }), { minLength: 16, maxLength: 16 }),
      shifts: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 }),
      amount: fc.constantFrom(0, 0.3, 0.8, 3),
    });
    fc.assert(
      fc.property(layouts, ({ heights, shifts, amount }) => {
        const { mesh, mates } = sheet(heights);
        const points = Float64Array.from(shifts, (shift, i) => {
          const vertex = i >> 1;
          return (i % 2 === 0 ? vertex % 4 : Math.floor(vertex / 4)) + amount * shift;
        });
        const flat = { points, cornerUvs: mesh.triangles, charts: new Uint32Array(18), chartCount: 1 };
        const split = splitOverlaps(mesh, flat, mates);
        const owner = new Map<number, number>();
        split.cornerUvs.forEach((uv, corner) => {
          const chart = split.charts[(corner / 3) | 0]!;
          expect(owner.get(uv) ?? chart).toBe(chart);
          owner.set(uv, chart);
        });
        for (let chart = 0; chart < split.chartCount; chart++) {
          const own = polygons(split, chart);
          expect(own.length).toBeGreaterThan(0);
          for (const triangle of own) expect(areaOf(triangle)).toBeGreaterThan(0);
          expect(overlapping(own)).toBe(0);
        }
        if (amount === 0) expect(split.chartCount).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the greater part of a strip that winds over its own beginning in one piece", () => {
    // 30 squares round a ring of 24: the last six lie on the first ones.
    const steps = Array.from({ length: 31 }, (_, i) => (2 * Math.PI * i) / 24);
    const positions = steps.flatMap((a) => [Math.cos(a), Math.sin(a), a, 2 * Math.cos(a), 2 * Math.sin(a), a]);
    const triangles = Array.from({ length: 30 }, (_, i) => [2 * i, 2 * i + 1, 2 * i + 3, 2 * i, 2 * i + 3, 2 * i + 2]);
    const mesh = { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles.flat()) };
    const points = Float64Array.from(
      steps.flatMap((a) => [Math.cos(a), Math.sin(a), 2 * Math.cos(a), 2 * Math.sin(a)]),
    );
    const mates = Int32Array.from({ length: 60 }, (_, t) => t ^ 1);
    const flat = { points, cornerUvs: mesh.triangles, charts: new Uint32Array(60), chartCount: 1 };
    const split = splitOverlaps(mesh, flat, mates);
    expect(split.chartCount).toBeLessThanOrEqual(3);
    const pieces = Array.from({ length: split.chartCount }, (_, chart) => polygons(split, chart));
    for (const own of pieces) expect(overlapping(own)).toBe(0);
    expect(Math.max(...pieces.map((own) => own.length))).toBe(48);
  });
});

describe("packCharts", () => {
  it("puts charts apart in the square, at one scale, turned but never mirrored", () => {
    const corner = fc.tuple(fc.double({ min: 0, max: 9, noNaN: true }), fc.double({ min: 0, max: 9, noNaN: true }));
    const triangle = fc
      .tuple(corner, corner, corner)
      .filter(([a, b, c]) => turn(a, b, c) > 0.01)
      .map((three) => three as Point[]);
    fc.assert(
      fc.property(fc.array(triangle, { minLength: 1, maxLength: 12 }), (charts) => {
        const flat = {
          points: Float64Array.from(charts.flat(2)),
          cornerUvs: Uint32Array.from({ length: 3 * charts.length }, (_, i) => i),
          charts: Uint32Array.from(charts.keys()),
          chartCount: charts.length,
        };
        const [side, padding] = [96, 2];
        const out = packCharts(flat, { side, padding });
        const placed = charts.map((_, c) =>
          [0, 1, 2].map((k): Point => [out[6 * c + 2 * k]!, out[6 * c + 2 * k + 1]!]),
        );
        const scales = charts.map((chart, c) => Math.sqrt(areaOf(placed[c]!) / areaOf(chart)));
        for (const scale of scales) expect(scale).toBeCloseTo(scales[0]!, 6);
        for (const value of out) expect(Math.min(value, side - value)).toBeGreaterThanOrEqual(1);
        for (let i = 0; i < placed.length; i++) {
          for (let j = 0; j < i; j++) expect(apart(placed[i]!, placed[j]!)).toBeGreaterThanOrEqual(padding);
        }
      }),
      { numRuns: 60 },
    );
  });

  /** Distance of two triangles that do not overlap, in cells, along the worse axis at least. */
  function apart(one: Point[], other: Point[]): number {
    expect(commonArea(one, other)).toBe(0);
    let least = Number.POSITIVE_INFINITY;
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const p of from) {
        to.forEach((a, i) => {
          const b = to[(i + 1) % 3]!;
          const length2 = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
          const along = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length2;
          const t = Math.min(1, Math.max(0, along));
          least = Math.min(least, Math.hypot(a[0] + t * (b[0] - a[0]) - p[0], a[1] + t * (b[1] - a[1]) - p[1]));
        });
      }
    }
    return least;
  }
});

describe("unwrap", () => {
  const N = 40;
  /** A ball with lumps and dents, some so steep that they fold over. */
  function lumpy(bumps: readonly { at: number[]; size: number }[]): Field {
    const data = new Float32Array(N ** 3);
    for (let i = 0; i < data.length; i++) {
      const p = [i % N, Math.floor(i / N) % N, Math.floor(i / N / N)].map((c) => (c + 0.5) / N - 0.5);
      let value = 0.25 - Math.hypot(p[0]!, p[1]!, p[2]!);
      for (const { at, size } of bumps) {
        const away = Math.hypot(p[0]! - at[0]!, p[1]! - at[1]!, p[2]! - at[2]!);
        value = size > 0 ? Math.max(value, size - away) : Math.min(value, size + away);
      }
      data[i] = value;
    }
    return { n: N, data };
  }

  it("covers no point of the texture twice and mirrors nothing, along whichever diagonal quads are split", async () => {
    const coordinate = fc.double({ min: -0.3, max: 0.3, noNaN: true });
    const bump = fc.record({
      at: fc.tuple(coordinate, coordinate, coordinate),
      size: fc.double({ min: -0.15, max: 0.15, noNaN: true }).filter((s) => Math.abs(s) > 0.06),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(bump, { minLength: 1, maxLength: 5 }), async (bumps) => {
        const field = lumpy(bumps);
        const dense = triangulateQuads(contour(field));
        const mesh = quadrangulate(dense, field, { maxTriangles: 30_000, edge: 2.6 / N, seed: 1 }) ?? dense;
        const mates = matesOf(pairTriangles(mesh));
        const layout = await unwrap(mesh, { textureSize: 256, padding: 2, mates });
        const white = { width: 4, height: 4, data: new Uint8Array(64).fill(255) };
        const part = buildPart(mesh, layout, white, { name: "lumps", topology: "quad", crease: 40 });
        for (const first of [0, 1]) {
          const triangles: Point[][] = [];
          let corner = 0;
          for (const size of part.sizes) {
            // v points down in the texture.
            const own = Array.from(
              part.cornerUvs.subarray(corner, corner + size),
              (uv): Point => [part.uvs[2 * uv]!, -part.uvs[2 * uv + 1]!],
            );
            corner += size;
            if (size === 3) triangles.push(own);
            else for (const k of [1, 2]) triangles.push([0, k, k + 1].map((i) => own[(first + i) % 4]!));
          }
          for (const triangle of triangles) expect(areaOf(triangle)).toBeGreaterThan(0);
          expect(overlapping(triangles)).toBe(0);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("stands what is upright on the object upright in the texture, all but a tenth of it", async () => {
    const field = lumpy([{ at: [0, 0.3, 0], size: 0.12 }]);
    const mesh = quadrangulate(triangulateQuads(contour(field)), field, {
      maxTriangles: 30_000,
      edge: 2.6 / N,
      seed: 1,
    })!;
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2, mates: matesOf(pairTriangles(mesh)) });
    let [upright, all] = [0, 0];
    for (let t = 0; t < mesh.triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k): Point => {
        const uv = 2 * layout.cornerUvs[t + k]!;
        return [layout.uvs[uv]!, 1 - layout.uvs[uv + 1]!];
      }) as [Point, Point, Point];
      const [low, one, two] = [0, 1, 2].map((k) => mesh.positions[3 * mesh.triangles[t + k]! + 1]!);
      const [riseU, riseV] = [
        (one! - low!) * (c[1] - a[1]) - (two! - low!) * (b[1] - a[1]),
        (two! - low!) * (b[0] - a[0]) - (one! - low!) * (c[0] - a[0]),
      ];
      // What lies has no up.
      const area = turn(a, b, c);
      if (Math.hypot(riseU, riseV) < 0.5 * area) continue;
      all += area;
      if (riseV > 0) upright += area;
    }
    expect(upright / all).toBeGreaterThan(0.9);
  });
});
