import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ingestPicture } from "../src/ingest/ingest-picture.ts";
import { segmentPicture } from "../src/segment/segment.ts";
import type { Matte } from "../src/types.ts";

async function matteOf(example: string): Promise<Matte> {
  const bytes = readFileSync(new URL(`../../../examples/${example}/picture.png`, import.meta.url));
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
