import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { meshSolid } from "../src/examples/mesh-solid.ts";
import { OBJECTS } from "../src/examples/objects.ts";
import { around, at, ball, box, cut, cylinder, limb, melt, turn, join as union } from "../src/examples/solid.ts";
import { extentOf } from "../src/shape.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const GREY = [0.5, 0.5, 0.5] as const;

/** Number of separate opaque areas of more than a few pixels. */
async function opaqueAreas(file: string): Promise<number> {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const seen = Uint8Array.from({ length: info.width * info.height }, (_, i) => (data[4 * i + 3] < 128 ? 1 : 0));
  let areas = 0;
  for (let start = 0; start < seen.length; start++) {
    if (seen[start]) continue;
    const stack = [start];
    seen[start] = 1;
    let size = 0;
    while (stack.length > 0) {
      const i = stack.pop()!;
      size++;
      const x = i % info.width;
      for (const j of [x > 0 ? i - 1 : -1, x < info.width - 1 ? i + 1 : -1, i - info.width, i + info.width]) {
        if (j < 0 || j >= seen.length || seen[j]) continue;
        seen[j] = 1;
        stack.push(j);
      }
    }
    if (size > 20) areas++;
  }
  return areas;
}

describe("examples", () => {
  const files = OBJECTS.flatMap(({ name, views }) =>
    ["picture", ...(views ? ["front", "right", "back", "left"] : [])].map((view) =>
      join(EXAMPLES, name, `${view}.png`),
    ),
  );

  it("are there, and nothing else, in at most 3 MB", () => {
    for (const file of files) expect(existsSync(file), `${file} is missing: npm run examples`).toBe(true);
    const present = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(present.filter((entry) => entry.name.endsWith(".png")).length).toBe(files.length);
    expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(3e6);
  });

  it("show one whole object each, not touching the border, within 1024²", async () => {
    for (const file of files) {
      const { width, height, hasAlpha } = await sharp(file).metadata();
      expect(Math.max(width, height)).toBeLessThanOrEqual(1024);
      if (!hasAlpha) continue;
      expect(await opaqueAreas(file), file).toBe(1);
      const { data } = await sharp(file).extractChannel(3).raw().toBuffer({ resolveWithObject: true });
      for (let i = 0; i < width; i++) {
        for (const j of [i, (height - 1) * width + i, i * width, i * width + width - 1]) expect(data[j]).toBe(0);
      }
    }
  });
});

describe("distance fields", () => {
  it("measure simple shapes exactly and keep their bounds otherwise", () => {
    expect(ball(1, GREY).distance(3, 0, 4)).toBeCloseTo(4, 10);
    expect(box([1, 2, 3], 0.5, GREY).distance(4, 6, 3)).toBeCloseTo(Math.hypot(3.5, 4.5, 0.5) - 0.5, 10);
    expect(cylinder(1, 2, 0, GREY).distance(4, 6, 0)).toBeCloseTo(5, 10);
    expect(limb([0, 0, 0], [0, 4, 0], 1, GREY).distance(3, 2, 0)).toBeCloseTo(2, 10);
    const cup = cut(ball(1, GREY), ball(0.5, GREY));
    expect(cup.distance(0, 0, 0)).toBeCloseTo(0.5, 10);
  });

  it("turn right-handed: a quarter about +Y takes +Z to +X", () => {
    const nose = at([0, 0, 1], ball(0.1, GREY));
    expect(turn("y", 90, nose).distance(1, 0, 0)).toBeCloseTo(-0.1, 10);
    expect(turn("x", 90, nose).distance(0, -1, 0)).toBeCloseTo(-0.1, 10);
    expect(turn("z", 90, at([1, 0, 0], ball(0.1, GREY))).distance(0, 1, 0)).toBeCloseTo(-0.1, 10);
  });

  it("melt adds material only where shapes meet, and copies around the axis are alike", () => {
    const pair = [at([-0.6, 0, 0], ball(0.5, GREY)), at([0.6, 0, 0], ball(0.5, GREY))] as const;
    expect(melt(0.4, ...pair).distance(0, 0, 0)).toBeLessThan(union(...pair).distance(0, 0, 0));
    expect(melt(0.4, ...pair).distance(-2, 0, 0)).toBe(union(...pair).distance(-2, 0, 0));
    const petals = around(5, at([0, 0, 1], ball(0.2, GREY)));
    const a = (2 * Math.PI) / 5;
    expect(petals.distance(Math.sin(a), 0, Math.cos(a))).toBeCloseTo(-0.2, 10);
  });

  it("become meshes of their proportions, longest side 1", () => {
    const { mesh, paint } = meshSolid(at([0.2, 0.1, 0], box([0.8, 0.4, 0.2], 0.02, [1, 0, 0])));
    [1, 0.5, 0.25].forEach((size, k) => {
      expect(extentOf(mesh)[k]).toBeCloseTo(size, 2);
    });
    const color = new Float64Array(3);
    paint(0, 0, 0, color);
    expect([...color]).toEqual([1, 0, 0]);
  });
});
