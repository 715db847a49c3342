import { describe, expect, it } from "vitest";
import { carve } from "../src/carve/carve.ts";
import { cleanSolid } from "../src/carve/clean-solid.ts";
import { labelRuns } from "../src/carve/label-runs.ts";
import { rowSampler } from "../src/carve/upsample.ts";
import type { Camera, ViewLabel } from "../src/frames.ts";
import { inferFromSilhouettes } from "../src/infer/infer.ts";
import type { Field, Mesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

const SIZE = 320;
const NOTHING = { shape: null, colors: null };

function hull(mesh: Mesh, labels: ViewLabel[], n: number, cameras = labels.map((l) => labelCamera(l, SIZE))): Field {
  return carve(viewsOf(mesh, cameras, SIZE), NOTHING, n);
}

/** Volume inside a field by counting samples, cube units³. */
function volume({ n, data }: Field): number {
  return data.reduce((count, v) => count + (v > 0 ? 1 : 0), 0) / n ** 3;
}

function at({ n, data }: Field, x: number, y: number, z: number): number {
  const i = (v: number) => Math.floor((v + 0.5) * n);
  return data[(i(z) * n + i(y)) * n + i(x)];
}

describe("carve", () => {
  it("gives a box back exactly, with distances that cross zero on its faces", () => {
    const size: [number, number, number] = [0.5, 0.7, 0.3];
    const field = hull(box(size), ["front", "left"], 64);
    expect(volume(field)).toBeCloseTo(0.5 * 0.7 * 0.3, 2);
    // Along the middle of each face the field is the distance to it.
    for (let i = 0; i < 64; i++) {
      const x = (i + 0.5) / 64 - 0.5;
      const expected = 0.25 - Math.abs(x);
      if (Math.abs(expected) < 0.02) expect(field.data[(32 * 64 + 32) * 64 + i]).toBeCloseTo(expected, 2);
    }
  });

  it("turns the ball's outlines from the four sides into the cylinders' intersection, 4/π times the ball in each slice", () => {
    const field = hull(sphere(0.4, 48), ["front", "right", "back", "left"], 64);
    const exact = (16 / 3) * 0.4 ** 3;
    expect(Math.abs(volume(field) / exact - 1)).toBeLessThan(0.01);
  });

  it("cuts along the rays of a perspective camera", () => {
    const camera: Camera = {
      azimuth: 30,
      elevation: 20,
      perspective: 0.6,
      scale: SIZE * 0.7,
      centerX: SIZE / 2,
      centerY: SIZE / 2,
    };
    const field = carve(viewsOf(sphere(0.35, 64), [camera], SIZE), NOTHING, 64);
    // Every sample of the ball is kept, and a point beside the cone through it is not.
    for (let z = 0, i = 0; z < 64; z++) {
      for (let y = 0; y < 64; y++) {
        for (let x = 0; x < 64; x++, i++) {
          const r = Math.hypot((x + 0.5) / 64 - 0.5, (y + 0.5) / 64 - 0.5, (z + 0.5) / 64 - 0.5);
          if (r < 0.34) expect(field.data[i]).toBeGreaterThan(0);
        }
      }
    }
    expect(at(field, 0, 0.42, 0)).toBeLessThan(0);
  });

  it.each([0, 20, 45])("keeps a rod of a third of a cell in one piece when it leans by %i°", (degrees) => {
    const n = 48;
    const rod = box([0.007, 0.8, 0.007]);
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    for (let v = 0; v < rod.positions.length; v += 3) {
      const [x, y, z] = rod.positions.subarray(v, v + 3);
      // Lean towards +X, then half as much towards +Z, so that both pictures see it lean.
      rod.positions.set([c * x + s * y, c * y - s * x, z + 0.5 * s * y], v);
    }
    const size = 768;
    const views = viewsOf(rod, [labelCamera("front", size), labelCamera("left", size)], size);
    const field = carve(views, NOTHING, n);
    const { volumes } = labelRuns(field, true);
    expect(volumes.length).toBe(1);
    expect(volumes[0]).toBeGreaterThan(0.6 * n);
    expect(volumes[0]).toBeLessThan(8 * n);
  });

  it("rounds a single outline: as thick as wide in the middle of a disc, thin at its rim, and closed at the border", () => {
    const camera = labelCamera("front", SIZE);
    const views = viewsOf(sphere(0.4, 48), [camera], SIZE);
    const field = carve(views, inferFromSilhouettes(views), 64);
    const thickness = (x: number) => {
      let count = 0;
      for (let z = 0; z < 64; z++) if (at(field, x, 0, (z + 0.5) / 64 - 0.5) > 0) count++;
      return count / 64;
    };
    expect(thickness(0)).toBeGreaterThan(0.5);
    expect(thickness(0)).toBeLessThan(0.85);
    expect(thickness(0.36)).toBeLessThan(0.75 * thickness(0));
    expect(thickness(0.36)).toBeGreaterThan(0.1);
  });
});

describe("cleanSolid", () => {
  it("removes a piece that is hidden behind others in every view, and keeps one that shows", () => {
    const field: Field = { n: 32, data: new Float32Array(32 ** 3).fill(-1) };
    const fill = (x: [number, number], y: [number, number], z: [number, number]) => {
      for (let k = z[0]; k < z[1]; k++) {
        for (let j = y[0]; j < y[1]; j++) for (let i = x[0]; i < x[1]; i++) field.data[(k * 32 + j) * 32 + i] = 1;
      }
    };
    // Seen from the front and from the left: an L of two walls hides what stands in their corner.
    fill([4, 28], [4, 28], [4, 8]);
    fill([4, 8], [4, 28], [4, 28]);
    fill([14, 17], [14, 17], [14, 17]); // hidden by the walls in both views
    fill([20, 23], [29, 31], [20, 23]); // above them, seen
    cleanSolid(field, [labelCamera("front", 32), labelCamera("left", 32)]);
    const value = (x: number, y: number, z: number) => field.data[(z * 32 + y) * 32 + x];
    expect(value(15, 15, 15)).toBeLessThan(0);
    expect(value(21, 30, 21)).toBeGreaterThan(0);
  });

  it("fills a cavity but not a tunnel", () => {
    const n = 16;
    const solid = () => {
      const field: Field = { n, data: new Float32Array(n ** 3).fill(-1) };
      for (let z = 2; z < 14; z++) {
        for (let y = 2; y < 14; y++) field.data.fill(1, (z * n + y) * n + 2, (z * n + y) * n + 14);
      }
      return field;
    };
    const cavity = solid();
    cavity.data[(8 * n + 8) * n + 8] = -1;
    cleanSolid(cavity, []);
    expect(cavity.data[(8 * n + 8) * n + 8]).toBeGreaterThan(0);
    const tunnel = solid();
    tunnel.data.fill(-1, (8 * n + 8) * n, (8 * n + 9) * n);
    cleanSolid(tunnel, []);
    expect(tunnel.data[(8 * n + 8) * n + 8]).toBe(-1);
  });
});

describe("labelRuns", () => {
  it("finds the same components as a flood fill", () => {
    const n = 9;
    let state = 7;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    for (let round = 0; round < 40; round++) {
      const density = 0.2 + 0.02 * round;
      const data = Float32Array.from({ length: n ** 3 }, () => (random() < density ? 1 : -1));
      expect(labelRuns({ n, data }, true).volumes.sort()).toEqual(floodVolumes(data, n).sort());
    }
  });
});

function floodVolumes(data: Float32Array, n: number): number[] {
  const left = new Set(Array.from(data.keys()).filter((i) => data[i] > 0));
  const volumes: number[] = [];
  for (const seed of left) {
    const stack = [seed];
    left.delete(seed);
    let size = 0;
    while (stack.length) {
      const i = stack.pop()!;
      size++;
      const [x, y, z] = [i % n, Math.floor(i / n) % n, Math.floor(i / n / n)];
      for (const [dx, dy, dz] of [
        [1, 0, 0],
        [-1, 0, 0],
        [0, 1, 0],
        [0, -1, 0],
        [0, 0, 1],
        [0, 0, -1],
      ]) {
        const [u, v, w] = [x + dx, y + dy, z + dz];
        if (u < 0 || v < 0 || w < 0 || u >= n || v >= n || w >= n) continue;
        const j = (w * n + v) * n + u;
        if (left.delete(j)) stack.push(j);
      }
    }
    volumes.push(size);
  }
  return volumes;
}

describe("rowSampler", () => {
  it("reproduces linear fields exactly and stays between the samples of any other", () => {
    const m = 8;
    const linear: Field = { n: m, data: new Float32Array(m ** 3) };
    for (let z = 0, i = 0; z < m; z++) {
      for (let y = 0; y < m; y++) for (let x = 0; x < m; x++, i++) linear.data[i] = 3 * x - 2 * y + z;
    }
    const n = 29;
    const sample = rowSampler(linear, n);
    const row = new Float32Array(n);
    const at = (i: number) => ((i + 0.5) * m) / n - 0.5;
    // Away from the border, where the outermost sample is repeated.
    for (let z = 6; z < n - 6; z++) {
      for (let y = 6; y < n - 6; y++) {
        sample(y, z, row);
        for (let x = 6; x < n - 6; x++) expect(row[x]).toBeCloseTo(3 * at(x) - 2 * at(y) + at(z), 4);
      }
    }
  });
});
