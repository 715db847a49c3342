import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { FaceCrossings } from "../src/mesh/face-crossings.ts";
import { mirrorMesh } from "../src/simplify/mirror-mesh.ts";
import { remeshQuads } from "../src/simplify/quads/remesh-quads.ts";
import { simplify } from "../src/simplify/simplify.ts";
import { simplifyUntangled } from "../src/simplify/simplify-untangled.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { untangle } from "../src/simplify/untangle.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, Mesh } from "../src/types.ts";

type Vector = [number, number, number];

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Whether the segment from p to q passes through the inside of a triangle (Möller and Trumbore 1997). */
function pierces(p: Vector, q: Vector, [a, b, c]: Vector[]): boolean {
  const [along, one, two] = [minus(q, p), minus(b!, a!), minus(c!, a!)];
  const normal = cross(along, two);
  const scale = dot(one, normal);
  if (scale === 0) return false;
  const from = minus(p, a!);
  const u = dot(from, normal) / scale;
  const turned = cross(from, one);
  const v = dot(along, turned) / scale;
  const t = dot(two, turned) / scale;
  return u > 0 && v > 0 && u + v < 1 && t > 0 && t < 1;
}

/** Triangles that others cut through, by looking at every pair. */
function crossing({ positions: p, triangles }: Mesh): Set<number> {
  const at = (v: number): Vector => [p[3 * v]!, p[3 * v + 1]!, p[3 * v + 2]!];
  const corners = (t: number) => Array.from(triangles.subarray(3 * t, 3 * t + 3));
  const count = triangles.length / 3;
  const box = Array.from({ length: count }, (_, t) =>
    [0, 1, 2].map((k) => {
      const values = corners(t).map((v) => at(v)[k]!);
      return [Math.min(...values), Math.max(...values)] as const;
    }),
  );
  const found = new Set<number>();
  const through = (edges: number[], face: number[], shared: number | undefined) =>
    edges.some((v, k) => {
      const w = edges[(k + 1) % 3]!;
      return v !== shared && w !== shared && pierces(at(v), at(w), face.map(at));
    });
  for (let s = 0; s < count; s++) {
    for (let t = 0; t < s; t++) {
      if ([0, 1, 2].some((k) => box[s]![k]![0] > box[t]![k]![1] || box[t]![k]![0] > box[s]![k]![1])) continue;
      const [a, b] = [corners(s), corners(t)];
      const shared = a.filter((v) => b.includes(v));
      if (shared.length > 1 || !(through(a, b, shared[0]) || through(b, a, shared[0]))) continue;
      found.add(s);
      found.add(t);
    }
  }
  return found;
}

const N = 24;
const EDGE = 2.6 / N;
/** A ball of squares. */
function ball(): Mesh {
  const data = Float32Array.from({ length: N ** 3 }, (_, i) => {
    const [x, y, z] = [i % N, Math.floor(i / N) % N, Math.floor(i / N / N)].map((c) => (c + 0.5) / N - 0.5) as Vector;
    return 0.4 - Math.hypot(x, y, z);
  });
  return remeshQuads(triangulateQuads(contour({ n: N, data })), { edge: EDGE, seed: 1 });
}

const coordinate = fc.integer({ min: -100, max: 100 }).map((percent) => percent / 100);
const shifts = fc.array(fc.record({ v: fc.nat(), by: fc.tuple(coordinate, coordinate, coordinate) }), {
  minLength: 1,
  maxLength: 6,
});

/** No two places alike, and no three in line. */
function unlike(mesh: Mesh): Mesh {
  return { ...mesh, positions: mesh.positions.map((value, i) => value + 1e-3 * Math.sin(12.9898 * i)) };
}

describe("untangle", () => {
  it("brings vertices that went astray back, and leaves faces and other vertices alone", () => {
    // Squares cross at a vertex or two of a plain ball already.
    expect(crossing(ball()).size).toBeGreaterThan(0);
    const mesh = untangle(ball(), null);
    expect(crossing(mesh).size).toBe(0);
    const count = mesh.positions.length / 3;
    expect(untangle(mesh, null)).toBe(mesh);
    let tangled = 0;
    fc.assert(
      fc.property(shifts, (list) => {
        const astray = { ...mesh, positions: mesh.positions.slice() };
        for (const { v, by } of list) {
          for (let k = 0; k < 3; k++) astray.positions[3 * (v % count) + k]! += 2.5 * EDGE * by[k]!;
        }
        const before = crossing(astray).size;
        if (before > 0) tangled++;
        const out = untangle(astray, null);
        expect(out.triangles).toEqual(mesh.triangles);
        expect(checkMesh(out).degenerateFaces).toBe(0);
        expect(crossing(out).size).toBeLessThanOrEqual(before);
        expect(crossing(out).size / (mesh.triangles.length / 3)).toBeLessThanOrEqual(1e-3);
        if (before === 0) return;
        const moved = out.positions.filter((value, i) => value !== astray.positions[i]).length;
        expect(moved).toBeLessThan(3 * 12 * list.length);
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(tangled).toBeGreaterThan(10);
  });

  it("finds the pairs that looking at all of them finds, while vertices move", () => {
    const mesh = unlike(ball());
    const sizes = new Uint8Array(mesh.triangles.length / 3).fill(3);
    fc.assert(
      fc.property(shifts, (list) => {
        const crossings = new FaceCrossings(mesh.positions.slice(), sizes, mesh.triangles);
        list.forEach(({ v, by }, i) => {
          crossings.move(
            v % (mesh.positions.length / 3),
            by.map((value, k) => 0.5 * value + 1e-3 * Math.sin(7 * i + k)),
          );
        });
        const wanted = crossing({ positions: crossings.positions, triangles: mesh.triangles });
        expect(new Set(crossings.all().flat())).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it("moves both sides of what is symmetric alike", () => {
    const mirror = { nx: 1, nz: 0, offset: 0 };
    const mesh = mirrorMesh(ball(), mirror)!;
    const p = mesh.positions;
    const side = (x: number) => Math.abs(Math.abs(x) - 0.2);
    let nearest = 0;
    for (let v = 0; v < p.length; v += 3) {
      if (p[v + 1]! > 0 && side(p[v]!) - p[v + 1]! < side(p[nearest]!) - p[nearest + 1]!) nearest = v;
    }
    const [x, y, z] = p.slice(nearest, nearest + 3) as unknown as Vector;
    for (let v = 0; v < p.length; v += 3) {
      // Out through the other side of the ball.
      if (Math.hypot(Math.abs(p[v]!) - Math.abs(x), p[v + 1]! - y, p[v + 2]! - z) < 1e-5) p[v + 1] = -1.15 * y;
    }
    expect(crossing(mesh).size).toBeGreaterThan(2);
    const out = untangle(mesh, mirror).positions;
    expect(crossing({ positions: out, triangles: mesh.triangles }).size).toBe(0);
    for (let v = 0; v < out.length; v += 3) {
      let least = Number.POSITIVE_INFINITY;
      for (let w = 0; w < out.length; w += 3) {
        least = Math.min(least, Math.hypot(out[v]! + out[w]!, out[v + 1]! - out[w + 1]!, out[v + 2]! - out[w + 2]!));
      }
      expect(least).toBeLessThan(1e-6);
    }
  });
});

/** Pairs of triangles that cross; the test above holds it against looking at all. */
function pairs({ positions, triangles }: Mesh): number {
  return new FaceCrossings(positions, new Uint8Array(triangles.length / 3).fill(3), triangles).all().length;
}

describe("simplifyUntangled", () => {
  it("takes a finer mesh where the coarse one stays tangled, within the cap", () => {
    // Leaves that nearly touch: a coarse mesh of one goes through the next.
    const n = 64;
    const data = Float32Array.from({ length: n ** 3 }, (_, i) => {
      const [x, y, z] = [i % n, Math.floor(i / n) % n, Math.floor(i / n / n)].map((c) => (c + 0.5) / n - 0.5) as Vector;
      const leaf = Math.abs(((20 * (y + 2 + 0.05 * Math.sin(9 * x) * Math.cos(8 * z))) % 1) - 0.5);
      return Math.min((0.4 - leaf) / 20, 0.25 - Math.hypot(x, y, z));
    });
    const field: Field = { n, data };
    const dense = triangulateQuads(contour(field));
    const options = { maxTriangles: 30_000, tolerance: 0.01 };
    const plain = pairs(untangle(simplify(dense, field, options).mesh, null));
    const mesh = simplifyUntangled(dense, field, options);
    expect(plain).toBeGreaterThan(0);
    expect(pairs(mesh)).toBeLessThan(plain);
    expect(mesh.triangles.length / 3).toBeLessThanOrEqual(options.maxTriangles);
    const { components: _components, ...faults } = checkMesh(mesh);
    expect(Object.values(faults)).toEqual(Object.values(faults).map(() => 0));
  });
});
