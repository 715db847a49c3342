import { describe, expect, it } from "vitest";
import { cubeCamera, project } from "../src/frames.ts";
import { cornerNormals } from "../src/raster/normals.ts";
import { type Light, type RenderMesh, renderMesh } from "../src/raster/render.ts";
import { LINEAR_OF_SRGB, srgbOfLinear } from "../src/raster/srgb.ts";
import { makeTexture } from "../src/raster/texture.ts";
import type { RgbaImage } from "../src/types.ts";
import { box, sphere } from "./raster-shapes.ts";

function image(width: number, height: number, color: (x: number, y: number) => [number, number, number]): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set([...color(i % width, Math.floor(i / width)), 255], 4 * i);
  return { width, height, data };
}

const pixel = (picture: RgbaImage, x: number, y: number) => [
  ...picture.data.subarray(4 * (y * picture.width + x), 4 * (y * picture.width + x) + 4),
];

/** A unit square in the plane z = 0 whose UVs run over the whole texture, top left at (-0.5, 0.5). */
const QUAD: RenderMesh = {
  positions: Float32Array.of(-0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, -0.5, 0, -0.5, -0.5, 0),
  triangles: Uint32Array.of(0, 2, 1, 0, 3, 2),
  uvs: Float32Array.of(0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1),
};

describe("renderMesh", () => {
  it("reproduces a texture pixel by pixel when they coincide", () => {
    const picture = image(32, 32, (x, y) => [8 * x, 8 * y, 128]);
    const mesh = { ...QUAD, textures: [makeTexture(picture)] };
    const out = renderMesh(mesh, cubeCamera(0, 0, 32), 32, 32, { light: null, samples: 1 });
    expect(out.data).toEqual(picture.data);
  });

  it("interpolates texture coordinates correctly in perspective", () => {
    // A ramp along u on a square turned by 60°: the colour at a pixel must be the u of the point that projects there.
    const ramp = image(256, 1, (x) => [x, x, x]);
    const mesh = { ...QUAD, textures: [makeTexture(ramp)] };
    const camera = { azimuth: 60, elevation: 10, perspective: 0.8, scale: 300, centerX: 150, centerY: 150 };
    const out = renderMesh(mesh, camera, 300, 300, { light: null, samples: 1 });
    for (const x of [-0.4, -0.2, 0, 0.2, 0.4]) {
      for (const y of [-0.3, 0.1, 0.3]) {
        const { px, py } = project(camera, x, y, 0);
        expect(Math.abs(pixel(out, Math.floor(px), Math.floor(py))[0] - 256 * (x + 0.5))).toBeLessThan(3);
      }
    }
  });

  it("averages edges in linear light and states coverage as straight alpha", () => {
    // The square's edge runs through the middle of a column of pixels.
    const white: RenderMesh = { positions: QUAD.positions, triangles: QUAD.triangles };
    const camera = { azimuth: 0, elevation: 0, perspective: 0, scale: 9, centerX: 8, centerY: 8 };
    const clear = renderMesh(white, camera, 16, 16, { light: null, samples: 2 });
    expect(pixel(clear, 3, 8)).toEqual([255, 255, 255, 128]);
    expect(pixel(clear, 2, 8)).toEqual([0, 0, 0, 0]);
    const onBlack = renderMesh(white, camera, 16, 16, { light: null, samples: 2, background: [0, 0, 0] });
    expect(pixel(onBlack, 3, 8)).toEqual([188, 188, 188, 255]);
    expect(pixel(onBlack, 0, 0)).toEqual([0, 0, 0, 255]);
  });

  it("multiplies texture, vertex and face colours in linear light, as glTF asks", () => {
    const grey = (v: number, n: number) => new Uint8Array(n).fill(v);
    const mesh: RenderMesh = {
      ...QUAD,
      textures: [makeTexture(image(2, 2, () => [200, 200, 200]))],
      vertexColors: grey(180, 12),
      faceColors: grey(150, 6),
    };
    const out = renderMesh(mesh, cubeCamera(0, 0, 8), 8, 8, { light: null });
    const product = LINEAR_OF_SRGB[200] * LINEAR_OF_SRGB[180] * LINEAR_OF_SRGB[150];
    expect(pixel(out, 4, 4)[0]).toBe(srgbOfLinear(product));
  });

  it("picks the texture of each triangle, and none for -1", () => {
    const textures = [makeTexture(image(1, 1, () => [255, 0, 0])), makeTexture(image(1, 1, () => [0, 255, 0]))];
    const mesh = { ...QUAD, textures, triangleTextures: Int16Array.of(1, -1) };
    const out = renderMesh(mesh, cubeCamera(0, 0, 8), 8, 8, { light: null });
    expect(pixel(out, 6, 1)).toEqual([0, 255, 0, 255]);
    expect(pixel(out, 1, 6)).toEqual([255, 255, 255, 255]);
  });

  it("shows a fine pattern from afar as its mean in linear light", () => {
    const checker = image(512, 512, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]));
    const mesh = { ...QUAD, textures: [makeTexture(checker)] };
    const out = renderMesh(mesh, cubeCamera(0, 0, 32), 32, 32, { light: null });
    for (const [x, y] of [
      [3, 3],
      [16, 20],
      [30, 9],
    ] as const) {
      expect(Math.abs(pixel(out, x, y)[0] - 188)).toBeLessThanOrEqual(1);
    }
  });

  it("repeats and mirrors textures beyond 0 to 1", () => {
    const ramp = image(2, 1, (x) => (x ? [255, 255, 255] : [0, 0, 0]));
    const shifted = QUAD.uvs!.map((v, i) => (i % 2 ? v : v + 1));
    const at = (wrap: "clamp" | "repeat" | "mirror") => {
      const mesh = { ...QUAD, uvs: shifted, textures: [makeTexture(ramp, wrap)] };
      return pixel(renderMesh(mesh, cubeCamera(0, 0, 2), 2, 2, { light: null, samples: 1 }), 0, 0)[0];
    };
    expect([at("clamp"), at("repeat"), at("mirror")]).toEqual([255, 0, 255]);
  });

  it("lights a sphere by Lambert's law plus the hemisphere, alike for both windings", () => {
    const light: Light = {
      sky: [0.4, 0.4, 0.4],
      ground: [0.1, 0.1, 0.1],
      key: [0.5, 0.5, 0.5],
      keyDirection: [0, 0, 1],
    };
    const mesh = sphere(0.45, 90);
    const inverted = { ...mesh, triangles: mesh.triangles.slice().reverse() };
    for (const shape of [mesh, inverted]) {
      const out = renderMesh(shape, cubeCamera(140, 0, 101), 101, 101, { light, shading: "smooth", samples: 1 });
      for (const [x, y] of [
        [50, 50],
        [25, 40],
        [60, 80],
      ] as const) {
        const nx = (x - 50) / 45.45;
        const ny = -(y - 50) / 45.45;
        const expected = 0.25 + 0.15 * ny + 0.5 * Math.sqrt(1 - nx * nx - ny * ny);
        expect(Math.abs(pixel(out, x, y)[0] - srgbOfLinear(expected))).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe("cornerNormals", () => {
  it("keeps the edges of a cube sharp at 40° and rounds them at 180°", () => {
    const cube = box([1, 1, 1]);
    const flat = cornerNormals(cube, 0);
    expect(cornerNormals(cube, 40).every((v, i) => v === flat[i])).toBe(true);
    const smooth = cornerNormals(cube, 180);
    for (let c = 0; c < cube.triangles.length; c++) {
      for (let k = 0; k < 3; k++) {
        // Weighted by angle, each corner's normal is the cube's diagonal however its faces are split.
        const sign = Math.sign(cube.positions[3 * cube.triangles[c] + k]);
        expect(smooth[3 * c + k]).toBeCloseTo(sign / Math.sqrt(3), 5);
      }
    }
  });

  it("gives the directions of a sphere", () => {
    const ball = sphere(0.5, 24);
    const normals = cornerNormals(ball, 40);
    for (let c = 0; c < ball.triangles.length; c += 7) {
      const v = 3 * ball.triangles[c];
      let dot = 0;
      for (let k = 0; k < 3; k++) dot += normals[3 * c + k] * ball.positions[v + k] * 2;
      if (Math.abs(ball.positions[v + 1]) < 0.49) expect(dot).toBeGreaterThan(0.995);
    }
  });
});
