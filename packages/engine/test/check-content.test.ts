import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { examinePictures } from "../host/examine.ts";
import { runEngine } from "../host/index.ts";
import { checkContentSettings, loadContentCheck } from "../host/load-content-check.ts";
import { Pictures } from "../host/pictures.ts";
import type { RgbaImage } from "../src/types.ts";
import { onnxMeanOfChannels } from "./support/tiny-onnx.ts";

/** To the classifier of these tests all that is red is unfit. */
const RED = { format: 1, size: 32, output: "probabilities", inappropriate: [0] };

describe("an operator's classifier of inappropriate pictures", () => {
  let folder = "";
  let red: Uint8Array;
  let blue: Uint8Array;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "maquette-content-"));
    writeFileSync(join(folder, "colors.onnx"), onnxMeanOfChannels(32));
    writeFileSync(join(folder, "colors-last.onnx"), onnxMeanOfChannels(32, true));
    [red, blue] = (await Promise.all(["#f22", "#22f"].map(drawDisc))) as [Uint8Array, Uint8Array];
  });
  beforeEach(() => describeModel(RED));
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The environment that names it. */
  function describeModel(description: unknown, more: Record<string, string> = {}) {
    writeFileSync(join(folder, "colors.json"), JSON.stringify(description));
    return { MAQUETTE_MODERATION_MODEL: join(folder, "colors.onnx"), ...more };
  }

  function score(description: object, image = filled(255, 51, 0)): Promise<number> {
    return loadContentCheck(describeModel({ ...RED, ...description }), 1)!.score(image);
  }

  it("is given the picture, and its answer read, as its description says", async () => {
    expect(await score({})).toBeCloseTo(1);
    expect(await score({ inappropriate: [1, 2] })).toBeCloseTo(0.2);
    expect(await score({ mean: [0.5, 0.5, 0.5], deviation: [2, 0.5, 0.5] })).toBeCloseTo(0.25);
    expect(await score({ order: "bgr" })).toBeCloseTo(0);
    expect(await score({ layout: "channels-last", file: "colors-last.onnx", inappropriate: [1] })).toBeCloseTo(0.2);
    expect(await score({ output: "log-odds", inappropriate: [1, 2] })).toBeCloseTo(1 / (1 + Math.exp(-0.2)));
    const all = Math.exp(1) + Math.exp(0.2) + 1;
    expect(await score({ output: "logits", inappropriate: [0, 2] })).toBeCloseTo((Math.exp(1) + 1) / all);
  });

  it("stops the start when it cannot be used, in one line that says which setting and why", () => {
    const wrong: [object, Record<string, string>, string | RegExp][] = [
      [
        RED,
        { MAQUETTE_MODERATION_THRESHOLD: "80%" },
        /^MAQUETTE_MODERATION_THRESHOLD: expected a number .+ got "80%"$/,
      ],
      [
        RED,
        { MAQUETTE_MODERATION_FAILURE: "ask" },
        /^MAQUETTE_MODERATION_FAILURE: expected "refuse", "pass", got "ask"$/,
      ],
      [RED, { MAQUETTE_MODERATION_MODEL: "/none.onnx" }, /^MAQUETTE_MODERATION_MODEL: .+description cannot be read/],
      [{ ...RED, size: 7 }, {}, /^MAQUETTE_MODERATION_MODEL: .+colors\.json: size must be/],
      [{ ...RED, output: "classes" }, {}, /output must be logits, log-odds or probabilities/],
      [{ ...RED, inappropriate: [] }, {}, /inappropriate must be a list of outputs/],
      [{ ...RED, layout: "nhwc" }, {}, /layout must be/],
      [{ ...RED, order: "grb" }, {}, /order must be/],
      [{ ...RED, file: "gone.onnx" }, {}, /there is no classifier .+gone\.onnx/],
    ];
    for (const [description, more, message] of wrong) {
      expect(() => checkContentSettings(describeModel(description, more))).toThrow(message);
    }
    expect(() => checkContentSettings(describeModel(RED))).not.toThrow();
    expect(loadContentCheck({ MAQUETTE_MODERATION_THRESHOLD: "0.5" })).toBeNull();
  });

  it("refuses from its threshold on, and says what it measured", async () => {
    const look = (pictures: Uint8Array[], threshold?: string) => {
      const env = describeModel(RED, threshold === undefined ? {} : { MAQUETTE_MODERATION_THRESHOLD: threshold });
      return examinePictures(pictures, { quality: "standard", views: [], content: loadContentCheck(env, 1) });
    };
    const { refusal, pictures } = await look([blue, red]);
    expect(refusal).toMatchObject({ code: "inappropriate", family: "inappropriate", picture: 1 });
    expect(refusal!.message).toMatch(
      /^Image 2: its content is not accepted: .+ gives it 1\.00, and refuses from 0\.8 on\.$/,
    );
    expect(pictures.map(({ problem }) => problem?.code)).toEqual([undefined, "inappropriate"]);
    // White is as red as red is.
    expect((await look([blue])).pictures[0]!.report?.inspection.inappropriate).toBeCloseTo(0.71, 1);
    expect((await look([blue], "0.7")).refusal?.code).toBe("inappropriate");
  });

  it("does not see colours that are transparent", async () => {
    const hidden = sharp({ create: { width: 200, height: 200, channels: 4, background: "#0000ff00" } });
    const svg = `<svg width="200" height="200"><circle cx="100" cy="100" r="60" fill="#000"/></svg>`;
    const picture = new Uint8Array(
      await hidden
        .composite([{ input: Buffer.from(svg) }])
        .png()
        .toBuffer(),
    );
    const content = loadContentCheck(describeModel({ ...RED, inappropriate: [1] }), 1);
    const { pictures } = await examinePictures([picture], { quality: "standard", views: [], content });
    expect(pictures[0]!.report?.inspection.inappropriate).toBeGreaterThan(0.6);
  });

  it("that fails refuses or passes, as the operator chose, and tells no path", async () => {
    writeFileSync(join(folder, "broken.onnx"), "no network");
    const look = async (description: object, failure: string) => {
      const env = describeModel({ ...RED, ...description }, { MAQUETTE_MODERATION_FAILURE: failure });
      const content = loadContentCheck(env, 1);
      const { refusal, warnings } = await examinePictures([blue], { quality: "standard", views: [], content });
      return [refusal?.code, refusal?.message ?? warnings.join()];
    };
    const [code, message] = await look({ file: "broken.onnx" }, "refuse");
    expect(code).toBe("content_unchecked");
    expect(message).toMatch(/^Image 1: its content cannot be checked \(.*broken\.onnx.*\)/);
    expect(message).not.toContain(folder);
    expect(await look({ inappropriate: [3] }, "pass")).toEqual([
      undefined,
      "Image 1: its content was not checked (colors.onnx has 3 outputs, so none has the number 3).",
    ]);
    expect((await look({ deviation: [-1, 1, 1] }, "pass"))[1]).toMatch(/not checked \(it answers -0\.\d+; a number/);
  });

  it("is asked behind the walls of the processes that decode pictures", async () => {
    for (const [name, value] of Object.entries(describeModel(RED))) vi.stubEnv(name, value);
    const options = { name: "disc", quality: "standard" } as const;
    await expect(runEngine({ kind: "asset", pictures: [red], options })).rejects.toMatchObject({
      code: "inappropriate",
      picture: 0,
    });
    const pictures = new Pictures();
    const { sights } = await pictures.inspect([blue, red], []);
    await pictures.close();
    expect(sights.map(({ problem }) => problem?.code)).toEqual([undefined, "inappropriate"]);
  });
});

function filled(r: number, g: number, b: number): RgbaImage {
  const data = Uint8Array.from({ length: 4 * 40 * 50 }, (_, at) => [r, g, b, 255][at % 4]!);
  return { width: 40, height: 50, data };
}

async function drawDisc(color: string): Promise<Uint8Array> {
  const svg = `<svg width="200" height="200"><rect width="200" height="200" fill="#fff"/><circle cx="100" cy="100" r="65" fill="${color}"/></svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}
