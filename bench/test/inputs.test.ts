import { renderMesh } from "@maquette/engine/raster/render";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { CASES, framedCamera, PICTURE_SIZE, renderCase } from "../src/inputs/cases.ts";
import { lightsAround, ShadowMaps } from "../src/inputs/shadow.ts";
import { box, crane, merge, plane } from "./shapes.ts";

/** Leftmost, topmost, rightmost, bottommost opaque pixel, and how many there are. */
function opaque(data: Uint8Array, size: number) {
  let [left, top, right, bottom, count] = [size, size, -1, -1, 0];
  for (let i = 0; i < size * size; i++) {
    if (data[4 * i + 3] < 128) continue;
    count++;
    left = Math.min(left, i % size);
    right = Math.max(right, i % size);
    top = Math.min(top, Math.floor(i / size));
    bottom = Math.max(bottom, Math.floor(i / size));
  }
  return { left, top, right, bottom, count };
}

describe("renderCase", () => {
  it("gives the same bytes for the same seed, and other pictures for another", async () => {
    for (const name of ["S1", "W1", "M4?"] as const) {
      const [a, b, c] = await Promise.all([1, 1, 4].map((seed) => renderCase(crane(), name, seed, "crane")));
      expect(a.pictures.map((p) => p.bytes)).toEqual(b.pictures.map((p) => p.bytes));
      expect(a.pictures.map((p) => p.bytes)).not.toEqual(c.pictures.map((p) => p.bytes));
    }
  });

  it("has as many pictures of 512² as the case says, cameras and labels only where they may be known", async () => {
    const counts = { S1: 1, M2: 2, M3: 3, M4: 4, M6: 6, M2r: 2, M4r: 4, M6r: 6, "M4?": 4, W1: 1 };
    for (const name of CASES) {
      const { pictures, cameras, truth } = await renderCase(crane(), name, 1, "crane");
      expect(pictures.length).toBe(counts[name]);
      expect(truth.length).toBe(counts[name]);
      const known = name.startsWith("M") && name !== "M4?";
      expect(cameras !== null).toBe(known);
      for (const { bytes, image, label } of pictures) {
        expect(label !== null).toBe(known);
        expect([image.width, image.height]).toEqual([PICTURE_SIZE, PICTURE_SIZE]);
        const { width, height } = await sharp(Buffer.from(bytes)).metadata();
        expect([width, height]).toEqual([PICTURE_SIZE, PICTURE_SIZE]);
      }
    }
  });

  it("shows labelled sides to scale, with a margin", async () => {
    const { pictures } = await renderCase(box([1, 0.5, 0.25]), "M6", 1, "box");
    const boxes = Object.fromEntries(pictures.map((p) => [p.label, opaque(p.image.data, PICTURE_SIZE)]));
    const wide = (label: string) => Math.round((boxes[label].right - boxes[label].left + 1) / 46.08) / 10;
    const high = (label: string) => Math.round((boxes[label].bottom - boxes[label].top + 1) / 46.08) / 10;
    expect(["front", "right", "top"].map(wide)).toEqual([1, 0.3, 1]);
    expect(["front", "right", "top"].map(high)).toEqual([0.5, 0.5, 0.3]);
    expect(boxes.front.left).toBeGreaterThan(20);
  });

  it("draws the rough cases up to 2 % and 6 % off what the methods are told", async () => {
    const scales: number[] = [];
    for (const object of ["a", "b", "c", "d"]) {
      const { cameras, truth } = await renderCase(box([1, 0.5, 0.25]), "M6r", 1, object);
      truth.forEach((camera, i) => {
        const told = cameras![i];
        expect(Math.abs(camera.centerX - told.centerX)).toBeLessThanOrEqual(0.02 * told.scale);
        expect(Math.abs(camera.centerY - told.centerY)).toBeLessThanOrEqual(0.02 * told.scale);
        scales.push(camera.scale / told.scale);
      });
    }
    expect(Math.min(...scales)).toBeGreaterThan(0.94);
    expect(Math.min(...scales)).toBeLessThan(0.97);
    expect(Math.max(...scales)).toBeGreaterThan(1.03);
    expect(Math.max(...scales)).toBeLessThan(1.06);
  });

  it("frames single pictures so that all of the object is in them, large", async () => {
    for (const shape of [box([1, 0.05, 0.05]), box([0.05, 1, 0.05]), box([1, 1, 1]), crane()]) {
      for (const seed of [1, 2, 3, 4]) {
        const { pictures } = await renderCase(shape, "S1", seed, "x");
        const { left, top, right, bottom } = opaque(pictures[0].image.data, PICTURE_SIZE);
        const reach = Math.max(256 - left, 256 - top, right - 255, bottom - 255) / 256;
        expect(reach).toBeGreaterThan(0.75);
        expect(reach).toBeLessThan(0.94);
      }
    }
  });

  it("W1 shows what S1 shows, on an opaque background", async () => {
    const plain = await renderCase(crane(), "S1", 3, "crane");
    const staged = await renderCase(crane(), "W1", 3, "crane");
    expect(staged.truth).toEqual(plain.truth);
    expect(staged.pictures[0].cutout).toEqual(plain.pictures[0].image);
    const { data } = staged.pictures[0].image;
    expect(data.every((v, i) => i % 4 !== 3 || v === 255)).toBe(true);
  });
});

describe("framedCamera", () => {
  it("has the field of view that it is asked for", () => {
    // From distance d a point at height h appears at tan = h / d; the border is at tan(fov / 2).
    const camera = framedCamera(plane(1, 1, 0), 0, 0, 1, { size: 100, fieldOfView: 40 });
    const distance = 1 / camera.perspective;
    expect(Math.atan(0.5 / distance) * (360 / Math.PI)).toBeCloseTo(40, 5);
    const { left, right } = opaque(renderMesh(plane(1, 1, 0), camera, 100, 100).data, 100);
    expect([left, right]).toEqual([0, 99]);
  });
});

describe("ShadowMaps", () => {
  it("darkens what lies behind the object as seen from the light, and only that", () => {
    const roof = merge(plane(0.4, 0.4, 0));
    const maps = new ShadowMaps(roof, [{ azimuth: 0, elevation: 0 }], 1);
    expect(maps.visible(0, 0, -0.5)).toBe(0);
    expect(maps.visible(0, 0, 0.5)).toBe(1);
    expect(maps.visible(0.5, 0, -0.5)).toBe(1);
  });

  it("has lights evenly over their cap", () => {
    const lights = lightsAround({ azimuth: 30, elevation: 90 }, 60, 200);
    expect(Math.min(...lights.map((l) => l.elevation))).toBeGreaterThan(29);
    // Evenly by area: half of a cap of 60° lies within acos(1 - (1 - cos 60°) / 2) of its pole.
    const inner = lights.filter((l) => 90 - l.elevation < (Math.acos(0.75) * 180) / Math.PI).length;
    expect(Math.abs(inner - 100)).toBeLessThanOrEqual(1);
  });
});
