import { describe, expect, it } from "vitest";
import { SilhouetteCone } from "../src/carve/silhouette.ts";
import type { ViewLabel } from "../src/frames.ts";
import { raiseToSilhouettes } from "../src/infer/raise-to-silhouettes.ts";
import type { Mesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

const N = 64;
const SIDES: ViewLabel[] = ["front", "right", "back", "left"];
const conesOf = (mesh: Mesh) =>
  viewsOf(
    mesh,
    SIDES.map((label) => labelCamera(label, 320)),
    320,
  ).map(({ matte, camera }) => new SilhouetteCone(matte, camera, N));

/** Log-odds that fall by two with each cell of distance. */
function believe(distance: (x: number, y: number, z: number) => number): Float32Array {
  const at = (i: number) => (i + 0.5) / N - 0.5;
  return Float32Array.from({ length: N ** 3 }, (_, i) =>
    Math.max(-8, Math.min(8, 2 * N * distance(at(i % N), at(Math.floor(i / N) % N), at(Math.floor(i / N / N))))),
  );
}

const boxDistance = (halves: number[]) => (x: number, y: number, z: number) =>
  Math.min(halves[0]! - Math.abs(x), halves[1]! - Math.abs(y), halves[2]! - Math.abs(z));
const inside = (logits: Float32Array) => logits.reduce((count, v) => count + (v > 0 ? 1 : 0), 0) / N ** 3;

/** Share of the hull's samples seen from the front (columns along z) behind which something lies. */
function covered(logits: Float32Array, mesh: Mesh): number {
  const cones = conesOf(mesh);
  const row = new Float32Array(N);
  const hull = new Uint8Array(N * N);
  const met = new Uint8Array(N * N);
  for (let z = 0; z < N; z++) {
    for (let y = 0; y < N; y++) {
      row.fill(1);
      for (const cone of cones) cone.intersectRow(row, y, z);
      for (let x = 0; x < N; x++) {
        if (row[x]! > 0) hull[y * N + x] = 1;
        if (row[x]! > 0 && logits[(z * N + y) * N + x]! > 0) met[y * N + x] = 1;
      }
    }
  }
  return met.reduce((a, b) => a + b, 0) / hull.reduce((a, b) => a + b, 0);
}

describe("raiseToSilhouettes", () => {
  it("moves the flat sides of a box that was believed too small out to its silhouettes", () => {
    const mesh = box([0.5, 0.6, 0.4]);
    const small = believe(boxDistance([0.23, 0.28, 0.18]));
    expect(covered(small, mesh)).toBeLessThan(0.9);
    const raised = raiseToSilhouettes(small, N, conesOf(mesh));
    expect(covered(raised, mesh)).toBeGreaterThan(0.995);
    expect(inside(raised) / (0.5 * 0.6 * 0.4)).toBeGreaterThan(0.97);
    expect(inside(raised) / (0.5 * 0.6 * 0.4)).toBeLessThan(1.12);
  });

  it("leaves a ball that was believed too small round", () => {
    const radius = 0.35;
    const mesh = sphere(radius, 48);
    const small = believe((x, y, z) => radius - 0.02 - Math.hypot(x, y, z));
    const raised = raiseToSilhouettes(small, N, conesOf(mesh));
    expect(covered(raised, mesh)).toBeGreaterThan(0.99);
    const ball = (4 / 3) * Math.PI * radius ** 3;
    // Its hull from four sides is 27 % larger than the ball.
    expect(inside(raised) / ball).toBeLessThan(1.08);
    expect(inside(raised) / ball).toBeGreaterThan(0.9);
  });

  it("changes nothing where every ray meets something, and nothing where nobody believes in anything", () => {
    const mesh = box([0.5, 0.6, 0.4]);
    const fitting = believe(boxDistance([0.27, 0.32, 0.22]));
    expect(raiseToSilhouettes(fitting, N, conesOf(mesh))).toEqual(fitting);
    const nothing = new Float32Array(N ** 3).fill(-8);
    expect(raiseToSilhouettes(nothing, N, conesOf(mesh))).toEqual(nothing);
  });
});
