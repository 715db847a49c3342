import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { renderPreview } from "../src/preview/preview.ts";
import type { AssetScene, PartMesh } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";

/** A part of triangles with one UV and one normal per vertex. */
function part(name: string, mesh: ReturnType<typeof box>): PartMesh {
  const n = mesh.positions.length / 3;
  return {
    name,
    pivot: [0, 0, 0],
    positions: mesh.positions,
    colors: new Uint8Array(3 * n),
    normals: mesh.positions.map(
      (_, i) => mesh.positions[i] / Math.hypot(...mesh.positions.subarray(i - (i % 3), i - (i % 3) + 3)),
    ),
    uvs: new Float32Array(2 * n).fill(0.5),
    sizes: new Uint8Array(mesh.triangles.length / 3).fill(3),
    cornerVertices: mesh.triangles,
    cornerUvs: mesh.triangles,
    cornerNormals: mesh.triangles,
  };
}

function scene(parts: PartMesh[], size: number): AssetScene {
  const data = new Uint8Array(size * size * 4).fill(255);
  for (let i = 0; i < data.length; i += 4) data.set([220, 40, 40], i);
  return {
    name: "thing",
    parts,
    lods: [],
    material: { name: "m", baseColor: { width: size, height: size, data }, roughness: 1, metallic: 0 },
  };
}

async function pixels(png: Uint8Array) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)],
  };
}

describe("renderPreview", () => {
  it("shows eight sides of the object on light grey, whole and in colour, wherever its pivot is and however large", async () => {
    const ball = sphere(80, 24, [300, -20, 7]);
    const { width, height, at } = await pixels(await renderPreview(scene([part("ball", ball)], 4)));
    expect([width, height]).toEqual([1536, 768]);
    for (let tile = 0; tile < 8; tile++) {
      const left = 384 * (tile % 4);
      const top = 384 * Math.floor(tile / 4);
      const [r, g, b] = at(left + 192, top + 192) as [number, number, number];
      expect(r).toBeGreaterThan(120);
      expect(Math.max(g, b)).toBeLessThan(60);
      for (const [x, y] of [
        [3, 192],
        [380, 192],
        [192, 3],
        [192, 380],
      ] as const) {
        expect(at(left + x, top + y)).toEqual([226, 227, 229]);
      }
    }
  });

  it("walks from the front by way of the object's left side", async () => {
    // Two arms: the one towards +X is high, the other low.
    const arms = [
      part("high", box([0.4, 0.1, 0.1], [0.2, 0.3, 0])),
      part("low", box([0.4, 0.1, 0.1], [-0.2, -0.3, 0])),
    ];
    const { at } = await pixels(await renderPreview(scene([part("body", box([0.1, 1, 0.1])), ...arms], 4)));
    const seen = (tile: number, side: number) =>
      at(384 * (tile % 4) + 192 + side * 90, 384 * Math.floor(tile / 4) + 192 - 100).join() !== "226,227,229";
    expect([seen(0, 1), seen(0, -1)]).toEqual([true, false]);
    expect([seen(4, 1), seen(4, -1)]).toEqual([false, true]);
    // From the object's left (azimuth 90) the high arm points at the camera and hides the other.
    expect([seen(2, 1), seen(2, -1)]).toEqual([false, false]);
  });
});
