import { weldCorners } from "../export/weld-corners.ts";
import { turnAboutY } from "../fit/turn-about-y.ts";
import type { Field, PartMesh, RgbaImage } from "../types.ts";
import { fillGutters } from "./fill-gutters.ts";
import { forEachTexel } from "./for-each-texel.ts";

export interface NormalsOptions {
  /** Texels a side of the texture; the map is no larger than what it can show of the field. */
  textureSize: number;
  /** Where each vertex of the part was in the field's cube. */
  cube: Float32Array;
  /** Degrees by which the part was turned about +Y since. */
  yaw: number;
}

/** At 352 samples, 2,048 texels are 1.8 for each sample of a surface that fills the cube: more would show nothing. */
const LARGEST = 2048;

/** Longest way from the mesh to the field's surface, samples: farther off, the field no longer tells which one is meant. */
const REACH = 2;

/** A normal farther from the mesh's own than this (cosine, 70°) is that of another surface. */
const FARTHEST = 0.35;

/**
 * Tangent-space normals (+Y up in the texture, as glTF and OpenGL have it) of the field's surface, which is what the mesh
 * was simplified from. The frames are those that go into the files (Mikkelsen's), interpolated over the very triangles of
 * the GLB and, as he prescribes, not made unit length in between.
 *
 * The gradient is taken at the field's samples by central differences and interpolated: that of the interpolated field
 * itself jumps from cell to cell, which shows as a grid under glancing light. Differences over four samples were smoother
 * on slopes, where the field has terraces, but bled over edges: 4.3 % of a chest's surface was off by more than 15°,
 * against 1.7 % this way.
 */
export function bakeNormals(part: PartMesh, field: Field, { textureSize, cube, yaw }: NormalsOptions): RgbaImage {
  const size = Math.min(textureSize, LARGEST);
  const { triangles, uvs, normals, tangents, origins } = weldCorners(part, true);
  const frames = tangents!;
  const toPart = normalMap(cube, yaw, part.positions);
  const image: RgbaImage = { width: size, height: size, data: new Uint8Array(4 * size * size) };
  const covered = new Uint8Array(size * size);
  const point = new Float64Array(3);
  const place = new Float64Array(3);
  const found = new Float32Array(3);
  const frame = new Float64Array(6);
  forEachTexel({ uvs, cornerUvs: triangles }, size, (texel, triangle, weights) => {
    const a = triangles[3 * triangle]!;
    const b = triangles[3 * triangle + 1]!;
    const c = triangles[3 * triangle + 2]!;
    const pa = 3 * origins[a]!;
    const pb = 3 * origins[b]!;
    const pc = 3 * origins[c]!;
    const wa = weights[0]!;
    const wb = weights[1]!;
    const wc = weights[2]!;
    for (let k = 0; k < 3; k++) {
      point[k] = wa * cube[pa + k]! + wb * cube[pb + k]! + wc * cube[pc + k]!;
      frame[k] = wa * normals[3 * a + k]! + wb * normals[3 * b + k]! + wc * normals[3 * c + k]!;
      frame[3 + k] = wa * frames[4 * a + k]! + wb * frames[4 * b + k]! + wc * frames[4 * c + k]!;
    }
    covered[texel] = 1;
    const known = surfaceNormal(field, point, place, found);
    if (known) toPart(found);
    encode(image.data, 4 * texel, known ? found : null, frame, frames[4 * a + 3]!);
  });
  fillGutters(image, covered);
  return image;
}

/** How normals change when what was in the cube is turned about +Y and each axis is scaled to the part's size. */
function normalMap(cube: Float32Array, yaw: number, part: Float32Array): (normal: Float32Array) => void {
  const turned = turnAboutY(cube, yaw);
  const [sx, sy, sz] = [0, 1, 2].map((k) => extent(turned, k) / extent(part, k));
  const [xx, , xz, zx, , zz] = turnAboutY(Float32Array.of(1, 0, 0, 0, 0, 1), yaw);
  return (normal) => {
    const x = normal[0]!;
    const z = normal[2]!;
    normal[0] = sx! * (xx! * x + zx! * z);
    normal[1] = sy! * normal[1]!;
    normal[2] = sz! * (xz! * x + zz! * z);
  };
}

function extent(positions: Float32Array, axis: number): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < positions.length; i += 3) {
    low = Math.min(low, positions[i]!);
    high = Math.max(high, positions[i]!);
  }
  return high - low;
}

/**
 * Outward direction (any length) of the field's surface nearest to `point`, into `out`; false where there is none in reach.
 * @param place is written over.
 */
function surfaceNormal(field: Field, point: Float64Array, place: Float64Array, out: Float32Array): boolean {
  const { n } = field;
  for (let k = 0; k < 3; k++) place[k] = (point[k]! + 0.5) * n - 0.5;
  const value = sampleGradient(field, place, out);
  const square = out[0]! ** 2 + out[1]! ** 2 + out[2]! ** 2;
  if (!(square > 0)) return false;
  // One Newton step along the gradient.
  const step = value / square;
  if (Math.abs(step) * Math.sqrt(square) > REACH) return false;
  for (let k = 0; k < 3; k++) place[k]! -= step * out[k]!;
  sampleGradient(field, place, out);
  for (let k = 0; k < 3; k++) out[k] = -out[k]!;
  return out[0] !== 0 || out[1] !== 0 || out[2] !== 0;
}

/** Value of the field at a place in samples, and its gradient per sample into `out`; clamped to within the border. */
function sampleGradient({ n, data }: Field, place: Float64Array, out: Float32Array): number {
  const most = n - 2.001;
  const px = Math.min(most, Math.max(1, place[0]!));
  const py = Math.min(most, Math.max(1, place[1]!));
  const pz = Math.min(most, Math.max(1, place[2]!));
  const ix = Math.floor(px);
  const iy = Math.floor(py);
  const iz = Math.floor(pz);
  const fx = px - ix;
  const fy = py - iy;
  const fz = pz - iz;
  const plane = n * n;
  let value = 0;
  let gx = 0;
  let gy = 0;
  let gz = 0;
  for (let c = 0; c < 8; c++) {
    const w = (c & 1 ? fx : 1 - fx) * (c & 2 ? fy : 1 - fy) * (c & 4 ? fz : 1 - fz);
    const at = (iz + (c >> 2)) * plane + (iy + ((c >> 1) & 1)) * n + ix + (c & 1);
    value += w * data[at]!;
    gx += w * (data[at + 1]! - data[at - 1]!);
    gy += w * (data[at + n]! - data[at - n]!);
    gz += w * (data[at + plane]! - data[at - plane]!);
  }
  out[0] = gx / 2;
  out[1] = gy / 2;
  out[2] = gz / 2;
  return value;
}

/**
 * Writes a direction as what a shader has to multiply the frame (normal, then tangent) with; straight up where it is not
 * known or that of another surface.
 */
function encode(pixels: Uint8Array, at: number, normal: Float32Array | null, frame: Float64Array, sign: number): void {
  const nx = frame[0]!;
  const ny = frame[1]!;
  const nz = frame[2]!;
  const tx = frame[3]!;
  const ty = frame[4]!;
  const tz = frame[5]!;
  const bx = sign * (ny * tz - nz * ty);
  const by = sign * (nz * tx - nx * tz);
  const bz = sign * (nx * ty - ny * tx);
  let x = 0;
  let y = 0;
  let z = 1;
  if (normal) {
    const dx = normal[0]!;
    const dy = normal[1]!;
    const dz = normal[2]!;
    const along = dx * nx + dy * ny + dz * nz;
    if (along > FARTHEST * Math.sqrt((nx * nx + ny * ny + nz * nz) * (dx * dx + dy * dy + dz * dz))) {
      // Cramer's rule for x t + y b + z n = d, up to the determinant, which only scales; b is perpendicular to both.
      x = dx * (by * nz - bz * ny) + dy * (bz * nx - bx * nz) + dz * (bx * ny - by * nx);
      y = dx * (ny * tz - nz * ty) + dy * (nz * tx - nx * tz) + dz * (nx * ty - ny * tx);
      z = dx * (ty * bz - tz * by) + dy * (tz * bx - tx * bz) + dz * (tx * by - ty * bx);
    }
  }
  const handed = z < 0 ? -1 : 1;
  const length = handed * Math.sqrt(x * x + y * y + z * z);
  pixels[at] = byte(x / length);
  pixels[at + 1] = byte(y / length);
  pixels[at + 2] = byte(z / length);
  pixels[at + 3] = 255;
}

/** -1…1 as a byte: glTF decodes value / 255 · 2 - 1. */
function byte(value: number): number {
  return Math.round(127.5 * value + 127.5);
}
