import { readFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { gaussianBlur } from "../src/image/blur.ts";
import { ingestPicture } from "../src/ingest/ingest-picture.ts";
import { segmentPicture } from "../src/segment/segment.ts";
import type { Matte, RgbaImage } from "../src/types.ts";

const fileOf = (example: string, picture: string) =>
  readFileSync(new URL(`../../../examples/${example}/${picture}.png`, import.meta.url));

async function matteOf(example: string): Promise<Matte> {
  return cutOut(fileOf(example, "picture"));
}

async function cutOut(bytes: Uint8Array): Promise<Matte> {
  const { image, hasAlpha } = await ingestPicture(bytes, 0, { maxSide: 1024 });
  return segmentPicture(image, hasAlpha).matte;
}

const at = ({ width, data }: Matte, x: number, y: number) => data[y * width + x];

describe("a cast shadow", () => {
  // 256 colours leave steps in a soft shadow; taken for outlines, they fenced in a plate between the legs.
  it("goes from between the legs of a chair, and the legs stay", async () => {
    const matte = await matteOf("armchair");
    for (const [x, y] of [
      [300, 660],
      [400, 690],
      [470, 700],
      [190, 712],
      [553, 822],
    ])
      expect(at(matte, x, y), `${x}, ${y}`).toBe(0);
    for (const [x, y] of [
      [160, 690],
      [525, 780],
      [690, 660],
      [330, 600],
    ])
      expect(at(matte, x, y), `${x}, ${y}`).toBe(255);
  });

  it("leaves no sliver where a round thing touches the ground", async () => {
    const matte = await matteOf("burger");
    expect(at(matte, 420, 824)).toBe(0);
    expect(at(matte, 225, 770)).toBe(0);
    expect(at(matte, 420, 800)).toBe(255);
  });
});

describe("a bare ground", () => {
  // A step of two in lightness is an outline there, and was taken for shadow: the axe lost a third of its left blade.
  it("keeps a white blade on a pale grey", async () => {
    const matte = await cutOut(fileOf("axe", "front"));
    for (const [x, y] of [
      [178, 125],
      [190, 105],
      [182, 150],
      [462, 125],
    ])
      expect(at(matte, x, y), `${x}, ${y}`).toBe(255);
  });

  it("is none around what JPEG has rippled", async () => {
    const jpeg = await sharp(fileOf("axe", "front")).jpeg({ quality: 75 }).toBuffer();
    const matte = await cutOut(new Uint8Array(jpeg));
    for (let y = 280; y < 400; y += 10) {
      expect([at(matte, 295, y), at(matte, 320, y), at(matte, 345, y)], `${y}`).toEqual([0, 255, 0]);
    }
  });
});

describe("a rough ground", () => {
  const SIDE = 256;
  // A pear, pale on its left, which is a grey that the ground has too, and dark on its right.
  const isObject = (x: number, y: number) =>
    Math.hypot(x - 128, y - 160) < 52 || Math.hypot((x - 128) * 1.4, y - 85) < 38;
  const colorOf = (x: number, y: number) => 158 - 40 / (1 + Math.exp((128 - x) / 6)) + (y - 128) / 40;

  /** Concrete: fine grain and wide spots. */
  function concrete(): Float32Array {
    let state = 7;
    const noise = () => {
      const white = Float32Array.from({ length: SIDE * SIDE }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 31 - 1;
      });
      return white;
    };
    const grain = gaussianBlur(noise(), SIDE, SIDE, 1);
    const spots = gaussianBlur(noise(), SIDE, SIDE, 12);
    return grain.map((v, i) => 165 + 50 * v + 500 * spots[i]);
  }

  function picture(withObject: boolean): { image: RgbaImage; truth: Uint8Array } {
    const ground = concrete();
    const data = new Uint8Array(4 * SIDE * SIDE);
    const truth = new Uint8Array(SIDE * SIDE);
    for (let y = 0, i = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++, i++) {
        truth[i] = withObject && isObject(x, y) ? 255 : 0;
        const v = Math.max(0, Math.min(255, truth[i] ? colorOf(x, y) : ground[i]));
        data.set([v, v, v, 255], 4 * i);
      }
    }
    return { image: { width: SIDE, height: SIDE, data }, truth };
  }

  it("keeps those parts of the object that have its colours", () => {
    const { image, truth } = picture(true);
    const { matte } = segmentPicture(image, false);
    const both = truth.reduce((sum, v, i) => sum + Math.min(v, matte.data[i]), 0);
    const either = truth.reduce((sum, v, i) => sum + Math.max(v, matte.data[i]), 0);
    expect(both / either).toBeGreaterThan(0.95);
  });

  it("without an object shows none", () => {
    const { matte } = segmentPicture(picture(false).image, false);
    expect(matte.data.reduce((sum, v) => sum + v, 0) / (255 * SIDE * SIDE)).toBeLessThan(0.005);
  });
});
