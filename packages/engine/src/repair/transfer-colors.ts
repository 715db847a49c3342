import type { Baked } from "../bake/bake.ts";
import { fillGutters } from "../bake/fill-gutters.ts";
import { forEachTexel } from "../bake/for-each-texel.ts";
import { TriangleTree } from "../mesh/triangle-tree.ts";
import { cornerNormals } from "../raster/normals.ts";
import type { RenderMesh } from "../raster/render.ts";
import { LINEAR_OF_SRGB, srgbOfLinear } from "../raster/srgb.ts";
import type { Texture } from "../raster/texture.ts";
import type { Mesh, RgbaImage } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";
import type { Soup } from "./clean-soup.ts";

/** Colours are looked for from a little outside, so that of two faces the outer one counts; cube units. */
const OUTWARD = 1 / 400;

/** Grey of a model without faces of its own, sRGB. */
const UNKNOWN = 200;

/**
 * Paints a texture with the colours that the source has at the nearest point of its surface: picture × vertex × face
 * colour, in linear light.
 *
 * @param soup the source's faces in the frame of `mesh`.
 */
export function transferColors(
  mesh: Mesh,
  layout: Unwrapped,
  soup: Soup,
  source: RenderMesh,
  size: number,
  onProgress?: (fraction: number) => void,
): Baked {
  const own = Uint32Array.from([...soup.source.keys()].filter((t) => soup.source[t]! >= 0));
  const triangles = new Uint32Array(3 * own.length);
  for (const [i, t] of own.entries()) triangles.set(soup.triangles.subarray(3 * t, 3 * t + 3), 3 * i);
  const tree = new TriangleTree(soup.positions, triangles);
  const normals = cornerNormals(mesh, 60);
  const image: RgbaImage = { width: size, height: size, data: new Uint8Array(4 * size * size) };
  const covered = new Uint8Array(size * size);
  const color = new Float64Array(3);
  const at = new Float64Array(3);
  const { positions: p } = mesh;
  let last = -1;
  let reported = -1;
  const faces = mesh.triangles.length / 3;
  forEachTexel(layout, size, (texel, t, [wa, wb, wc]) => {
    if (t - reported > faces / 20) {
      onProgress?.(t / faces);
      reported = t;
    }
    if (covered[texel]) return;
    covered[texel] = 1;
    const [a, b, c] = [3 * mesh.triangles[3 * t]!, 3 * mesh.triangles[3 * t + 1]!, 3 * mesh.triangles[3 * t + 2]!];
    for (let k = 0; k < 3; k++) {
      const normal = wa * normals[9 * t + k]! + wb * normals[9 * t + 3 + k]! + wc * normals[9 * t + 6 + k]!;
      at[k] = wa * p[a + k]! + wb * p[b + k]! + wc * p[c + k]! + OUTWARD * normal;
    }
    last = tree.find(at[0]!, at[1]!, at[2]!, last);
    if (last < 0) color.fill(LINEAR_OF_SRGB[UNKNOWN]!);
    else colorOf(source, soup, own[last]!, tree.point, color);
    for (let k = 0; k < 3; k++) image.data[4 * texel + k] = srgbOfLinear(color[k]!);
    image.data[4 * texel + 3] = 255;
  });
  fillGutters(image, covered);
  return { baseColor: image, covered, coverage: 1 };
}

/** Colour of the source at a point of one of its faces, linear light. */
function colorOf(source: RenderMesh, soup: Soup, t: number, point: Float64Array, out: Float64Array): void {
  const original = soup.source[t]!;
  const [wa, wb, wc] = barycentric(soup, t, point);
  out.fill(1);
  const texture = source.textures?.[source.triangleTextures ? source.triangleTextures[original]! : 0];
  if (texture && source.uvs) {
    const uv = source.uvs.subarray(6 * original, 6 * original + 6);
    const u = wa * uv[0]! + wb * uv[2]! + wc * uv[4]!;
    const v = wa * uv[1]! + wb * uv[3]! + wc * uv[5]!;
    samplePicture(texture, u, v, out);
  }
  for (let k = 0; k < 3; k++) {
    if (source.faceColors) out[k]! *= LINEAR_OF_SRGB[source.faceColors[3 * original + k]!]!;
    if (source.vertexColors) {
      const [a, b, c] = [0, 1, 2].map(
        (i) => LINEAR_OF_SRGB[source.vertexColors![3 * source.triangles[3 * original + i]! + k]!]!,
      ) as [number, number, number];
      out[k]! *= wa * a + wb * b + wc * c;
    }
  }
}

function barycentric({ positions: p, triangles }: Soup, t: number, q: Float64Array): [number, number, number] {
  const [a, b, c] = [3 * triangles[3 * t]!, 3 * triangles[3 * t + 1]!, 3 * triangles[3 * t + 2]!];
  let [uu, uw, ww, pu, pw] = [0, 0, 0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const u = p[b + k]! - p[a + k]!;
    const w = p[c + k]! - p[a + k]!;
    const d = q[k]! - p[a + k]!;
    uu += u * u;
    uw += u * w;
    ww += w * w;
    pu += d * u;
    pw += d * w;
  }
  const determinant = uu * ww - uw * uw;
  if (!(determinant > 0)) return [1, 0, 0];
  const v = (ww * pu - uw * pw) / determinant;
  const w = (uu * pw - uw * pu) / determinant;
  return [1 - v - w, v, w];
}

/** Bilinear, from the picture at its full size. */
function samplePicture({ levels, wrap }: Texture, u: number, v: number, out: Float64Array): void {
  const { width, height, data } = levels[0]!;
  const x = wrapped(u, wrap) * width - 0.5;
  const y = wrapped(v, wrap) * height - 0.5;
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  out.fill(0);
  for (let c = 0; c < 4; c++) {
    const [dx, dy] = [c & 1, c >> 1];
    const px = pixel(x0 + dx, width, wrap);
    const py = pixel(y0 + dy, height, wrap);
    const weight = (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy);
    for (let k = 0; k < 3; k++) out[k]! += weight * LINEAR_OF_SRGB[data[4 * (py * width + px) + k]!]!;
  }
}

function wrapped(t: number, wrap: Texture["wrap"]): number {
  if (!Number.isFinite(t)) return 0;
  if (wrap === "clamp") return Math.min(1, Math.max(0, t));
  if (wrap === "repeat") return t - Math.floor(t);
  const m = t - 2 * Math.floor(t / 2);
  return m > 1 ? 2 - m : m;
}

function pixel(i: number, size: number, wrap: Texture["wrap"]): number {
  if (wrap === "repeat") return ((i % size) + size) % size;
  return Math.min(size - 1, Math.max(0, i));
}
