import { describe, expect, it } from "vitest";
import { bake } from "../src/bake/bake.ts";
import { bakeOcclusion } from "../src/bake/bake-occlusion.ts";
import { ColorCollector, sampleVolume } from "../src/bake/color-volume.ts";
import { fillGutters } from "../src/bake/fill-gutters.ts";
import { findMirrors, reflect } from "../src/bake/find-mirror.ts";
import { buildPart } from "../src/fit/build-part.ts";
import { fit } from "../src/fit/fit.ts";
import type { ViewLabel } from "../src/frames.ts";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import type { RenderMesh } from "../src/raster/render.ts";
import { triangulateQuads } from "../src/simplify/triangulate-quads.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, Mesh, RgbaImage } from "../src/types.ts";
import { type Unwrapped, unwrap } from "../src/unwrap/unwrap.ts";
import { box, sphere } from "./raster-shapes.ts";
import { labelCamera, viewsOf } from "./support/views.ts";

/** Colour of each side of the box, by its two triangles in the order of `box`: +Z, -Z, +X, -X, +Y, -Y. */
const SIDES = [
  [200, 40, 40],
  [40, 180, 60],
  [50, 60, 210],
  [220, 200, 50],
  [180, 60, 190],
  [60, 200, 200],
];

function paintedBox(): RenderMesh {
  return { ...box([0.5, 0.7, 0.4]), faceColors: Uint8Array.from(SIDES.flatMap((c) => [...c, ...c])) };
}

function colorAt(image: RgbaImage, layout: Unwrapped, triangle: number): number[] {
  // The centroid of the triangle in the texture.
  let [u, v] = [0, 0];
  for (let k = 0; k < 3; k++) {
    u += layout.uvs[2 * layout.cornerUvs[3 * triangle + k]] / 3;
    v += layout.uvs[2 * layout.cornerUvs[3 * triangle + k] + 1] / 3;
  }
  const at = 4 * (Math.floor(v * image.height) * image.width + Math.floor(u * image.width));
  return [...image.data.subarray(at, at + 3)];
}

const difference = (a: number[], b: number[]) => Math.max(...a.map((v, k) => Math.abs(v - b[k])));

async function bakeBox(labels: ViewLabel[]) {
  const mesh = paintedBox();
  const views = viewsOf(
    mesh,
    labels.map((l) => labelCamera(l, 256)),
    256,
  );
  const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
  return { layout, ...bake(mesh, layout, views, { textureSize: 256, unseen: null }) };
}

describe("unwrap", () => {
  it("lays every triangle into the square, unmirrored, without overlaps, and fills nearly half of it", async () => {
    const size = 512;
    const mesh = sphere(0.4, 24);
    const closed = weldSphere(mesh);
    const layout = await unwrap(closed, { textureSize: size, padding: 3 });
    const owner = new Int32Array(size * size).fill(-1);
    let covered = 0;
    let overlaps = 0;
    for (let t = 0; t < closed.triangles.length / 3; t++) {
      const p = [0, 1, 2].map((k) => {
        const uv = layout.cornerUvs[3 * t + k];
        expect(layout.vertexOfUv[uv]).toBe(closed.triangles[3 * t + k]);
        return [layout.uvs[2 * uv] * size, layout.uvs[2 * uv + 1] * size];
      });
      for (const [x, y] of p) expect(Math.min(x, y, size - x, size - y)).toBeGreaterThanOrEqual(0);
      const area = (p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[2][0] - p[0][0]) * (p[1][1] - p[0][1]);
      for (let y = Math.floor(Math.min(...p.map((q) => q[1]))); y <= Math.max(...p.map((q) => q[1])); y++) {
        for (let x = Math.floor(Math.min(...p.map((q) => q[0]))); x <= Math.max(...p.map((q) => q[0])); x++) {
          const inside = [0, 1, 2].every((k) => {
            const [a, b] = [p[k], p[(k + 1) % 3]];
            return ((b[0] - a[0]) * (y + 0.5 - a[1]) - (b[1] - a[1]) * (x + 0.5 - a[0])) * Math.sign(area) > 1e-3;
          });
          if (!inside) continue;
          covered++;
          if (owner[y * size + x] >= 0) overlaps++;
          owner[y * size + x] = t;
        }
      }
    }
    expect(overlaps).toBe(0);
    expect(covered / (size * size)).toBeGreaterThan(0.45);
    expect(Math.abs(layout.utilization - covered / (size * size))).toBeLessThan(0.03);
  });
});

/** The UV sphere with its poles' copies joined and the slivers there dropped, so that it is closed. */
function weldSphere(mesh: Mesh): Mesh {
  const key = (v: number) => [...mesh.positions.subarray(3 * v, 3 * v + 3)].map((c) => Math.round(c * 1e5) + 0).join();
  const numbers = new Map<string, number>();
  const positions: number[] = [];
  const remap = Array.from({ length: mesh.positions.length / 3 }, (_, v) => {
    if (!numbers.has(key(v))) {
      numbers.set(key(v), numbers.size);
      positions.push(...mesh.positions.subarray(3 * v, 3 * v + 3));
    }
    return numbers.get(key(v))!;
  });
  const triangles: number[] = [];
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => remap[mesh.triangles[t + k]]);
    if (a !== b && b !== c && c !== a) triangles.push(a, b, c);
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

describe("bake", () => {
  it("gives each side of a box the colour that its picture shows", async () => {
    const { baseColor, layout, coverage } = await bakeBox(["front", "right", "back", "left", "top", "bottom"]);
    for (let t = 0; t < 12; t++) {
      expect(difference(colorAt(baseColor, layout, t), SIDES[t >> 1])).toBeLessThanOrEqual(2);
    }
    expect(coverage).toBeGreaterThan(0.98);
  });

  it("shows the front through on the unseen back, and spreads what is known to the other sides", async () => {
    const { baseColor, layout, coverage } = await bakeBox(["front"]);
    expect(difference(colorAt(baseColor, layout, 0), SIDES[0])).toBeLessThanOrEqual(2);
    for (let t = 2; t < 12; t++) expect(difference(colorAt(baseColor, layout, t), SIDES[0])).toBeLessThanOrEqual(12);
    expect(coverage).toBeLessThan(0.3);
  });

  it("leaves out on the unseen back what does not reach the outline in the picture, and keeps what does", async () => {
    const mesh = paintedBox();
    const camera = labelCamera("front", 256);
    const views = viewsOf(mesh, [camera], 256);
    const { image } = views[0];
    // Where the middles of the two triangles of the back show through: a spot on one, a band from side to side over the other.
    const middle = (t: number) => {
      const [x, y] = [0, 1].map((k) => {
        const corners = [0, 1, 2].map((c) => mesh.positions[3 * mesh.triangles[3 * t + c] + k]);
        return corners.reduce((sum, value) => sum + value, 0) / 3;
      });
      return [camera.centerX + x * camera.scale, camera.centerY - y * camera.scale];
    };
    const [spot, band] = [middle(2), middle(3)];
    const [dark, blue] = [
      [20, 20, 20],
      [40, 60, 200],
    ];
    for (let y = 0; y < 256; y++) {
      for (let x = 0; x < 256; x++) {
        const onSpot = Math.hypot(x - spot[0], y - spot[1]) < 12;
        if (onSpot) image.data.set(dark, 4 * (256 * y + x));
        else if (Math.abs(y - band[1]) < 10) image.data.set(blue, 4 * (256 * y + x));
      }
    }
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const { baseColor } = bake(mesh, layout, views, { textureSize: 256, unseen: null });
    expect(difference(colorAt(baseColor, layout, 2), SIDES[0])).toBeLessThanOrEqual(12);
    expect(difference(colorAt(baseColor, layout, 3), blue)).toBeLessThanOrEqual(60);
    expect(difference(colorAt(baseColor, layout, 3), SIDES[0])).toBeGreaterThan(100);
  });

  it("brings a guess of the unseen colours to the tones of the seen ones, and keeps what it tells apart", async () => {
    // One red ball, seen from the front; guessed paler all over, with a blue half behind.
    const mesh: RenderMesh = sphere(0.4, 16);
    const count = mesh.triangles.length / 3;
    mesh.faceColors = Uint8Array.from({ length: 3 * count }, (_, i) => [150, 40, 40][i % 3]);
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const n = 32;
    const data = Float32Array.from({ length: 3 * n ** 3 }, (_, i) => {
      const z = Math.floor(i / (3 * n * n)) / n - 0.5;
      return (z < -0.05 ? [0.1, 0.1, 0.6] : [0.5, 0.3, 0.3])[i % 3];
    });
    const views = viewsOf(mesh, [labelCamera("front", 256)], 256);
    const { baseColor } = bake(mesh, layout, views, { textureSize: 256, unseen: { n, data } });
    let [palest, bluest] = [0, 0];
    for (let t = 0; t < count; t++) {
      const z = [0, 1, 2].reduce((sum, k) => sum + mesh.positions[3 * mesh.triangles[3 * t + k] + 2] / 3, 0);
      const [, g, b] = colorAt(baseColor, layout, t);
      if (z > 0.05) palest = Math.max(palest, g);
      // Beside the outline, before it faces away so far that the picture shows through.
      if (z > -0.2 && z < -0.08) bluest = Math.max(bluest, b);
    }
    expect(palest).toBeLessThan(60);
    expect(bluest).toBeGreaterThan(60);
  });

  it("does not paint what stands in front onto what is behind it", async () => {
    // A small red box before a large blue one.
    const [small, large] = [box([0.2, 0.2, 0.1], [0, 0, 0.3]), box([0.8, 0.8, 0.2], [0, 0, -0.2])];
    const offset = small.positions.length / 3;
    const mesh: RenderMesh = {
      positions: Float32Array.from([...small.positions, ...large.positions]),
      triangles: Uint32Array.from([...small.triangles, ...Array.from(large.triangles, (v) => v + offset)]),
      faceColors: Uint8Array.from(
        Array.from({ length: 24 }, (_, t) => (t < 12 ? [210, 30, 30] : [30, 30, 210])).flat(),
      ),
    };
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const { baseColor } = bake(mesh, layout, viewsOf(mesh, [labelCamera("front", 256)], 256), {
      textureSize: 256,
      unseen: null,
    });
    // Texels of the large box's front (its first two triangles): none of them red.
    let reddest = 0;
    for (let t = 12; t < 14; t++) {
      for (let i = 1; i < 20; i++) {
        for (let j = 1; i + j < 20; j++) {
          const w = [i / 20, j / 20, 1 - (i + j) / 20];
          const uv = [0, 1].map((k) =>
            w.reduce((sum, share, c) => sum + share * layout.uvs[2 * layout.cornerUvs[3 * t + c] + k], 0),
          );
          const at = 4 * (Math.floor(uv[1] * 256) * 256 + Math.floor(uv[0] * 256));
          reddest = Math.max(reddest, baseColor.data[at]);
        }
      }
    }
    expect(reddest).toBeLessThan(120);
  });

  it("leaves no texel empty, and takes gutters from the nearest chart", () => {
    const image: RgbaImage = { width: 32, height: 32, data: new Uint8Array(4 * 32 * 32) };
    const covered = new Uint8Array(32 * 32);
    const paint = (x: number, y: number, color: number[]) => {
      image.data.set(color, 4 * (y * 32 + x));
      covered[y * 32 + x] = 1;
    };
    paint(4, 4, [250, 0, 0, 255]);
    paint(20, 4, [0, 0, 250, 255]);
    fillGutters(image, covered);
    const red = (x: number, y: number) => image.data[4 * (y * 32 + x)];
    expect(red(7, 4)).toBe(250);
    expect(red(17, 4)).toBe(0);
    for (let i = 0; i < 32 * 32; i++) expect(image.data[4 * i + 3]).toBe(255);
  });
});

describe("findMirrors", () => {
  /** A solid by its rule, on 64³ samples. */
  function fieldOf(inside: (x: number, y: number, z: number) => boolean): Field {
    const n = 64;
    const at = (i: number) => (i + 0.5) / n - 0.5;
    const data = Float32Array.from({ length: n ** 3 }, (_, i) =>
      inside(at(i % n), at(Math.floor(i / n) % n), at(Math.floor(i / (n * n)))) ? 0.01 : -0.01,
    );
    return { n, data };
  }
  /** Coordinates along and across a direction 30° from +X towards +Z, about a point off the middle. */
  const turned = (x: number, z: number) => {
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    return [c * (x - 0.05) + s * (z + 0.03), c * (z + 0.03) - s * (x - 0.05)];
  };

  it("finds the plane of a turned wedge, and no other", () => {
    // A triangle in plan, pointing along `across`: symmetric in `along` alone.
    const field = fieldOf((x, y, z) => {
      const [along, across] = turned(x, z);
      return Math.abs(y) < 0.3 && across > -0.25 && across < 0.25 && Math.abs(along) < 0.3 * (0.25 - across);
    });
    const mirrors = findMirrors(field);
    expect(mirrors).toHaveLength(1);
    expect(mirrors[0].overlap).toBeGreaterThan(0.85);
    expect((Math.atan2(mirrors[0].nz, mirrors[0].nx) * 180) / Math.PI).toBeCloseTo(30, 0);
    const [x, z] = reflect(mirrors[0], 0.05 + 0.2 * Math.cos(Math.PI / 6), -0.03 + 0.2 * Math.sin(Math.PI / 6));
    expect(
      Math.hypot(x - (0.05 - 0.2 * Math.cos(Math.PI / 6)), z - (-0.03 - 0.2 * Math.sin(Math.PI / 6))),
    ).toBeLessThan(0.03);
  });

  it("finds none where there is none, and none of nothing", () => {
    const field = fieldOf((x, y, z) => {
      const [along, across] = turned(x, z);
      // A hook: a long bar and a short one at its end, to one side.
      return (
        Math.abs(y) < 0.2 &&
        ((Math.abs(along) < 0.3 && Math.abs(across) < 0.06) ||
          (along > 0.18 && along < 0.3 && across > 0 && across < 0.35))
      );
    });
    expect(findMirrors(field)).toEqual([]);
    expect(findMirrors(fieldOf(() => false))).toEqual([]);
  });

  it("lets the unseen side of a symmetric thing have the colours of the seen one", async () => {
    const mesh = paintedBox();
    const camera = { ...labelCamera("front", 256), azimuth: 45 };
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const baked = (mirrors: ReturnType<typeof findMirrors>) =>
      bake(mesh, layout, viewsOf(mesh, [camera], 256), { textureSize: 256, unseen: null, mirrors }).baseColor;
    const mirror = { nx: 1, nz: 0, offset: 0, overlap: 1 };
    // Triangles 4–5 are +X, which the camera sees; 6–7 are -X.
    for (const [mirrors, alike] of [
      [[mirror], true],
      [[], false],
    ] as const) {
      const image = baked([...mirrors]);
      expect(difference(colorAt(image, layout, 6), colorAt(image, layout, 4)) <= 3).toBe(alike);
    }
  });

  it("believes in no symmetry that the colours deny", async () => {
    const mesh = paintedBox();
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const views = viewsOf(mesh, [labelCamera("left", 256), labelCamera("right", 256)], 256);
    const bakedWith = (mirrors: ReturnType<typeof findMirrors>) =>
      bake(mesh, layout, views, { textureSize: 256, unseen: null, mirrors }).baseColor.data;
    // +X is blue and -X yellow, so that x → -x is none of the paint's, though it is the box's.
    expect(bakedWith([{ nx: 1, nz: 0, offset: 0, overlap: 1 }])).toEqual(bakedWith([]));
  });
});

describe("ColorCollector", () => {
  it("keeps colours at their height, and is nearest to the nearest", () => {
    const collector = new ColorCollector(16);
    collector.add(0.3, 0.3, 0, 1, 1, 1, 1);
    collector.add(0.3, -0.3, 0, 1, 0, 0, 1);
    collector.add(-0.3, -0.3, 0, 0, 0, 1, 1);
    const volume = collector.spread();
    const at = (x: number, y: number, z: number) => {
      const out = new Float64Array(3);
      sampleVolume(volume, x, y, z, out);
      return [...out];
    };
    expect(at(-0.4, 0.3, 0.2)).toEqual([1, 1, 1]);
    const nearRed = at(0.2, -0.3, 0.1);
    expect(nearRed[0]).toBeGreaterThan(0.9);
    expect(nearRed[1]).toBe(0);
    expect(at(-0.3, -0.3, 0.1)[2]).toBeGreaterThan(0.9);
  });
});

describe("fit", () => {
  const positions = box([0.5, 0.7, 0.3], [0.1, 0.05, -0.02]).positions;
  const extent = (p: Float32Array, k: number) => {
    const values = Array.from({ length: p.length / 3 }, (_, v) => p[3 * v + k]);
    return [Math.min(...values), Math.max(...values)];
  };

  it("is 2 m high by default, about the origin, exactly", () => {
    const { positions: p, size } = fit(positions, { pivot: "center" });
    expect(extent(p, 1)).toEqual([-1, 1]);
    expect(size.height).toBe(200);
    expect(size.width).toBeCloseTo((200 * 0.5) / 0.7, 4);
    expect(extent(p, 0)[0]).toBe(-extent(p, 0)[1]);
  });

  it("lets the other dimensions follow one, and meets each of several", () => {
    expect(fit(positions, { pivot: "center", width: 50 }).size).toMatchObject({
      width: 50,
      height: expect.closeTo(70, 4),
      depth: expect.closeTo(30, 4),
    });
    const { positions: p } = fit(positions, { pivot: "base", width: 80, depth: 12.5 });
    expect(extent(p, 0)).toEqual([-Math.fround(0.4), Math.fround(0.4)]);
    expect(extent(p, 2)).toEqual([-0.0625, 0.0625]);
    expect(extent(p, 1)[0]).toBe(0);
  });
});

describe("buildPart", () => {
  it("keeps the surface, joins triangles to quads where asked, and takes vertex colours from the texture", async () => {
    const mesh = paintedBox();
    const layout = await unwrap(mesh, { textureSize: 128, padding: 2 });
    const views = viewsOf(mesh, [labelCamera("front", 128), labelCamera("back", 128)], 128);
    const { baseColor } = bake(mesh, layout, views, { textureSize: 128, unseen: null });
    const quads = buildPart(mesh, layout, baseColor, { name: "box", topology: "quad", crease: 40 });
    expect([...quads.sizes]).toEqual([4, 4, 4, 4, 4, 4]);
    expect(checkMesh(quads)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, degenerateFaces: 0 });
    // Hard edges: one normal per side, each along an axis.
    for (let c = 0; c < 24; c++) {
      const n = quads.normals.subarray(3 * quads.cornerNormals[c], 3 * quads.cornerNormals[c] + 3);
      expect(Math.max(...n.map(Math.abs))).toBeCloseTo(1, 6);
    }
    expect(quads.colors.some((c) => c > 0)).toBe(true);
    const triangles = buildPart(mesh, layout, baseColor, { name: "box", topology: "triangle", crease: 180 });
    expect(triangles.sizes.length).toBe(12);
    expect(triangles.normals.length / 3).toBe(8);
  });
});

describe("bakeOcclusion", () => {
  it("darkens the inner corner of an L and leaves its outer faces open", async () => {
    const n = 64;
    // A floor and a wall that meet along x at y = z = -0.2.
    const field: Field = { n, data: new Float32Array(n ** 3) };
    for (let z = 0, i = 0; z < n; z++) {
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++, i++) {
          const [px, py, pz] = [x, y, z].map((v) => (v + 0.5) / n - 0.5);
          const within = Math.min(0.4 - Math.abs(px), 0.4 - Math.abs(py), 0.4 - Math.abs(pz));
          field.data[i] = Math.min(within, Math.max(-0.2 - py, -0.2 - pz));
        }
      }
    }
    const mesh = triangulateQuads(contour(field));
    const layout = await unwrap(mesh, { textureSize: 256, padding: 2 });
    const occlusion = bakeOcclusion(mesh, layout, field, 256);
    const { positions: p, triangles } = mesh;
    const mean = (chosen: (x: number, y: number, z: number) => boolean) => {
      let [sum, count] = [0, 0];
      for (let t = 0; t < triangles.length / 3; t++) {
        const [x, y, z] = [0, 1, 2].map((k) => [0, 1, 2].reduce((s, c) => s + p[3 * triangles[3 * t + c] + k] / 3, 0));
        if (Math.abs(x) > 0.25 || !chosen(x, y, z)) continue;
        sum += colorAt(occlusion, layout, t)[0];
        count++;
      }
      return sum / count;
    };
    expect(mean((_, y, z) => y < -0.17 && y > -0.23 && z > -0.2 && z < -0.185)).toBeLessThan(160);
    expect(mean((_, y, z) => y < -0.39 && Math.abs(z) < 0.3)).toBeGreaterThan(240);
    expect(mean((_, y, z) => y > -0.23 && y < -0.17 && z > 0.15 && z < 0.3)).toBeGreaterThan(230);
  });
});
