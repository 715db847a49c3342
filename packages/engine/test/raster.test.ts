import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Camera, cubeCamera, LABEL_DIRECTIONS, project, VIEW_LABELS } from "../src/frames.ts";
import { rasterize } from "../src/raster/rasterize.ts";
import { renderMaps } from "../src/raster/render-maps.ts";
import type { Mesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";

/** The plain definition of what `rasterize` computes: every pixel against every triangle. */
function bruteForce(mesh: Mesh, camera: Camera, width: number, height: number) {
  const triangle = new Int32Array(width * height).fill(-1);
  const depth = new Float64Array(width * height).fill(Number.NEGATIVE_INFINITY);
  for (let t = 0; t < mesh.triangles.length / 3; t++) {
    const [a, b, c] = [0, 1, 2].map((k) => {
      const v = 3 * mesh.triangles[3 * t + k];
      const { px, py, depth } = project(camera, mesh.positions[v], mesh.positions[v + 1], mesh.positions[v + 2]);
      return { px, py, iw: 1 / (1 - camera.perspective * depth), depth };
    }) as [Corner, Corner, Corner];
    const area = (b.px - a.px) * (c.py - a.py) - (c.px - a.px) * (b.py - a.py);
    if (area === 0) continue;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const wb = ((x + 0.5 - a.px) * (c.py - a.py) - (c.px - a.px) * (y + 0.5 - a.py)) / area;
        const wc = ((b.px - a.px) * (y + 0.5 - a.py) - (x + 0.5 - a.px) * (b.py - a.py)) / area;
        const wa = 1 - wb - wc;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const z =
          (wa * a.depth * a.iw + wb * b.depth * b.iw + wc * c.depth * c.iw) / (wa * a.iw + wb * b.iw + wc * c.iw);
        if (z > depth[y * width + x]) {
          depth[y * width + x] = z;
          triangle[y * width + x] = t;
        }
      }
    }
  }
  return { triangle, depth };
}
type Corner = { px: number; py: number; iw: number; depth: number };

describe("rasterize", () => {
  it("finds at every pixel the triangle and the depth that brute force finds", () => {
    const coordinate = fc.double({ min: -0.5, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(coordinate, { minLength: 36, maxLength: 90 }),
        fc.integer({ min: 0, max: 359 }),
        fc.integer({ min: -90, max: 90 }),
        fc.constantFrom(0, 0.4, 0.7),
        (numbers, azimuth, elevation, perspective) => {
          const count = Math.floor(numbers.length / 9) * 9;
          const positions = Float32Array.from(numbers.slice(0, count));
          const mesh = { positions, triangles: Uint32Array.from({ length: count / 3 }, (_, i) => i) };
          const camera = { azimuth, elevation, perspective, scale: 20, centerX: 14.3, centerY: 11.9 };
          const fast = rasterize(mesh.positions, mesh.triangles, camera, 29, 23);
          const slow = bruteForce(mesh, camera, 29, 23);
          let differing = 0;
          for (let i = 0; i < slow.triangle.length; i++) {
            if (fast.triangle[i] >= 0 !== slow.triangle[i] >= 0) differing++;
            else if (slow.triangle[i] >= 0) expect(fast.depth[i]).toBeCloseTo(slow.depth[i], 4);
          }
          // Pixel centres within rounding of an edge may go either way.
          expect(differing).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it("covers exactly the disc that a sphere projects to, orthographic and in perspective", () => {
    const mesh = sphere(0.4, 128);
    for (const perspective of [0, 0.5]) {
      const camera = { azimuth: 33, elevation: 21, perspective, scale: 200, centerX: 128, centerY: 128 };
      const { triangle, depth } = rasterize(mesh.positions, mesh.triangles, camera, 256, 256);
      // A camera at distance d sees the tangent cone: tan = r / sqrt(d² - r²), and scale pixels a unit at distance d.
      const d = 1 / perspective;
      const radius = perspective === 0 ? 0.4 * 200 : (200 * d * 0.4) / Math.sqrt(d * d - 0.16);
      let area = 0;
      for (let y = 0; y < 256; y++) {
        for (let x = 0; x < 256; x++) {
          const r = Math.hypot(x + 0.5 - 128, y + 0.5 - 128);
          const hit = triangle[y * 256 + x] >= 0;
          if (hit) area++;
          if (r < radius - 0.6) expect(hit).toBe(true);
          if (r > radius + 0.1) expect(hit).toBe(false);
        }
      }
      expect(area / (Math.PI * radius * radius)).toBeCloseTo(1, 2);
      expect(depth[128 * 256 + 128]).toBeCloseTo(0.4, 3);
    }
  });

  it("leaves no crack in a closed mesh", () => {
    const mesh = sphere(0.45, 40);
    const { triangle } = rasterize(mesh.positions, mesh.triangles, cubeCamera(12, 34, 200), 200, 200);
    for (let y = 0; y < 200; y++) {
      const row = triangle.subarray(y * 200, (y + 1) * 200);
      const first = row.findIndex((t) => t >= 0);
      if (first < 0) continue;
      const last = row.findLastIndex((t) => t >= 0);
      expect(row.subarray(first, last + 1).includes(-1)).toBe(false);
    }
  });

  it("skips what lies behind the camera", () => {
    const mesh = box([0.2, 0.2, 0.2], [0, 0, 2]);
    const camera = { azimuth: 0, elevation: 0, perspective: 1, scale: 50, centerX: 32, centerY: 32 };
    expect(rasterize(mesh.positions, mesh.triangles, camera, 64, 64).triangle.every((t) => t === -1)).toBe(true);
  });
});

describe("renderMaps", () => {
  it("gives the normals of a sphere in the camera's axes, turned to the camera even when the mesh is inside out", () => {
    const mesh = sphere(0.45, 180);
    for (const inverted of [false, true]) {
      const triangles = inverted ? mesh.triangles.slice().reverse() : mesh.triangles;
      const maps = renderMaps({ ...mesh, triangles }, cubeCamera(200, -35, 101), 101, 101);
      for (const [x, y] of [
        [50, 50],
        [30, 50],
        [50, 75],
        [70, 35],
      ] as const) {
        const nx = (x + 0.5 - 50.5) / (0.45 * 101);
        const ny = -(y + 0.5 - 50.5) / (0.45 * 101);
        const at = 3 * (y * 101 + x);
        expect(maps.normal[at]).toBeCloseTo(nx, 1);
        expect(maps.normal[at + 1]).toBeCloseTo(ny, 1);
        expect(maps.normal[at + 2]).toBeCloseTo(Math.sqrt(1 - nx * nx - ny * ny), 1);
      }
    }
  });

  it("gives a mask whose sum is the projected area", () => {
    const maps = renderMaps(box([0.5, 0.25, 0.7]), cubeCamera(0, 0, 64), 64, 64, 3);
    const sum = maps.mask.data.reduce((s, v) => s + v, 0) / 255;
    expect(sum / (64 * 64)).toBeCloseTo(0.5 * 0.25, 4);
    expect(maps.depth[32 * 64 + 32]).toBeCloseTo(0.35, 6);
  });

  it("shows each labelled side where the frames say", () => {
    // A box at the object's own left (+X), high up, in front: which half of each picture holds it?
    const mesh = box([0.2, 0.2, 0.2], [0.3, 0.3, 0.3]);
    const quadrant = (label: (typeof VIEW_LABELS)[number]) => {
      const { azimuth, elevation } = LABEL_DIRECTIONS[label];
      const { mask } = renderMaps(mesh, cubeCamera(azimuth, elevation, 10), 10, 10, 1);
      const i = mask.data.indexOf(255);
      return `${i % 10 >= 5 ? "right" : "left"} ${i >= 50 ? "bottom" : "top"}`;
    };
    expect(Object.fromEntries(VIEW_LABELS.map((label) => [label, quadrant(label)]))).toEqual({
      front: "right top",
      right: "right top",
      back: "left top",
      left: "left top",
      top: "right bottom",
      bottom: "right top",
    });
  });
});
