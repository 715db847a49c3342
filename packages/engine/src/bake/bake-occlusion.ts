import { sampleField } from "../mesh/sample-field.ts";
import { cornerNormals } from "../raster/normals.ts";
import type { Field, Mesh, RgbaImage } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";
import { fillGutters } from "./fill-gutters.ts";
import { forEachTexel } from "./for-each-texel.ts";

/** Cells a side of the volume that is looked up. */
const CELLS = 64;

/** Half sides, in cells, of the cubes in front of the surface whose fullness darkens it: creases, and whole recesses. */
const REACHES = [2, 5] as const;

/** How far in front of the surface a cube's centre lies, as a multiple of its half side: a flat face reaches into none. */
const LIFT = 1.25;

/** Occlusion is the mean fullness times this; where two walls meet at a right angle about half of a cube is full. */
const STRENGTH = 1.1;

/** Occlusion is smooth: more texels would show nothing. */
const LARGEST = 1024;

/**
 * Ambient occlusion (grey, 255 open) of every texel, from how full the space in front of the surface is: cubes of two
 * sizes, out of the field instead of by rays, since averages over a volume cost two lookups a texel and have no noise.
 */
export function bakeOcclusion(mesh: Mesh, layout: Unwrapped, field: Field, textureSize: number): RgbaImage {
  const size = Math.min(textureSize, LARGEST);
  const solid = fullness(field);
  const volumes = REACHES.map((reach) => ({ n: CELLS, data: boxBlur3(solid, CELLS, reach) }));
  const normals = cornerNormals(mesh);
  const image: RgbaImage = { width: size, height: size, data: new Uint8Array(4 * size * size).fill(255) };
  const covered = new Uint8Array(size * size);
  const { positions: p, triangles } = mesh;
  const point = new Float64Array(3);
  const normal = new Float64Array(3);
  forEachTexel(layout, size, (texel, triangle, weights) => {
    const t = 3 * triangle;
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const wa = weights[0];
    const wb = weights[1];
    const wc = weights[2];
    for (let k = 0; k < 3; k++) {
      point[k] = wa * p[a + k] + wb * p[b + k] + wc * p[c + k];
      normal[k] = wa * normals[3 * t + k] + wb * normals[3 * t + 3 + k] + wc * normals[3 * t + 6 + k];
    }
    const length = Math.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]) || 1;
    let sum = 0;
    for (let i = 0; i < REACHES.length; i++) {
      const away = (LIFT * REACHES[i]) / (CELLS * length);
      sum += sampleField(
        volumes[i],
        point[0] + away * normal[0],
        point[1] + away * normal[1],
        point[2] + away * normal[2],
      );
    }
    const open = Math.round(255 * (1 - Math.min(1, (STRENGTH * sum) / REACHES.length)));
    image.data[4 * texel] = open;
    image.data[4 * texel + 1] = open;
    image.data[4 * texel + 2] = open;
    covered[texel] = 1;
  });
  fillGutters(image, covered);
  return image;
}

/** Share of each of `CELLS`³ cells that is inside, from the field's samples in it. */
function fullness({ n, data }: Field): Float32Array {
  const solid = new Float32Array(CELLS ** 3);
  const counts = new Float32Array(CELLS ** 3);
  const cell = Uint16Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * CELLS) / n));
  for (let z = 0, i = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      const row = (cell[z] * CELLS + cell[y]) * CELLS;
      for (let x = 0; x < n; x++, i++) {
        // Distances in cube units: a sample at the surface is half full.
        solid[row + cell[x]] += Math.min(1, Math.max(0, 0.5 + data[i] * n));
        counts[row + cell[x]]++;
      }
    }
  }
  for (let i = 0; i < solid.length; i++) if (counts[i]) solid[i] /= counts[i];
  return solid;
}

/** Mean over the cube of `2 reach + 1` cells a side around each cell; empty beyond the border. */
function boxBlur3(source: Float32Array, n: number, reach: number): Float32Array {
  let from = source;
  for (const stride of [1, n, n * n]) {
    const to = new Float32Array(from.length);
    for (let start = 0; start < from.length; start++) {
      if (Math.floor(start / stride) % n !== 0) continue;
      let sum = 0;
      for (let i = 0; i < reach; i++) sum += from[start + i * stride];
      for (let i = 0; i < n; i++) {
        if (i + reach < n) sum += from[start + (i + reach) * stride];
        if (i > reach) sum -= from[start + (i - reach - 1) * stride];
        to[start + i * stride] = sum / (2 * reach + 1);
      }
    }
    from = to;
  }
  return from;
}
