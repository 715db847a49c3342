/** Scenes whose colours tell where they belong, so that a mirrored, swapped or flipped axis shows in any importer. */
import type { AssetScene, Material, PartMesh, RgbaImage } from "../../src/types.ts";

type Vec3 = [number, number, number];

/** Direction of each side and its colour, unlike on all six. */
export const SIDE_COLORS: readonly { normal: Vec3; color: Vec3 }[] = [
  { normal: [1, 0, 0], color: [220, 40, 40] },
  { normal: [-1, 0, 0], color: [40, 200, 200] },
  { normal: [0, 1, 0], color: [40, 180, 60] },
  { normal: [0, -1, 0], color: [200, 60, 200] },
  { normal: [0, 0, 1], color: [50, 60, 220] },
  { normal: [0, 0, -1], color: [230, 220, 50] },
];

/** Boxes of `signpostScene`, metres: together 1.4 × 2 × 0.7, on no axis symmetric; the arm turns about where it is fixed. */
export const SIGNPOST_BOXES = [
  { name: "tower", min: [-0.3, -0.5, -0.2], max: [0.1, 1.5, 0.2], pivot: [0, 0, 0], triangles: false },
  { name: "arm", min: [0.1, 0.9, -0.1], max: [1.1, 1.2, 0.2], pivot: [0.125, 1, -0.25], triangles: false },
  { name: "nose", min: [-0.2, 0.2, 0.2], max: [0, 0.5, 0.5], pivot: [-0.125, 0.25, 0.375], triangles: true },
] as const;

/**
 * Three boxes: a tower along +Y, an arm towards +X, a nose towards +Z; sides coloured by `SIDE_COLORS`. Tower and arm
 * are quads, but for the tower's top of two triangles; the nose is all triangles.
 */
export function signpostScene(name = "signpost"): AssetScene {
  const columns = SIDE_COLORS.length;
  const rows = SIGNPOST_BOXES.length;
  const cell = 32;
  const parts = SIGNPOST_BOXES.map((box, row): PartMesh => {
    const positions: number[] = [];
    for (let v = 0; v < 8; v++) for (let k = 0; k < 3; k++) positions.push(v & (1 << k) ? box.max[k]! : box.min[k]!);
    const sizes: number[] = [];
    const [vertices, uvCorners, normalCorners]: [number[], number[], number[]] = [[], [], []];
    const uvs: number[] = [];
    for (let step = 0; step < columns; step++) {
      // Each part begins with another side, so that one that is shown with another's normals or UVs stands out.
      const side = (step + row) % columns;
      const { normal } = SIDE_COLORS[side]!;
      const axis = normal.findIndex((n) => n !== 0);
      const ring = boxSide(axis, normal[axis]!);
      for (const [u, v] of [
        [0.2, 0.8],
        [0.8, 0.8],
        [0.8, 0.2],
        [0.2, 0.2],
      ]) {
        uvs.push((side + u!) / columns, (row + v!) / rows);
      }
      const split = box.triangles || (row === 0 && side === 2);
      for (const polygon of split
        ? [
            [0, 1, 2],
            [0, 2, 3],
          ]
        : [[0, 1, 2, 3]]) {
        sizes.push(polygon.length);
        for (const i of polygon) {
          vertices.push(ring[i]!);
          uvCorners.push(step * 4 + i);
          normalCorners.push(side);
        }
      }
    }
    return {
      name: box.name,
      pivot: box.pivot,
      positions: Float32Array.from(positions),
      // A vertex belongs to three sides; each has its box's colour, so that parts can be told apart by it.
      colors: Uint8Array.from({ length: 24 }, (_, i) => SIDE_COLORS[row * 2]!.color[i % 3]!),
      normals: Float32Array.from(SIDE_COLORS.flatMap(({ normal }) => normal)),
      uvs: Float32Array.from(uvs),
      sizes: Uint8Array.from(sizes),
      cornerVertices: Uint32Array.from(vertices),
      cornerUvs: Uint32Array.from(uvCorners),
      cornerNormals: Uint32Array.from(normalCorners),
    };
  });
  const baseColor = paint(columns * cell, rows * cell, (x) => SIDE_COLORS[Math.floor(x / cell)]!.color);
  // A different shade in each row, so that a flipped v shows.
  for (let y = 0; y < rows * cell; y++) {
    const shade = 1 - 0.25 * Math.floor(y / cell);
    for (let x = 0; x < columns * cell; x++) {
      for (let k = 0; k < 3; k++) baseColor.data[(y * columns * cell + x) * 4 + k]! *= shade;
    }
  }
  return { name, parts, lods: [], material: { name: "paint", baseColor, roughness: 0.6, metallic: 0.1 } };
}

/** Base colour of a side of a box, as `signpostScene` paints it. */
export function signpostColor(box: number, normal: readonly number[]): Vec3 {
  const side = SIDE_COLORS.find((s) => s.normal.every((n, k) => Math.abs(n - normal[k]!) < 0.01))!;
  return side.color.map((c) => c * (1 - 0.25 * box)) as Vec3;
}

export interface SphereOptions {
  name?: string;
  /** Quads along an edge of the six faces: 6·n² quads. */
  n: number;
  /** Texels a side. */
  texture?: number;
  normalMap?: boolean;
  occlusion?: boolean;
  /** Quads along an edge of each coarser level. */
  lods?: number[];
}

/** A sphere of 1 m radius made of six faces of quads, whose colour at each point is `sphereColor` of its direction. */
export function sphereScene(options: SphereOptions): AssetScene {
  const { n, texture = 256 } = options;
  const cellX = texture / 3;
  const cellY = texture / 2;
  const padding = 2;
  const part = (steps: number): PartMesh => {
    const lattice = new Map<number, number>();
    const positions: number[] = [];
    const uvs: number[] = [];
    const [vertices, uvCorners]: [number[], number[]] = [[], []];
    FACES.forEach((face, f) => {
      const grid: number[] = [];
      const uvStart = uvs.length / 2;
      for (let j = 0; j <= steps; j++) {
        for (let i = 0; i <= steps; i++) {
          const a = 2 * i - steps;
          const b = 2 * j - steps;
          const point = face.normal.map((c, k) => c * steps + face.u[k]! * a + face.v[k]! * b) as Vec3;
          const key = point.reduce((sum, c) => sum * (2 * steps + 1) + c + steps, 0);
          if (!lattice.has(key)) {
            lattice.set(key, positions.length / 3);
            positions.push(...unit(point));
          }
          grid.push(lattice.get(key)!);
          uvs.push(
            ((f % 3) * cellX + padding + (i / steps) * (cellX - 2 * padding)) / texture,
            (Math.floor(f / 3) * cellY + padding + (j / steps) * (cellY - 2 * padding)) / texture,
          );
        }
      }
      for (let j = 0; j < steps; j++) {
        for (let i = 0; i < steps; i++) {
          const at = j * (steps + 1) + i;
          for (const c of [at + steps + 1, at + steps + 2, at + 1, at]) {
            vertices.push(grid[c]!);
            uvCorners.push(uvStart + c);
          }
        }
      }
    });
    const sphere = Float32Array.from(positions);
    return {
      name: "ball",
      pivot: [0, 0, 0],
      positions: sphere,
      colors: Uint8Array.from(sphere, (c) => 128 + 100 * c),
      normals: sphere.slice(),
      uvs: Float32Array.from(uvs),
      sizes: new Uint8Array(vertices.length / 4).fill(4),
      cornerVertices: Uint32Array.from(vertices),
      cornerUvs: Uint32Array.from(uvCorners),
      cornerNormals: Uint32Array.from(vertices),
    };
  };
  const material: Material = {
    name: "skin",
    baseColor: paint(texture, texture, (x, y) => {
      const face = FACES[Math.min(2, Math.floor(x / cellX)) + 3 * Math.floor(y / cellY)]!;
      const a = (2 * ((x % cellX) - padding)) / (cellX - 2 * padding) - 1;
      const b = (2 * ((y % cellY) - padding)) / (cellY - 2 * padding) - 1;
      return sphereColor(unit(face.normal.map((c, k) => c + face.u[k]! * a + face.v[k]! * b) as Vec3));
    }),
    roughness: 0.5,
    metallic: 0,
  };
  if (options.normalMap) {
    material.normal = paint(texture, texture, (x, y) => [128 + 30 * Math.sin(x / 9), 128 + 30 * Math.cos(y / 7), 240]);
  }
  if (options.occlusion) material.occlusion = paint(texture, texture, (x) => [155 + (x % 100), 0, 0]);
  return {
    name: options.name ?? "sphere",
    parts: [part(n)],
    lods: (options.lods ?? []).map((steps) => [part(steps)]),
    material,
  };
}

/** sRGB bytes. */
export function sphereColor(direction: readonly number[]): Vec3 {
  return direction.map((c) => 128 + 100 * c) as Vec3;
}

/** The six faces of the sphere: normal, +u, and v downwards, with u × -v = normal. */
const FACES: readonly { normal: Vec3; u: Vec3; v: Vec3 }[] = [
  { normal: [0, 0, 1], u: [1, 0, 0], v: [0, -1, 0] },
  { normal: [1, 0, 0], u: [0, 0, -1], v: [0, -1, 0] },
  { normal: [0, 0, -1], u: [-1, 0, 0], v: [0, -1, 0] },
  { normal: [-1, 0, 0], u: [0, 0, 1], v: [0, -1, 0] },
  { normal: [0, 1, 0], u: [1, 0, 0], v: [0, 0, 1] },
  { normal: [0, -1, 0], u: [1, 0, 0], v: [0, 0, -1] },
];

/** Vertex numbers (bit k: upper end of axis k) around one side of a box, counter-clockwise from outside. */
function boxSide(axis: number, sign: number): number[] {
  const [b, c] = [(axis + 1) % 3, (axis + 2) % 3];
  const base = sign > 0 ? 1 << axis : 0;
  const ring = [base, base | (1 << b), base | (1 << b) | (1 << c), base | (1 << c)];
  return sign > 0 ? ring : ring.reverse();
}

function paint(width: number, height: number, color: (x: number, y: number) => readonly number[]): RgbaImage {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(color(x + 0.5, y + 0.5).map(Math.round), (y * width + x) * 4);
  }
  return { width, height, data };
}

function unit(v: Vec3): Vec3 {
  const length = Math.hypot(...v);
  return v.map((c) => c / length) as Vec3;
}
