import type { RgbaImage } from "@maquette/engine/types";
import { describe, expect, it } from "vitest";
import { renderCase } from "../src/inputs/cases.ts";
import { alignSamples, bestQuarterTurn, bestSimilarity } from "../src/measure/align.ts";
import { compareSamples, withTree } from "../src/measure/distances.ts";
import { measure, prepareTruth } from "../src/measure/measure.ts";
import { psnr, silhouetteIou, ssim } from "../src/measure/pictures.ts";
import { PointTree } from "../src/measure/point-tree.ts";
import { sampleSurface } from "../src/measure/sample.ts";
import { volumeIou, volumeOf, voxelize } from "../src/measure/voxelize.ts";
import { random } from "../src/random.ts";
import { moveMesh, type Similarity } from "../src/shape.ts";
import { box, crane, merge, plane, sphere } from "./shapes.ts";

const volume = (mesh: Parameters<typeof voxelize>[0]) => volumeOf(voxelize(mesh)) / 64 ** 3;

function yaw(degrees: number): number[] {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [c, 0, s, 0, 1, 0, -s, 0, c];
}

describe("voxelize", () => {
  it("has the volume of solids whose faces lie on the lattice, exactly", () => {
    expect(volume(box([1, 1, 1]))).toBe(1);
    expect(volume(box([0.5, 0.25, 0.75], [0.125, 0, 0.0625]))).toBe(0.5 * 0.25 * 0.75);
  });

  it("has the volume of spheres and boxes anywhere to a few percent", () => {
    const ratios = [
      volume(sphere(0.5, 5)) / (Math.PI / 6),
      volume(sphere(0.31, 5, [0.013, -0.04, 0.027])) / ((4 / 3) * Math.PI * 0.31 ** 3),
      volume(box([0.3, 0.42, 0.51], [0.013, 0.007, 0.003])) / (0.3 * 0.42 * 0.51),
    ];
    // Cells that are half full count: at most a quarter of a cell more on each side.
    for (const ratio of ratios) expect(Math.abs(ratio - 1.02)).toBeLessThan(0.04);
  });

  it("makes sheets and wires one voxel thick instead of losing them", () => {
    for (const sheet of [plane(0.99, 0.99, 0.003), box([0.99, 0.99, 0.002], [0, 0, 0.003])]) {
      expect(volumeOf(voxelize(sheet))).toBe(64 * 64);
    }
    const wire = volumeOf(voxelize(box([0.001, 0.001, 1], [0.003, 0.003, 0])));
    expect(wire).toBeGreaterThanOrEqual(64);
    expect(wire).toBeLessThanOrEqual(2 * 64);
  });

  it("fills what is closed from outside, and what stands open on the ground, but not a cup", () => {
    const walls = [
      box([0.02, 0.6, 0.6], [-0.29, 0, 0]),
      box([0.02, 0.6, 0.6], [0.29, 0, 0]),
      box([0.6, 0.6, 0.02], [0, 0, -0.29]),
      box([0.6, 0.6, 0.02], [0, 0, 0.29]),
    ];
    const roof = box([0.6, 0.02, 0.6], [0, 0.29, 0]);
    const floor = box([0.6, 0.02, 0.6], [0, -0.29, 0]);
    const filled = 0.6 ** 3;
    expect(Math.abs(volume(merge(...walls, roof, floor)) / filled - 1)).toBeLessThan(0.04);
    expect(Math.abs(volume(merge(...walls, roof)) / filled - 1)).toBeLessThan(0.04);
    expect(volume(merge(...walls, floor)) / filled).toBeLessThan(0.3);
  });

  it("ignores how the solid is built: overlapping parts, inside-out faces, inner walls", () => {
    const whole = voxelize(box([0.8, 0.4, 0.4]));
    const parts = merge(box([0.5, 0.4, 0.4], [-0.15, 0, 0]), box([0.5, 0.4, 0.4], [0.15, 0, 0]));
    const inverted = { ...parts, triangles: parts.triangles.slice().reverse() };
    expect(volumeIou(whole, voxelize(inverted))).toBeGreaterThan(0.97);
  });
});

describe("volumeIou", () => {
  it("is that of shifted cubes", () => {
    for (const shift of [0, 0.05, 0.1, 0.25, 0.5]) {
      const iou = volumeIou(voxelize(box([0.5, 0.5, 0.5])), voxelize(box([0.5, 0.5, 0.5], [shift, 0, 0])));
      expect(Math.abs(iou - (0.5 - shift) / (0.5 + shift))).toBeLessThan(0.02);
    }
  });

  it("is the ratio of volumes of concentric spheres, however far they reach beyond the cube", () => {
    expect(volumeIou(voxelize(sphere(0.4, 5)), voxelize(sphere(0.5, 5)))).toBeCloseTo(0.8 ** 3, 1);
    expect(volumeIou(voxelize(sphere(0.5, 5)), voxelize(sphere(0.8, 5)))).toBeCloseTo(0.625 ** 3, 1);
    expect(volumeIou(voxelize(sphere(0.2, 4, [2, 0, 0])), voxelize(sphere(0.2, 4)))).toBe(0);
  });
});

describe("PointTree", () => {
  it("finds what comparing all points finds, also among equal and aligned ones", () => {
    const next = random(5);
    for (const count of [1, 7, 9, 500]) {
      const points = Float32Array.from({ length: 3 * count }, (_, i) =>
        i % 3 === 2 ? Math.floor(4 * next()) : next(),
      );
      const tree = new PointTree(points);
      for (let q = 0; q < 200; q++) {
        const p = [2 * next() - 0.5, 2 * next() - 0.5, 6 * next() - 1];
        let least = Number.POSITIVE_INFINITY;
        for (let i = 0; i < count; i++) {
          const d = [0, 1, 2].reduce((s, k) => s + (points[3 * i + k] - p[k]) ** 2, 0);
          if (d < least) least = d;
        }
        expect(tree.nearest(p[0], p[1], p[2])).toBeCloseTo(least, 10);
        const found = [0, 1, 2].reduce((s, k) => s + (points[3 * tree.index + k] - p[k]) ** 2, 0);
        expect(found).toBeCloseTo(least, 10);
      }
    }
  });
});

describe("sampleSurface", () => {
  it("spreads samples by area and stays on the surface", () => {
    const { points, normals } = sampleSurface(box([1, 0.5, 0.25]), 4000, 3);
    const total = 2 * (0.5 + 0.25 + 0.125);
    let onTop = 0;
    for (let i = 0; i < points.length; i += 3) {
      const faces = [0.5, 0.25, 0.125].map((half, k) => Math.abs(Math.abs(points[i + k]) - half) < 1e-6);
      expect(faces.some(Boolean)).toBe(true);
      if (normals[i + 1] > 0.5) onTop++;
    }
    expect(onTop / 4000).toBeCloseTo(0.25 / total, 2);
  });
});

describe("compareSamples", () => {
  const samples = (mesh: Parameters<typeof sampleSurface>[0], seed: number) =>
    withTree(sampleSurface(mesh, 16_384, seed));

  it("gives parallel planes their distance, twice for the two ways and twice for the scale", () => {
    for (const gap of [0.1, 0.2]) {
      const { cd, normal } = compareSamples(samples(plane(1, 1, 0), 1), samples(plane(1, 1, gap), 2));
      expect(cd).toBeCloseTo(4 * gap, 3);
      expect(normal).toBeCloseTo(1, 6);
    }
  });

  it("puts the F-score's steps where the thresholds are", () => {
    const at = (gap: number) => {
      const { f005, f010, f020 } = compareSamples(samples(plane(1, 1, 0), 1), samples(plane(1, 1, gap), 2));
      return [f005, f010, f020].map((f) => Math.round(100 * f) / 100);
    };
    // Gaps are in units of a longest side of 1; thresholds are for a longest side of 2.
    expect(at(0.02)).toEqual([1, 1, 1]);
    expect(at(0.045)).toEqual([0, 1, 1]);
    expect(at(0.09)).toEqual([0, 0, 1]);
    expect(at(0.11)).toEqual([0, 0, 0]);
  });

  it("gives concentric spheres the difference of their radii", () => {
    const { cd, f005, f020, normal } = compareSamples(samples(sphere(0.5, 5), 1), samples(sphere(0.45, 5), 2));
    expect(Math.abs(cd - 4 * 0.05)).toBeLessThan(0.01);
    expect([f005, f020]).toEqual([0, 1]);
    expect(normal).toBeGreaterThan(0.99);
  });

  it("weighs what is missing and what is too much", () => {
    // Half of the truth is missing: all of the result is right, half of the truth is found.
    const whole = merge(plane(0.2, 1, 0), plane(0.2, 1, 0.5));
    const { f010 } = compareSamples(samples(whole, 1), samples(plane(0.2, 1, 0), 2));
    expect(f010).toBeCloseTo((2 * 1 * 0.5) / 1.5, 2);
  });

  it("has almost no distance between two samplings of one surface", () => {
    const { cd, f005 } = compareSamples(samples(crane(), 1), samples(crane(), 2));
    expect(cd).toBeLessThan(0.025);
    expect(f005).toBe(1);
  });

  it("finds no agreement between perpendicular normals", () => {
    const standing = plane(0.01, 1, 0);
    const lying = moveMesh(plane(0.01, 1, 0), { scale: 1, rotation: yaw(90), offset: [0, 0, 0] });
    expect(compareSamples(samples(standing, 1), samples(lying, 2)).normal).toBeLessThan(1e-6);
  });
});

describe("alignment", () => {
  it("solves for a known similarity in closed form", () => {
    const next = random(8);
    const from = Float64Array.from({ length: 90 }, () => next() - 0.5);
    const motion: Similarity = { scale: 1.7, rotation: yaw(143), offset: [0.3, -0.2, 0.9] };
    const to = moveMesh({ positions: Float32Array.from(from), triangles: new Uint32Array() }, motion).positions;
    const found = bestSimilarity(from, to)!;
    expect(found.scale).toBeCloseTo(1.7, 5);
    found.offset.forEach((v, k) => {
      expect(v).toBeCloseTo(motion.offset[k], 5);
    });
    found.rotation.forEach((v, k) => {
      expect(v).toBeCloseTo(motion.rotation[k], 5);
    });
  });

  it("lays a turned, scaled and tilted shape back onto the original", () => {
    const truth = crane();
    const [c, s] = [Math.cos(0.2), Math.sin(0.2)];
    const tilted = moveMesh(truth, { scale: 1, rotation: [1, 0, 0, 0, c, -s, 0, s, c], offset: [0, 0, 0] });
    const moved = moveMesh(tilted, { scale: 0.4, rotation: yaw(-127), offset: [0.5, 2, -1] });
    const pose = alignSamples(sampleSurface(truth, 16_384, 1), sampleSurface(moved, 16_384, 2));
    expect(volumeIou(voxelize(truth), voxelize(moveMesh(moved, pose)))).toBeGreaterThan(0.9);
  });

  it("tries quarter turns only where the order of the pictures is unknown", () => {
    const truth = crane();
    const turned = moveMesh(truth, { scale: 1, rotation: yaw(90), offset: [0, 0, 0] });
    const pose = bestQuarterTurn(sampleSurface(truth, 4096, 1), sampleSurface(turned, 4096, 2));
    expect(volumeIou(voxelize(truth), voxelize(moveMesh(turned, pose)))).toBeGreaterThan(0.95);
    expect(pose.scale).toBe(1);
  });
});

describe("pictures", () => {
  const disc = (cx: number, value: number): RgbaImage => {
    const data = new Uint8Array(64 * 64 * 4);
    for (let i = 0; i < 64 * 64; i++) {
      if (Math.hypot((i % 64) - cx, Math.floor(i / 64) - 32) < 12) data.set([value, value, value, 255], 4 * i);
    }
    return { width: 64, height: 64, data };
  };

  it("PSNR is that of the mean squared error on white", () => {
    const a: RgbaImage = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 9, 9, 9, 0) };
    const b: RgbaImage = { width: 2, height: 1, data: Uint8Array.of(51, 51, 51, 255, 255, 255, 255, 255) };
    // One pixel of two differs by 0.2; the transparent one is white.
    expect(psnr(a, b)).toBeCloseTo(-10 * Math.log10(0.04 / 2), 6);
    expect(psnr(a, a)).toBe(60);
  });

  it("SSIM is 1 for equal pictures and falls as they part", () => {
    const near = ssim(disc(32, 90), disc(33, 90));
    const far = ssim(disc(32, 90), disc(44, 90));
    expect(ssim(disc(32, 90), disc(32, 90))).toBeCloseTo(1, 6);
    expect(near).toBeGreaterThan(far);
    expect(near).toBeLessThan(1);
  });

  it("silhouette IoU counts opaque pixels and not colours", () => {
    expect(silhouetteIou(disc(32, 0), disc(32, 200))).toBe(1);
    expect(silhouetteIou(disc(12, 0), disc(50, 0))).toBe(0);
  });
});

describe("measure", () => {
  it("finds nothing wrong with the truth itself, and nothing right with no result", async () => {
    const mesh = crane();
    const truth = prepareTruth(mesh, 1);
    const input = await renderCase(mesh, "S1", 1, "crane");
    const same = measure(truth, mesh, input, "similarity", 1).metrics;
    expect(same.iou).toBeGreaterThan(0.95);
    expect(same.f005).toBeGreaterThan(0.99);
    expect(same.viewIou).toBeGreaterThan(0.98);
    expect(same.inputIou).toBeGreaterThan(0.95);
    expect(same.viewPsnr).toBeGreaterThan(30);

    const nothing = { positions: new Float32Array(9), triangles: Uint32Array.of(0, 1, 2) };
    const none = measure(truth, nothing, input, "similarity", 1).metrics;
    expect(none.iou).toBeLessThan(0.001);
    expect(none.viewIou).toBe(0);
    expect(none.inputIou).toBe(0);
    expect(none.cd).toBeGreaterThan(0.5);
    expect(Object.values(none).every(Number.isFinite)).toBe(true);
  });

  it("finds the picture in a result that stands in a frame of its own", async () => {
    const mesh = crane();
    const truth = prepareTruth(mesh, 1);
    for (const seed of [1, 2, 3]) {
      const input = await renderCase(mesh, "S1", seed, "crane");
      const turned = moveMesh(mesh, { scale: 7, rotation: yaw(200), offset: [3, 1, 4] });
      const { inputIou, inputPsnr } = measure(truth, turned, input, "similarity", 1).metrics;
      expect(inputIou).toBeGreaterThan(0.95);
      expect(inputPsnr).toBeGreaterThan(24);
    }
  });

  it("counts errors of scale where the frame is known", async () => {
    const mesh = crane();
    const truth = prepareTruth(mesh, 1);
    const input = await renderCase(mesh, "M2", 1, "crane");
    const small = moveMesh(mesh, { scale: 0.8, rotation: yaw(0), offset: [0, 0, 0] });
    const scaled = measure(truth, small, input, "none", 1).metrics;
    expect(scaled.iou).toBeLessThan(0.55);
    expect(scaled.inputIou).toBeLessThan(0.75);
    expect(measure(truth, small, input, "similarity", 1).metrics.iou).toBeGreaterThan(0.9);
  });
});
