import type { AssetScene, Pivot, RgbaImage } from "../types.ts";

export interface CubeOptions {
  /** An identifier: letters, digits, underscore. */
  name: string;
  /** Centimetres. What is missing follows the first of height, width and depth that is given; height 200 by default. */
  height?: number;
  width?: number;
  depth?: number;
  pivot?: Pivot;
}

const DEFAULT_HEIGHT = 200;
const TEXTURE = 256;
/** Texels kept free around each face, so that mip levels down to 32² do not mix them. */
const PADDING = 4;
const FACE = [200, 200, 200] as const;
/** A darker line along the edges makes the faces and their seams visible. */
const LINE = [120, 120, 120] as const;
const LINE_TEXELS = 2;

/**
 * The sides of the cube: normal, direction of +u, direction of v downwards (so that u × -v = normal: not mirrored), and
 * the cell of the 4 × 2 layout, front, left, back, right above, top and bottom below.
 */
const SIDES = [
  { normal: [0, 0, 1], u: [1, 0, 0], v: [0, -1, 0], column: 0, row: 0 },
  { normal: [1, 0, 0], u: [0, 0, -1], v: [0, -1, 0], column: 1, row: 0 },
  { normal: [0, 0, -1], u: [-1, 0, 0], v: [0, -1, 0], column: 2, row: 0 },
  { normal: [-1, 0, 0], u: [0, 0, 1], v: [0, -1, 0], column: 3, row: 0 },
  { normal: [0, 1, 0], u: [1, 0, 0], v: [0, 0, 1], column: 0, row: 1 },
  { normal: [0, -1, 0], u: [1, 0, 0], v: [0, 0, -1], column: 1, row: 1 },
] as const;

/**
 * The plain cube that `test: true` delivers: six quads over eight vertices, in the asked dimensions, with an unmirrored
 * UV layout of even texel density without overlaps, and a small grey texture.
 */
export function cubeScene(options: CubeOptions): AssetScene {
  const fallback = options.height ?? options.width ?? options.depth ?? DEFAULT_HEIGHT;
  const metres = [options.width, options.height, options.depth].map((cm) => (cm ?? fallback) / 100);
  const [width, height, depth] = metres as [number, number, number];
  const lift = options.pivot === "base" ? height / 2 : 0;

  const positions = new Float32Array(24);
  for (let v = 0; v < 8; v++) {
    positions[v * 3] = v & 1 ? width / 2 : -width / 2;
    positions[v * 3 + 1] = (v & 2 ? height / 2 : -height / 2) + lift;
    positions[v * 3 + 2] = v & 4 ? depth / 2 : -depth / 2;
  }

  // Texels per metre, such that the upper row and both rows' heights fit with the padding around each face.
  const scale = Math.min((TEXTURE - 8 * PADDING) / (2 * width + 2 * depth), (TEXTURE - 4 * PADDING) / (height + depth));
  const image = plainImage();
  const uvs = new Float32Array(48);
  const cornerVertices = new Uint32Array(24);
  SIDES.forEach((side, s) => {
    const [w, h] = [extent(side.u, metres) * scale, extent(side.v, metres) * scale];
    const left = PADDING + columnStart(side.row, side.column, width, depth) * scale + side.column * 2 * PADDING;
    const top = PADDING + side.row * (height * scale + 2 * PADDING);
    drawFace(image, left, top, w, h);
    // Counter-clockwise from outside: the texture's lower left corner first.
    [
      [-1, 1],
      [1, 1],
      [1, -1],
      [-1, -1],
    ].forEach(([a, b], corner) => {
      const at = s * 4 + corner;
      uvs[at * 2] = (left + ((a! + 1) / 2) * w) / TEXTURE;
      uvs[at * 2 + 1] = (top + ((b! + 1) / 2) * h) / TEXTURE;
      cornerVertices[at] = [0, 1, 2].reduce((v, k) => {
        const sign = side.normal[k]! + side.u[k]! * a! + side.v[k]! * b!;
        return sign > 0 ? v | (1 << k) : v;
      }, 0);
    });
  });

  return {
    name: options.name,
    parts: [
      {
        name: options.name,
        pivot: [0, 0, 0],
        positions,
        colors: new Uint8Array(24).fill(FACE[0]),
        normals: Float32Array.from(SIDES.flatMap((side) => [...side.normal])),
        uvs,
        sizes: new Uint8Array(6).fill(4),
        cornerVertices,
        cornerUvs: Uint32Array.from({ length: 24 }, (_, i) => i),
        cornerNormals: Uint32Array.from({ length: 24 }, (_, i) => i >> 2),
      },
    ],
    lods: [],
    material: { name: `${options.name}_material`, baseColor: image, roughness: 0.8, metallic: 0 },
  };
}

/** Size along an axis direction. */
function extent(axis: readonly number[], size: readonly number[]): number {
  return axis.reduce((sum, a, k) => sum + Math.abs(a) * size[k]!, 0);
}

/** Where a column begins, metres, without padding. */
function columnStart(row: number, column: number, width: number, depth: number): number {
  if (row === 1) return column * width;
  return [0, width, width + depth, 2 * width + depth][column]!;
}

function plainImage(): RgbaImage {
  const data = new Uint8Array(TEXTURE * TEXTURE * 4).fill(255);
  for (let i = 0; i < data.length; i += 4) data.set(FACE, i);
  return { width: TEXTURE, height: TEXTURE, data };
}

function drawFace(image: RgbaImage, left: number, top: number, width: number, height: number): void {
  for (let y = Math.floor(top); y < top + height; y++) {
    for (let x = Math.floor(left); x < left + width; x++) {
      const inside = Math.min(x + 1 - left, left + width - x, y + 1 - top, top + height - y);
      if (inside <= LINE_TEXELS + 1) image.data.set(LINE, (y * image.width + x) * 4);
    }
  }
}
