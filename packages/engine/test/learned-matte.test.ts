import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMatteModel, MatteLoader } from "../host/load-matte-model.ts";
import { askNetwork, type MatteNetwork } from "../src/segment/ask-network.ts";
import { learnedMatte } from "../src/segment/learned-matte.ts";
import { segmentPictureWith } from "../src/segment/segment.ts";
import type { RgbaImage } from "../src/types.ts";
import { onnxMaximumOfChannels } from "./support/tiny-onnx.ts";

const SIDE = 320;

/** A bright disc in front of dark stripes of all colours that run off every border. */
function scene(): { image: RgbaImage; truth: Uint8Array } {
  const data = new Uint8Array(4 * SIDE * SIDE);
  const truth = new Uint8Array(SIDE * SIDE);
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, at++) {
      const inside = Math.hypot(x - 150, y - 170) < 90;
      const stripe = Math.floor((x + 2 * y) / 23) % 5;
      const color = inside
        ? [245, 240, 235]
        : [
            [90, 10, 10],
            [10, 80, 20],
            [15, 20, 100],
            [80, 80, 10],
            [20, 20, 20],
          ][stripe];
      data.set([...color, 255], 4 * at);
      truth[at] = inside ? 255 : 0;
    }
  }
  return { image: { width: SIDE, height: SIDE, data }, truth };
}

function iou(a: Uint8Array, b: Uint8Array): number {
  let [both, any] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += Math.min(a[i], b[i]);
    any += Math.max(a[i], b[i]);
  }
  return both / any;
}

/** Knows that objects are bright; sees no more than its own few pixels. */
const BRIGHT: MatteNetwork = {
  size: 64,
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
  output: "logits",
  again: false,
  run: async (planes) => Float32Array.from({ length: 64 * 64 }, (_, i) => 12 * planes[i]),
};

describe("learnedMatte", () => {
  const { image, truth } = scene();

  it("brings a coarse answer to the picture's own edges", async () => {
    const { matte, confidence } = await learnedMatte(BRIGHT)(image);
    expect(iou(matte.data, truth)).toBeGreaterThan(0.98);
    expect(confidence).toBeGreaterThan(0.9);
  });

  it("is asked again about the mirrored picture and about what it found enlarged, where its description wants that", async () => {
    // A disc of 30 pixels is one of 6 in a picture of 64: too few to be round.
    const data = new Uint8Array(4 * SIDE * SIDE).fill(255);
    const disc = (x: number, y: number) => Math.hypot(x - 60.5, y - 250.5) < 30;
    for (let at = 0; at < SIDE * SIDE; at++) {
      if (!disc(at % SIDE, Math.floor(at / SIDE))) data.fill(0, 4 * at, 4 * at + 3);
    }
    const seen: Float32Array[] = [];
    const network: MatteNetwork = {
      ...BRIGHT,
      run: (planes) => {
        seen.push(planes);
        return Promise.resolve(planes.subarray(0, 64 * 64).map((v) => (v > 0 ? 6 : -6)));
      },
    };
    const small = { width: SIDE, height: SIDE, data };
    const wrong = async (again: boolean) => {
      const { chances } = await askNetwork({ ...network, again }, small, SIDE, SIDE);
      return chances.filter((v, at) => v > 0.5 !== disc(at % SIDE, Math.floor(at / SIDE))).length;
    };
    const once = await wrong(false);
    expect(seen).toHaveLength(1);
    const area = (planes: Float32Array) => planes.subarray(0, 64 * 64).filter((v) => v > 0).length;
    expect(await wrong(true)).toBeLessThan(once / 2);
    expect(seen).toHaveLength(5);
    const [, whole, other, closer] = seen;
    expect(area(closer)).toBeGreaterThan(10 * area(whole));
    expect(Array.from({ length: 64 }, (_, x) => other[50 * 64 + 63 - x])).toEqual([
      ...whole.subarray(50 * 64, 51 * 64),
    ]);
  });

  it("is doubted when it sees something else in the mirror", async () => {
    const { image } = scene();
    // Takes the left half for the object whatever is there.
    const run = async () => Float32Array.from({ length: 64 * 64 }, (_, at) => (at % 64 < 32 ? 6 : -6));
    expect((await learnedMatte({ ...BRIGHT, again: true, run })(image)).confidence).toBe(0);
    expect((await learnedMatte({ ...BRIGHT, again: true })(image)).confidence).toBe(1);
  });

  it("is asked only where the border does not tell, and believed only where it is surer", async () => {
    const model = learnedMatte(BRIGHT);
    expect((await segmentPictureWith(model, image, false)).source).toBe("learned");
    expect((await segmentPictureWith(null, image, false)).source).toBe("border");
    const plain = { ...image, data: image.data.map((v, i) => (truth[i >> 2] === 0 && i % 4 < 3 ? 20 : v)) };
    expect((await segmentPictureWith(model, plain, false)).source).toBe("border");
    const unsure = learnedMatte({
      ...BRIGHT,
      output: "coverage",
      run: async () => new Float32Array(64 * 64).fill(0.5),
    });
    expect((await segmentPictureWith(unsure, image, false)).source).toBe("border");
  });
});

describe("an operator's matting model", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "maquette-matte-"));
    writeFileSync(join(folder, "brightest.onnx"), onnxMaximumOfChannels(64));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function describeModel(sidecar: unknown): string {
    writeFileSync(join(folder, "brightest.json"), JSON.stringify(sidecar));
    return join(folder, "brightest.onnx");
  }

  it("is run with the size and the normalisation of its description", async () => {
    const { image, truth } = scene();
    const weights = describeModel({
      format: 1,
      size: 64,
      mean: [0.6, 0.6, 0.6],
      deviation: [0.05, 0.05, 0.05],
      output: "logits",
    });
    const { matte } = await (await loadMatteModel(weights, 1))(image);
    expect(iou(matte.data, truth)).toBeGreaterThan(0.97);
  });

  it("is refused with the reason, and pictures are then cut out by their border", async () => {
    const wrong = [
      [{ format: 2, size: 64, output: "logits" }, /format must be 1/],
      [{ format: 1, size: 7, output: "logits" }, /size must be a whole number/],
      [{ format: 1, size: 64, mean: [1], output: "logits" }, /lists of three/],
      [{ format: 1, size: 64, output: "alpha" }, /logits or coverage/],
      [{ format: 1, size: 64, output: "logits", again: 4 }, /again must be true or false/],
      [{ format: 1, size: 64, output: "logits", file: "gone.onnx" }, /there is no matting model/],
    ] as const;
    for (const [sidecar, message] of wrong) {
      await expect(loadMatteModel(describeModel(sidecar))).rejects.toThrow(message);
    }
    await expect(loadMatteModel(join(folder, "none.onnx"))).rejects.toThrow(/cannot be read/);
    const loader = new MatteLoader(join(folder, "none.onnx"));
    const cutout = await segmentPictureWith(loader.model, scene().image, false);
    expect(cutout.source).toBe("border");
    expect(loader.warning).toMatch(/left to the border model: the matting model's description cannot be read/);
  });
});
