import { describe, expect, it } from "vitest";
import { renderCase } from "../src/inputs/cases.ts";
import { volumeIou, voxelize } from "../src/measure/voxelize.ts";
import { balloon, inflate } from "../src/methods/balloon.ts";
import { extrusion } from "../src/methods/extrusion.ts";
import { hull } from "../src/methods/hull.ts";
import { polygonize } from "../src/methods/polygonize.ts";
import { boundsOf, extentOf } from "../src/shape.ts";
import { box, crane, sphere } from "./shapes.ts";

const KNOWN = { longest: "height" } as const;

describe("polygonize", () => {
  it("gives closed, outward surfaces, also where the field touches the cube's faces", () => {
    const n = 16;
    const ball = Float32Array.from({ length: n ** 3 }, (_, i) => {
      const [x, y, z] = [i % n, Math.floor(i / n) % n, Math.floor(i / (n * n))];
      return 6 - Math.hypot(x - 7.5, y - 7.5, z - 7.5);
    });
    for (const [field, expected] of [
      [ball, (4 / 3) * Math.PI * (6 / n) ** 3],
      [new Float32Array(n ** 3).fill(1), 1],
    ] as const) {
      const { positions: p, triangles } = polygonize(field, n);
      const edges = new Map<string, number>();
      let volume = 0;
      for (let t = 0; t < triangles.length; t += 3) {
        const [a, b, c] = [0, 1, 2].map((k) => 3 * triangles[t + k]);
        for (const [u, v] of [
          [a, b],
          [b, c],
          [c, a],
        ]) {
          const key = u < v ? `${u} ${v}` : `${v} ${u}`;
          edges.set(key, (edges.get(key) ?? 0) + (u < v ? 1 : -1));
        }
        const cross = [0, 1, 2].map(
          (k) => p[b + ((k + 1) % 3)] * p[c + ((k + 2) % 3)] - p[b + ((k + 2) % 3)] * p[c + ((k + 1) % 3)],
        );
        volume += (p[a] * cross[0] + p[a + 1] * cross[1] + p[a + 2] * cross[2]) / 6;
      }
      expect([...edges.values()].every((balance) => balance === 0)).toBe(true);
      expect(Math.abs(volume / expected - 1)).toBeLessThan(0.05);
    }
  });
});

describe("inflate", () => {
  it("is the union of the balls inside the silhouette, as brute force has it", () => {
    const n = 24;
    const inside = Uint8Array.from({ length: n * n }, (_, i) => {
      const [x, y] = [i % n, Math.floor(i / n)];
      return Math.hypot(x - 8, y - 10) < 6 || (Math.abs(y - 10) < 2 && x > 5 && x < 21) ? 1 : 0;
    });
    const squared = (i: number) => {
      let least = Number.POSITIVE_INFINITY;
      inside.forEach((v, j) => {
        if (!v) least = Math.min(least, ((i % n) - (j % n)) ** 2 + (Math.floor(i / n) - Math.floor(j / n)) ** 2);
      });
      return least;
    };
    const radii = Array.from(inside, (v, i) => (v ? squared(i) : 0));
    const fast = inflate(inside, n);
    inside.forEach((v, i) => {
      if (!v) {
        expect(fast[i]).toBeLessThan(0);
        return;
      }
      let most = Number.NEGATIVE_INFINITY;
      inside.forEach((w, j) => {
        const gap = ((i % n) - (j % n)) ** 2 + (Math.floor(i / n) - Math.floor(j / n)) ** 2;
        if (w) most = Math.max(most, radii[j] - gap);
      });
      expect(fast[i]).toBeCloseTo(most, 4);
    });
  });
});

describe("floors", () => {
  it("balloon makes a ball of a ball and limbs as thick as they are wide", async () => {
    const ball = await renderCase(sphere(0.5, 4), "M2", 1, "ball");
    const made = await balloon.run(ball.pictures, ball.cameras, KNOWN);
    expect(volumeIou(voxelize(made), voxelize(sphere(0.5, 5)))).toBeGreaterThan(0.95);
    const pole = await renderCase(box([0.1, 1, 0.4]), "M2", 1, "pole");
    const [width, , depth] = extentOf(await balloon.run(pole.pictures, pole.cameras, KNOWN));
    expect(depth).toBeCloseTo(width, 1);
  });

  it("extrusion makes a slab of 0.7 of the shorter side", async () => {
    const { pictures, cameras } = await renderCase(box([0.5, 1, 0.9]), "M2", 1, "slab");
    const extent = extentOf(await extrusion.run(pictures, cameras, KNOWN));
    [0.5, 1, 0.35].forEach((size, k) => {
      expect(Math.abs(extent[k] - size)).toBeLessThan(0.02);
    });
  });

  it("hull is exact for a box seen from three sides, and holds whatever is inside", async () => {
    const seen = await renderCase(box([0.5, 1, 0.25]), "M6", 1, "box");
    const solid = voxelize(await hull.run(seen.pictures, seen.cameras, KNOWN));
    expect(volumeIou(solid, voxelize(box([0.5, 1, 0.25])))).toBeGreaterThan(0.93);
    const other = await renderCase(crane(), "M2", 1, "crane");
    const around = boundsOf(await hull.run(other.pictures, other.cameras, KNOWN));
    const truth = boundsOf(crane());
    for (let k = 0; k < 3; k++) {
      expect(around.low[k]).toBeLessThan(truth.low[k] + 0.01);
      expect(around.high[k]).toBeGreaterThan(truth.high[k] - 0.01);
    }
  });

  it("colours shapes from the picture that they face", async () => {
    const mesh = { ...box([1, 1, 1]), faceColors: new Uint8Array(36) };
    // Faces in the order of `box`: +Z, -Z, +X, -X, +Y, -Y. The front is red, the right side (-X) is blue.
    for (const t of [0, 1]) mesh.faceColors.set([255, 0, 0], 3 * t);
    for (const t of [6, 7]) mesh.faceColors.set([0, 0, 255], 3 * t);
    const { pictures, cameras } = await renderCase(mesh, "M2", 1, "dice");
    const made = await hull.run(pictures, cameras, KNOWN);
    for (let v = 0; v < made.positions.length / 3; v++) {
      const [x, y, z] = made.positions.subarray(3 * v, 3 * v + 3);
      const [r, , b] = made.vertexColors!.subarray(3 * v, 3 * v + 3);
      if (Math.max(Math.abs(x), Math.abs(y)) < 0.4 && z > 0.45) expect(r).toBeGreaterThan(2 * b);
      if (Math.max(Math.abs(z), Math.abs(y)) < 0.4 && x < -0.45) expect(b).toBeGreaterThan(2 * r);
    }
  });
});
