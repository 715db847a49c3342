import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runEngine } from "../host/index.ts";
import { loadModels, MODEL_FOLDER } from "../host/load-models.ts";
import { carve } from "../src/carve/carve.ts";
import { type Camera, cameraBasis, cubeCamera, project, type ViewLabel } from "../src/frames.ts";
import { infer } from "../src/infer/infer.ts";
import { boxCrop, cameraMatrix, cropCamera, cropForNetwork } from "../src/infer/network-pictures.ts";
import type { Models } from "../src/models.ts";
import { measureBox } from "../src/pose/measure-box.ts";
import { pose } from "../src/pose/pose.ts";
import { rasterize } from "../src/raster/rasterize.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Cutout, View } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";
import { cutoutOf, labelCamera } from "./support/views.ts";

/** Inputs that both languages draw from a formula, and what the networks said of them in training (training/README.md). */
const vector = JSON.parse(readFileSync(join(MODEL_FOLDER, "prior.vector.json"), "utf8"));

let models: Models;
beforeAll(async () => {
  models = await loadModels();
});

/** Picture k of the vector: R = 2i, G = 2j, B = 90 + 80k, opaque where |i - 63.5| < 40 - 15k and |j - 63.5| < 50. */
function vectorPicture(k: number): Cutout {
  const size = 128;
  const image = { width: size, height: size, data: new Uint8Array(4 * size * size) };
  const matte = { width: size, height: size, data: new Uint8Array(size * size) };
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const at = j * size + i;
      const inside = Math.abs(i - 63.5) < 40 - 15 * k && Math.abs(j - 63.5) < 50;
      image.data.set([2 * i, 2 * j, 90 + 80 * k, inside ? 255 : 0], 4 * at);
      matte.data[at] = inside ? 255 : 0;
    }
  }
  return { image, matte, source: "alpha", confidence: 1 };
}

const WHOLE = { centerX: 64, centerY: 64, side: 128 };
const vectorTensor = (k: number) => cropForNetwork(vectorPicture(k), WHOLE, 128);

function joined(arrays: Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((a) => [...a]));
}

describe("the networks, run by ONNX Runtime", () => {
  it.each([0, 1])("answer the test vector's shape case %i as in training", async (index) => {
    const { cameras, matrices, occupancy, insideCells, colors } = vector.cases[index];
    const ours = cameras.map((camera: Camera) => cameraMatrix(camera, 128));
    ours.forEach((matrix: number[], i: number) => {
      matrix.forEach((v, k) => {
        expect(v).toBeCloseTo(matrices[i][k], 5);
      });
    });
    const pictures = joined(cameras.map((_: Camera, k: number) => vectorTensor(k)));
    const answer = await models.shape.run(pictures, Float32Array.from(ours.flat()));
    for (const [z, y, x, expected] of occupancy) {
      expect(Math.abs(answer.occupancy[(z * 64 + y) * 64 + x] - expected)).toBeLessThan(0.05);
    }
    const inside = answer.occupancy.reduce((count, v) => count + (v > 0 ? 1 : 0), 0);
    expect(Math.abs(inside / insideCells - 1)).toBeLessThan(0.01);
    for (const [z, y, x, ...expected] of colors) {
      const at = (z * 32 + y) * 32 + x;
      expected.forEach((v: number, c: number) => {
        expect(Math.abs(answer.colors[c * 32768 + at] - v)).toBeLessThan(0.01);
      });
    }
  });

  it("answer the test vector's pose as in training", async () => {
    const told = await models.pose.run(
      joined([vectorTensor(0), vectorTensor(1)]),
      Float32Array.from(vector.pose.fills),
    );
    const expected: number[] = vector.pose.rows.flat();
    expect(told.length).toBe(expected.length);
    told.forEach((v, i) => {
      expect(Math.abs(v - expected[i])).toBeLessThan(0.05);
    });
  });
});

describe("network pictures", () => {
  it("average what a pixel covers, coverage included, and see empty space beyond the picture", () => {
    const image = { width: 4, height: 2, data: new Uint8Array(32) };
    image.data.set([200, 100, 0, 255, 100, 50, 0, 255], 0);
    const matte = { width: 4, height: 2, data: Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 0) };
    const planes = cropForNetwork(
      { image, matte, source: "alpha", confidence: 1 },
      { centerX: 0, centerY: 1, side: 4 },
      2,
    );
    // The right upper pixel covers two opaque and two empty ones, the left ones lie outside.
    expect([...planes.subarray(12)]).toEqual([0, 0.5, 0, 0]);
    expect(planes[1]).toBeCloseTo((0.5 * 150) / 255, 5);
    expect(planes[5]).toBeCloseTo((0.5 * 75) / 255, 5);
  });

  it("see a point of the object where the camera of the whole picture sees it", () => {
    const camera: Camera = { azimuth: 30, elevation: 20, perspective: 0.5, scale: 400, centerX: 310, centerY: 190 };
    const crop = { centerX: 290, centerY: 230, side: 350 };
    const [u, v, w] = [0, 1, 2].map((r) => cameraMatrix(cropCamera(camera, crop, 128), 128).slice(4 * r, 4 * r + 4));
    const point = [0.11, -0.2, 0.31];
    const row = (r: number[]) => r[0] * point[0] + r[1] * point[1] + r[2] * point[2] + r[3];
    const { px, py } = project(camera, point[0], point[1], point[2]);
    expect(row(u) / row(w)).toBeCloseTo((px - crop.centerX) / (crop.side / 2), 6);
    expect(row(v) / row(w)).toBeCloseTo((py - crop.centerY) / (crop.side / 2), 6);
  });
});

/** Share of the picture's silhouette and the mesh's that both have. */
function silhouetteIou(view: View, mesh: { positions: Float32Array; triangles: Uint32Array }): number {
  const { width, height, data } = view.matte;
  const { depth } = rasterize(mesh.positions, mesh.triangles, view.camera, width, height);
  let [both, either] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const [a, b] = [data[i] >= 128, depth[i] > Number.NEGATIVE_INFINITY];
    if (a && b) both++;
    if (a || b) either++;
  }
  return both / either;
}

/** A table: a thin top and four legs that are thinner than a cell of the network's grid. */
function table() {
  const parts = [
    box([0.8, 0.03, 0.5], [0, 0.25, 0]),
    ...[-0.37, 0.37].flatMap((x) => [-0.22, 0.22].map((z) => box([0.014, 0.5, 0.014], [x, 0, z]))),
  ];
  const positions = joined(parts.map((p) => p.positions));
  let first = 0;
  const triangles = parts.flatMap((p) => {
    const shifted = [...p.triangles].map((t) => t + first);
    first += p.positions.length / 3;
    return shifted;
  });
  return { positions, triangles: Uint32Array.from(triangles) };
}

describe("a shape from the prior", () => {
  const photo: Camera = { azimuth: 35, elevation: 18, perspective: 0.45, scale: 300, centerX: 256, centerY: 256 };

  it.each([
    ["a ball", sphere(0.4, 48), 0.97],
    // A third of its outline belongs to legs four pixels wide.
    ["a table with legs thinner than the network's cells", table(), 0.9],
  ])("looks from the camera of a single picture like that picture: %s", async (_, mesh, least) => {
    const cutout = cutoutOf(mesh, photo, 512);
    const { views } = await pose([cutout], ["auto"], models);
    const result = triangulateQuads(contour(carve(views, await infer(views, models), 128)));
    expect(silhouetteIou(views[0], result)).toBeGreaterThan(least);
  });

  it("fills a cube that three pictures show, and nothing beyond it", async () => {
    const mesh = box([0.8, 0.8, 0.8]);
    const labels: ViewLabel[] = ["front", "right", "top"];
    const cutouts = labels.map((label) => cutoutOf(mesh, labelCamera(label, 256), 256));
    const { views, yaw } = await pose(cutouts, labels, models);
    expect(yaw).toBe(0);
    const { data } = carve(views, await infer(views, models), 64);
    const share = data.reduce((count, v) => count + (v > 0 ? 1 : 0), 0) / data.length;
    expect(share).toBeGreaterThan(0.85 * 0.92 ** 3);
    expect(share).toBeLessThan(1.02 * 0.92 ** 3);
  });
});

describe("pose with the network", () => {
  const cutout = () =>
    cutoutOf(box([0.5, 0.7, 0.4]), { ...cubeCamera(30, 15, 400, 0.7), perspective: 0.4, centerX: 180 }, 400);

  it("centres a photograph's frame on the silhouette and keeps the silhouette within the cube", async () => {
    const { views } = await pose([cutout()], [], models);
    const { camera, matte } = views[0];
    const outline = measureBox(matte)!;
    expect(camera.azimuth).toBe(0);
    expect(camera.elevation).toBeGreaterThanOrEqual(-10);
    expect(camera.elevation).toBeLessThanOrEqual(40);
    expect(camera.centerX).toBeCloseTo((outline.left + outline.right) / 2, 6);
    expect(camera.centerY).toBeCloseTo((outline.top + outline.bottom) / 2, 6);
    expect((outline.right - outline.left) / camera.scale).toBeLessThan(0.97);
  });

  it("takes the direction that the user gives, and turns the asset by it", async () => {
    const { views, yaw } = await pose([cutout()], [{ azimuth: 30, elevation: 15 }], models);
    expect(yaw).toBe(30);
    expect(views[0]).toMatchObject({ camera: { azimuth: 0, elevation: 15 }, posedBy: "hint" });
  });

  it("keeps labelled pictures orthographic, in the frame of the front", async () => {
    const views = (await pose([cutout(), cutout()], ["front", "right"], models)).views;
    expect(views.map((v) => [v.camera.azimuth, v.camera.perspective])).toEqual([
      [0, 0],
      [270, 0],
    ]);
  });

  it("works in the frame of the first level picture where there is no front", async () => {
    const { views, yaw } = await pose([cutout(), cutout()], ["top", "left"], null);
    expect(yaw).toBe(90);
    expect(views[1].camera.azimuth).toBe(0);
    // Straight from above, the azimuth says which way the picture's upper edge points.
    const { up } = cameraBasis(views[0].camera);
    expect(up[0]).toBeCloseTo(1, 6);
  });

  it("frames a crop by the silhouette's longer side", () => {
    expect(boxCrop({ left: 10, right: 60, top: 20, bottom: 120 }, 0.5)).toEqual({
      centerX: 35,
      centerY: 70,
      side: 200,
    });
  });
});

describe("without weights", () => {
  it("says what is missing", async () => {
    const empty = mkdtempSync(join(tmpdir(), "maquette-models-"));
    await expect(loadModels(empty)).rejects.toThrow(/learned prior is not there/);
    writeFileSync(join(empty, "prior.json"), JSON.stringify({ format: 99 }));
    await expect(loadModels(empty)).rejects.toThrow(/format 99, this version reads 1/);
  });

  it("makes the asset from silhouettes and says so, in place of the version that took part", async () => {
    const { image } = cutoutOf(sphere(0.4, 32), labelCamera("front", 256), 256);
    const sharp = (await import("sharp")).default;
    const png = await sharp(image.data, { raw: { width: 256, height: 256, channels: 4 } })
      .png()
      .toBuffer();
    const modelFolder = mkdtempSync(join(tmpdir(), "maquette-models-"));
    const job = { kind: "asset" as const, pictures: [new Uint8Array(png)] };
    const options = {
      name: "ball",
      quality: "standard",
      polycount: 800,
      textureSize: 256,
      topology: "triangle",
    } as const;
    const fallback = await runEngine({ ...job, options }, { modelFolder });
    expect(fallback.report.prior).toBeNull();
    expect(fallback.report.warnings.join()).toMatch(/^Made from silhouettes alone.*learned prior is not there/);
    const full = await runEngine({ ...job, options });
    expect(full.report.prior).toBe(models.constants.version);
    expect(full.report.warnings).toEqual([]);
  });
});
