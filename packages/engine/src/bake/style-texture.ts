import type { Style } from "../asset.ts";
import type { Mesh, RgbaImage, View } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";
import { type Baked, type BakeOptions, bake } from "./bake.ts";
import { fillGutters } from "./fill-gutters.ts";
import { forEachTexel } from "./for-each-texel.ts";
import { paintOver } from "./paint-over.ts";
import { reducePalette } from "./reduce-palette.ts";

/** Side of the one-coloured texture of assets without texture, texels. */
const PLAIN_SIZE = 64;
const PLAIN = 200;

/**
 * The texture in the project's style: `projected` from the pictures as they are, `painted` from the pictures painted
 * over, `vertex` as flat blends between colours at the vertices, `none` in plain grey; with a palette, reduced to that
 * many colours.
 */
export function bakeStyle(mesh: Mesh, layout: Unwrapped, views: View[], style: Style, options: BakeOptions): Baked {
  if (style.texturing === "none") return plain();
  const sources = style.texturing === "painted" ? views.map((v) => ({ ...v, image: paintOver(v.image) })) : views;
  return applyStyle(mesh, layout, bake(mesh, layout, sources, options), style);
}

/** What a style does to colours, wherever they come from. */
export function applyStyle(mesh: Mesh, layout: Unwrapped, baked: Baked, style: Style): Baked {
  if (style.texturing === "vertex") blendVertices(mesh, layout, baked);
  if (style.palette !== null) reducePalette(baked.baseColor, baked.covered, style.palette);
  return baked;
}

function plain(): Baked {
  const data = new Uint8Array(4 * PLAIN_SIZE * PLAIN_SIZE).fill(255);
  for (let i = 0; i < data.length; i++) if (i % 4 !== 3) data[i] = PLAIN;
  const baseColor: RgbaImage = { width: PLAIN_SIZE, height: PLAIN_SIZE, data };
  return { baseColor, covered: new Uint8Array(PLAIN_SIZE * PLAIN_SIZE).fill(1), coverage: 0 };
}

/** Redraws the texture from its own colours at the vertices. */
function blendVertices(mesh: Mesh, layout: Unwrapped, baked: Baked): void {
  const { baseColor } = baked;
  const { width: size, data } = baseColor;
  const source = data.slice();
  const colorAt = (uv: number): number => {
    const x = Math.min(size - 1, Math.max(0, Math.floor(layout.uvs[2 * uv] * size)));
    const y = Math.min(size - 1, Math.max(0, Math.floor(layout.uvs[2 * uv + 1] * size)));
    return 4 * (y * size + x);
  };
  // One colour a vertex, that of its first UV, so that charts meet without seams.
  const ofVertex = new Int32Array(mesh.positions.length / 3).fill(-1);
  layout.vertexOfUv.forEach((v, uv) => {
    if (ofVertex[v] < 0) ofVertex[v] = colorAt(uv);
  });
  const covered = new Uint8Array(size * size);
  forEachTexel(layout, size, (texel, triangle, [wa, wb, wc]) => {
    const [a, b, c] = [0, 1, 2].map((k) => ofVertex[mesh.triangles[3 * triangle + k]]);
    for (let k = 0; k < 3; k++) data[4 * texel + k] = wa * source[a + k] + wb * source[b + k] + wc * source[c + k];
    covered[texel] = 1;
  });
  fillGutters(baseColor, covered);
}
