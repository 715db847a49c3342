import { describe, expect, it } from "vitest";
import { STYLE_DEFAULTS } from "../src/asset.ts";
import { paintOver } from "../src/bake/paint-over.ts";
import { reducePalette } from "../src/bake/reduce-palette.ts";
import { bakeStyle } from "../src/bake/style-texture.ts";
import type { RenderMesh } from "../src/raster/render.ts";
import type { RgbaImage } from "../src/types.ts";
import { unwrap } from "../src/unwrap/unwrap.ts";
import { box } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

function picture(width: number, height: number, color: (x: number, y: number) => number[]): RgbaImage {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([...color(x, y), 255].slice(0, 4), 4 * (y * width + x));
  }
  return { width, height, data };
}

const colorsOf = ({ data }: RgbaImage) => {
  const colors = new Set<number>();
  for (let i = 0; i < data.length; i += 4) colors.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colors.size;
};

describe("reducePalette", () => {
  it("leaves as many colours as asked, small accents among them, each near what was there", () => {
    // A green and a brown gradient, and one red speck.
    const original = picture(64, 64, (x, y) =>
      x === 5 && y === 5 ? [250, 10, 10] : x < 32 ? [30, 100 + y, 40] : [90 + y, 60, 30],
    );
    const reduced = { ...original, data: original.data.slice() };
    reducePalette(reduced, new Uint8Array(64 * 64).fill(1), 6);
    expect(colorsOf(reduced)).toBeLessThanOrEqual(6);
    expect([...reduced.data.subarray(4 * (5 * 64 + 5), 4 * (5 * 64 + 5) + 3)]).toSatisfy(
      ([r, g, b]: number[]) => r > 200 && g < 60 && b < 60,
    );
    let worst = 0;
    for (let i = 0; i < reduced.data.length; i++) worst = Math.max(worst, Math.abs(reduced.data[i] - original.data[i]));
    expect(worst).toBeLessThan(30);
  });

  it("ignores texels outside the charts", () => {
    const image = picture(8, 8, (x) => (x < 4 ? [200, 0, 0] : [0, 0, 200]));
    reducePalette(
      image,
      Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : 0)),
      2,
    );
    expect(colorsOf(image)).toBe(1);
  });
});

describe("paintOver", () => {
  it("removes grain and keeps an edge sharp, without mixing in transparent pixels", () => {
    const grainy = picture(320, 200, (x, y) => {
      const grain = ((x * 7919 + y * 104729) % 31) - 15;
      return x < 160 ? [90 + grain, 90 + grain, 90 + grain] : [190 + grain, 190 + grain, 190 + grain];
    });
    for (let y = 0; y < 200; y++) grainy.data.set([0, 255, 0, 0], 4 * (y * 320 + 300));
    const painted = paintOver(grainy);
    const value = (x: number, y: number) => painted.data[4 * (y * 320 + x)];
    for (let y = 20; y < 180; y += 7) {
      expect(Math.abs(value(157, y) - 90)).toBeLessThan(8);
      expect(Math.abs(value(162, y) - 190)).toBeLessThan(8);
      const beside = 4 * (y * 320 + 299);
      expect(painted.data[beside + 1] - painted.data[beside]).toBe(0);
    }
  });
});

describe("bakeStyle", () => {
  const mesh: RenderMesh = {
    ...box([0.6, 0.6, 0.6]),
    faceColors: Uint8Array.from(Array.from({ length: 12 }, (_, t) => [20 * t, 128, 255 - 20 * t]).flat()),
  };

  async function textureIn(style: Partial<typeof STYLE_DEFAULTS>) {
    const layout = await unwrap(mesh, { textureSize: 128, padding: 2 });
    const views = viewsOf(mesh, [labelCamera("front", 128), labelCamera("left", 128)], 128);
    return bakeStyle(mesh, layout, views, { ...STYLE_DEFAULTS, ...style }, { textureSize: 128, unseen: null });
  }

  it("makes a different texture of every style", async () => {
    const projected = await textureIn({});
    const limited = await textureIn({ palette: 3 });
    const vertex = await textureIn({ texturing: "vertex" });
    const none = await textureIn({ texturing: "none" });
    expect(colorsOf(projected.baseColor)).toBeGreaterThan(8);
    expect(colorsOf(limited.baseColor)).toBeLessThanOrEqual(3);
    expect(colorsOf(none.baseColor)).toBe(1);
    expect(vertex.baseColor.data).not.toEqual(projected.baseColor.data);
  });
});
