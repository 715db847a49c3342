/** Flat sides become flat up to their edges; what is round, or a knob on a side, stays as the network has it. */
import { describe, expect, it } from "vitest";
import { carve } from "../src/carve/carve.ts";
import { SilhouetteCone } from "../src/carve/silhouette.ts";
import type { ViewLabel } from "../src/frames.ts";
import { fillFlatSides } from "../src/infer/fill-flat-sides.ts";
import { contour } from "../src/surface/contour.ts";
import type { Mesh, View } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

const N = 64;
const SIZE = 192;
const SIDES: ViewLabel[] = ["front", "right", "back", "left"];
const sidesOf = (mesh: Mesh): View[] =>
  viewsOf(
    mesh,
    SIDES.map((label) => labelCamera(label, SIZE)),
    SIZE,
  );
const conesOf = (views: View[]) => views.map(({ matte, camera }) => new SilhouetteCone(matte, camera, N));
const at = (i: number) => (i + 0.5) / N - 0.5;

type Distance = (x: number, y: number, z: number) => number;

/** Log-odds that fall by two with each cell of distance. */
function believe(distance: Distance): Float32Array {
  return Float32Array.from({ length: N ** 3 }, (_, i) =>
    Math.max(-8, Math.min(8, 2 * N * distance(at(i % N), at(Math.floor(i / N) % N), at(Math.floor(i / N / N))))),
  );
}

/** A box with all edges rounded off. */
function roundedBox(halves: readonly number[], radius: number): Distance {
  return (x, y, z) => {
    const [a, b, c] = [x, y, z].map((v, k) => Math.abs(v) - halves[k]! + radius) as [number, number, number];
    const outside = Math.hypot(Math.max(a, 0), Math.max(b, 0), Math.max(c, 0));
    return radius - outside - Math.min(Math.max(a, b, c), 0);
  };
}

/** An upright cylinder. */
function cylinder(radius: number, height: number): Mesh {
  const count = 96;
  const positions = [0, -height / 2, 0, 0, height / 2, 0];
  const triangles: number[] = [];
  for (let k = 0; k < count; k++) {
    const [s, c] = [Math.sin((2 * Math.PI * k) / count), Math.cos((2 * Math.PI * k) / count)];
    positions.push(radius * s, -height / 2, radius * c, radius * s, height / 2, radius * c);
    const [a, b, next, above] = [2 + 2 * k, 3 + 2 * k, 2 + 2 * ((k + 1) % count), 3 + 2 * ((k + 1) % count)];
    triangles.push(a, next, above, a, above, b, 0, next, a, 1, b, above);
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

describe("fillFlatSides", () => {
  const halves = [0.4, 0.25, 0.3];
  const mesh = box([0.8, 0.5, 0.6]);

  it("makes a box with sharp edges of one that was believed smaller by a cell and rounded by four", () => {
    const views = sidesOf(mesh);
    const small = halves.map((half) => half - 1 / N);
    const logits = fillFlatSides(believe(roundedBox(small, 4 / N)), N, conesOf(views));
    const data = logits.map((v) => (1 / (1 + Math.exp(-v)) - 0.5) / N);
    const n = 128;
    const { positions } = contour(carve(views, { shape: { n: N, data }, colors: null }, n));
    const away = Array.from({ length: positions.length / 3 }, (_, v) =>
      Math.abs(n * Math.max(...halves.map((half, k) => Math.abs(positions[3 * v + k]!) - half))),
    ).sort((a, b) => a - b);
    // One vertex in each corner's cell, half a sample inside of its faces.
    expect(away.at(-1)).toBeLessThan(1);
    expect(away[Math.floor(0.95 * away.length)]).toBeLessThan(0.15);
  });

  it("leaves balls and upright cylinders exactly as they are believed", () => {
    for (const radius of [0.25, 0.4]) {
      const ball = believe((x, y, z) => radius - 0.5 / N - Math.hypot(x, y, z));
      expect(fillFlatSides(ball, N, conesOf(sidesOf(sphere(radius, 48))))).toEqual(ball);
      const pipe = believe((x, y, z) => Math.min(radius - 0.5 / N - Math.hypot(x, z), 0.4 - Math.abs(y)));
      expect(fillFlatSides(pipe, N, conesOf(sidesOf(cylinder(radius, 0.8))))).toEqual(pipe);
    }
  });

  it("does not sweep a knob along the side that it sits on", () => {
    const knob: [number, number, number] = [0.06, 0.06, 0.12];
    const one = box(knob, [0.1, 0.02, 0.3]);
    const both: Mesh = {
      positions: Float32Array.from([...mesh.positions, ...one.positions]),
      triangles: Uint32Array.from([...mesh.triangles, ...one.triangles.map((v) => v + 8)]),
    };
    const body = roundedBox(halves, 4 / N);
    const logits = fillFlatSides(believe(body), N, conesOf(sidesOf(both)));
    const before = logits.reduce((count, v, i) => {
      const z = at(Math.floor(i / N / N));
      return count + (v > 0 && z > 0.3 + 2.5 / N ? 1 : 0);
    }, 0);
    expect(before).toBe(0);
  });

  it("gives mirrored pictures the mirrored answer, but for a sample here and there that lies between two", () => {
    const lopsided = roundedBox([0.38, 0.25, 0.28], 4 / N);
    const logits = believe((x, y, z) => lopsided(x - 0.01, y, z));
    const shifted = (by: number) => conesOf(sidesOf(box([0.78, 0.5, 0.6], [by, 0, 0])));
    const mirror = (values: Float32Array) => values.map((_, i) => values[i - (i % N) + N - 1 - (i % N)]!);
    const one = fillFlatSides(logits, N, shifted(0.01));
    const other = mirror(fillFlatSides(mirror(logits), N, shifted(-0.01)));
    const differ = (a: Float32Array, b: Float32Array) => a.reduce((count, v, i) => count + (v === b[i] ? 0 : 1), 0);
    expect(differ(one, logits)).toBeGreaterThan(5000);
    expect(differ(one, other)).toBeLessThan(0.01 * differ(one, logits));
  });

  it("does nothing with a perspective picture, which shows edges, or one from above, which says what is round", () => {
    const logits = believe(roundedBox(halves, 4 / N));
    const sides = sidesOf(mesh);
    const perspective = { ...sides[0]!, camera: { ...sides[0]!.camera, perspective: 0.4 } };
    expect(fillFlatSides(logits, N, conesOf([perspective]))).toEqual(logits);
    const above = viewsOf(mesh, [labelCamera("top", SIZE)], SIZE);
    expect(fillFlatSides(logits, N, conesOf([...sides, ...above]))).toEqual(logits);
    expect(fillFlatSides(logits, N, conesOf(sides))).not.toEqual(logits);
  });
});
