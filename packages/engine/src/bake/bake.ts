import { triangleArea } from "../mesh/triangle-area.ts";
import { cornerNormals } from "../raster/normals.ts";
import { LINEAR_OF_SRGB, srgbOfLinear } from "../raster/srgb.ts";
import type { Mesh, RgbaImage, View } from "../types.ts";
import type { Unwrapped } from "../unwrap/unwrap.ts";
import { ColorCollector, type ColorVolume, sampleVolume } from "./color-volume.ts";
import { fillGutters } from "./fill-gutters.ts";
import { type Mirror, reflect } from "./find-mirror.ts";
import { forEachTexel } from "./for-each-texel.ts";
import { prepareViewColors, type ViewColors } from "./view-colors.ts";

export interface BakeOptions {
  /** Texels a side. */
  textureSize: number;
  /** Colours where no picture shows the surface; null spreads the seen ones. */
  unseen: ColorVolume | null;
  /** Planes in which the shape mirrors itself; where the seen colours agree with one, unseen ones are taken from it. */
  mirrors?: readonly Mirror[];
  onProgress?: (fraction: number) => void;
}

export interface Baked {
  baseColor: RgbaImage;
  /** Non-zero for texels that belong to the surface or to the gutter next to it. */
  covered: Uint8Array;
  /** Share of the covered texels that a picture shows. */
  coverage: number;
}

/** Sharpness of the choice of the best view: weights are the cosine of the viewing angle to this power. */
const ANGLE_POWER = 6;

/** Cosines below the first count for nothing (stretched beyond use), above the second fully. */
const GRAZING = [0.08, 0.3] as const;

/** Pixels from the outline over which a view gains its full weight. */
const EDGE_FADE = 3;

/** A point counts as visible when no more than this lies in front of it, cube units: a cell of the coarsest level. */
const DEPTH_BIAS = 1 / 128;

/**
 * The same for a point's reflection: a guessed half is not where the seen one is to a cell, and a reflection just below
 * the surface still is that surface's.
 */
const MIRROR_DEPTH_BIAS = 5 / 128;

/** Points looked up to compare the colours on both sides of a plane of symmetry. */
const MIRROR_PROBES = 6000;

/**
 * Mean difference in linear light between seen points and their seen reflections above which a plane is none of the
 * colours': lit and shaded sides of one paint differ by 0.05–0.1, a face and a back of a head by 0.2 and more.
 */
const MIRROR_COLORS = 0.14;

/** Planes that show fewer than this share of the unseen points add nothing. */
const MIRROR_GAIN = 0.08;

/**
 * Cosines of the best view between which a surface goes from unseen to seen. Weights say which of several views is best,
 * not whether one is good enough: measured by them, a side at 60° was half unseen, and blurred in the very picture that
 * shows it.
 */
const SEEN = [0.1, 0.3] as const;

/** Planes whose normal is nearer than this (cosine) to the direction of a view only repeat what shows through. */
const MIRROR_FACING = 0.85;

/** Cells a side of the volume through which seen colours are spread. */
const SPREAD_CELLS = 48;

/**
 * Base colour of every texel from the views that see it, weighted by angle and by distance to the outline; where no
 * view does, from `unseen` and from what shows through. Colours blend in linear light.
 */
export function bake(mesh: Mesh, unwrapped: Unwrapped, views: View[], options: BakeOptions): Baked {
  const { textureSize: size } = options;
  const sources = views.map((v) => prepareViewColors(v, mesh));
  options.onProgress?.(0.15);
  const normals = cornerNormals(mesh, 60);
  const baseColor: RgbaImage = { width: size, height: size, data: new Uint8Array(4 * size * size) };
  const pixels = baseColor.data;
  // 0: no surface here; otherwise 1 + 254 * (how well the views know it).
  const known = new Uint8Array(size * size);
  const collector = new ColorCollector(SPREAD_CELLS);
  const point = new Float64Array(6);
  const color = new Float64Array(3);
  let covered = 0;
  let seen = 0;
  forEachTexel(unwrapped, size, (texel, triangle, weights) => {
    locate(mesh, normals, triangle, weights, point);
    const share = blendViews(sources, point, color);
    covered++;
    if (share > 0.5) seen++;
    known[texel] = 1 + Math.round(254 * share);
    if (share > 0) {
      collector.add(point[0], point[1], point[2], color[0], color[1], color[2], share * 0.1);
      store(pixels, texel, color);
    } else {
      pixels[4 * texel + 3] = 255;
    }
  });
  options.onProgress?.(0.6);
  const mirror = chooseMirror(mesh, normals, sources, options.mirrors ?? []);
  const unseen = options.unseen ? collector.correct(options.unseen, mirror) : collector.spread(mirror);
  const other = new Float64Array(3);
  const reflected = new Float64Array(6);
  const mirrored = new Float64Array(3);
  forEachTexel(unwrapped, size, (texel, triangle, weights) => {
    const share = (known[texel] - 1) / 254;
    if (share > 0.98) return;
    locate(mesh, normals, triangle, weights, point);
    sampleVolume(unseen, point[0], point[1], point[2], other);
    const through = blendThrough(sources, point, color);
    const alike = mirror ? blendMirrored(mirror, sources, point, reflected, mirrored) : 0;
    for (let k = 0; k < 3; k++) {
      const guess = through * color[k] + (1 - through) * other[k];
      other[k] = alike * mirrored[k] + (1 - alike) * guess;
    }
    for (let k = 0; k < 3; k++) {
      color[k] = share * LINEAR_OF_SRGB[pixels[4 * texel + k]] + (1 - share) * other[k];
    }
    store(pixels, texel, color);
  });
  options.onProgress?.(0.9);
  fillGutters(baseColor, known);
  return { baseColor, covered: known, coverage: covered ? seen / covered : 0 };
}

function store(pixels: Uint8Array, texel: number, color: Float64Array): void {
  pixels[4 * texel] = srgbOfLinear(color[0]);
  pixels[4 * texel + 1] = srgbOfLinear(color[1]);
  pixels[4 * texel + 2] = srgbOfLinear(color[2]);
  pixels[4 * texel + 3] = 255;
}

function smoothstep(low: number, high: number, v: number): number {
  const t = Math.min(1, Math.max(0, (v - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The surface point under a texel: position and unit normal, into `point`. */
function locate(mesh: Mesh, normals: Float32Array, triangle: number, weights: Float64Array, point: Float64Array): void {
  const { positions: p, triangles } = mesh;
  const t = 3 * triangle;
  const a = 3 * triangles[t];
  const b = 3 * triangles[t + 1];
  const c = 3 * triangles[t + 2];
  const wa = weights[0];
  const wb = weights[1];
  const wc = weights[2];
  for (let k = 0; k < 3; k++) {
    point[k] = wa * p[a + k] + wb * p[b + k] + wc * p[c + k];
    point[3 + k] = wa * normals[3 * t + k] + wb * normals[3 * t + 3 + k] + wc * normals[3 * t + 6 + k];
  }
  const length = Math.sqrt(point[3] * point[3] + point[4] * point[4] + point[5] * point[5]) || 1;
  point[3] /= length;
  point[4] /= length;
  point[5] /= length;
}

/** Colour of the point's reflection where a view sees that, into `color`; returns how much it is worth, 0–1. */
function blendMirrored(
  mirror: Mirror,
  sources: ViewColors[],
  point: Float64Array,
  reflected: Float64Array,
  color: Float64Array,
): number {
  const [x, z] = reflect(mirror, point[0], point[2]);
  const along = 2 * (point[3] * mirror.nx + point[5] * mirror.nz);
  reflected.set([x, point[1], z, point[3] - along * mirror.nx, point[4], point[5] - along * mirror.nz]);
  return blendViews(sources, reflected, color, MIRROR_DEPTH_BIAS);
}

/**
 * The plane that shows most of the unseen surface among those whose seen points look like their seen reflections.
 * Probes the centres of triangles, evenly by number.
 */
function chooseMirror(
  mesh: Mesh,
  normals: Float32Array,
  sources: ViewColors[],
  mirrors: readonly Mirror[],
): Mirror | null {
  const count = mesh.triangles.length / 3;
  const step = Math.max(1, Math.floor(count / MIRROR_PROBES));
  const point = new Float64Array(6);
  const reflected = new Float64Array(6);
  const here = new Float64Array(3);
  const there = new Float64Array(3);
  const middle = Float64Array.of(1 / 3, 1 / 3, 1 / 3);
  let chosen: Mirror | null = null;
  let most = MIRROR_GAIN;
  for (const mirror of mirrors) {
    if (sources.some(({ projector: m }) => Math.abs(mirror.nx * m.zx + mirror.nz * m.zz) > MIRROR_FACING)) continue;
    let [difference, both, unseen, shown] = [0, 0, 0, 0];
    for (let t = 0; t < count; t += step) {
      const area = triangleArea(mesh.positions, mesh.triangles, 3 * t);
      locate(mesh, normals, t, middle, point);
      const seen = blendViews(sources, point, here) > 0.5;
      const alike = blendMirrored(mirror, sources, point, reflected, there) > 0.5;
      if (!seen) unseen += area;
      if (!seen && alike) shown += area;
      if (!seen || !alike) continue;
      difference +=
        (area * (Math.abs(here[0] - there[0]) + Math.abs(here[1] - there[1]) + Math.abs(here[2] - there[2]))) / 3;
      both += area;
    }
    const gain = unseen > 0 ? shown / unseen : 0;
    if (both > 0 && difference / both > MIRROR_COLORS) continue;
    if (gain > most) {
      chosen = mirror;
      most = gain;
    }
  }
  return chosen;
}

/** Weighted mean of the views that see the point, into `color`; returns how well it is seen, 0–1. */
function blendViews(sources: ViewColors[], point: Float64Array, color: Float64Array, bias = DEPTH_BIAS): number {
  let total = 0;
  let seen = 0;
  let r = 0;
  let g = 0;
  let b = 0;
  for (const s of sources) {
    const cosine = facing(s, point);
    if (cosine <= GRAZING[0]) continue;
    const m = s.projector;
    const depth = point[0] * m.zx + point[1] * m.zy + point[2] * m.zz;
    const w = 1 - m.perspective * depth;
    const px = m.cx + (point[0] * m.xx + point[1] * m.xy + point[2] * m.xz) / w;
    const py = m.cy - (point[0] * m.yx + point[1] * m.yy + point[2] * m.yz) / w;
    const ix = Math.min(s.width - 1, Math.max(0, Math.floor(px)));
    const iy = Math.min(s.height - 1, Math.max(0, Math.floor(py)));
    const at = iy * s.width + ix;
    if (depth < s.nearest[at] - bias) continue;
    const edge = smoothstep(-1, EDGE_FADE, s.edge[at]);
    const weight = cosine ** ANGLE_POWER * smoothstep(GRAZING[0], GRAZING[1], cosine) * (0.05 + 0.95 * edge);
    fetch(s, s.colors, px, py, color);
    seen = Math.max(seen, smoothstep(SEEN[0], SEEN[1], cosine) * (0.6 + 0.4 * edge));
    total += weight;
    r += weight * color[0];
    g += weight * color[1];
    b += weight * color[2];
  }
  if (total > 0) {
    color[0] = r / total;
    color[1] = g / total;
    color[2] = b / total;
  }
  return seen;
}

/**
 * Colour of a surface that faces away from a view at the same place in it, as if that showed through, into `color`: most objects
 * repeat their colours on the far side, and diffusion alone leaves a smear there. Returns how much it is worth, 0–1: all, where it
 * faces away by a third, since the 15 % of the guess that were mixed in before brought back what `through` leaves out. By a half
 * it left a blurred band between what is seen and what shows through.
 */
function blendThrough(sources: ViewColors[], point: Float64Array, color: Float64Array): number {
  let best = 0;
  for (const s of sources) {
    const away = smoothstep(0, 0.35, -facing(s, point));
    if (away <= best) continue;
    const m = s.projector;
    const depth = point[0] * m.zx + point[1] * m.zy + point[2] * m.zz;
    const w = 1 - m.perspective * depth;
    const px = m.cx + (point[0] * m.xx + point[1] * m.xy + point[2] * m.xz) / w;
    const py = m.cy - (point[0] * m.yx + point[1] * m.yy + point[2] * m.yz) / w;
    fetch(s, s.through, px, py, color);
    best = away;
  }
  return best;
}

/** Cosine of the angle between the point's normal and the direction towards the view's camera. */
function facing(s: ViewColors, point: Float64Array): number {
  const m = s.projector;
  // Towards a camera at distance 1 / k along z: z / k - p, which is z - k p up to length.
  const k = m.perspective;
  const dx = m.zx - k * point[0];
  const dy = m.zy - k * point[1];
  const dz = m.zz - k * point[2];
  return (point[3] * dx + point[4] * dy + point[5] * dz) / Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/** Bilinear colour in linear light. */
function fetch(s: ViewColors, colors: Uint8Array, px: number, py: number, out: Float64Array): void {
  const { width, height } = s;
  const x = Math.min(width - 1, Math.max(0, px - 0.5));
  const y = Math.min(height - 1, Math.max(0, py - 0.5));
  const ix = Math.min(width - 2, Math.floor(x));
  const iy = Math.min(height - 2, Math.floor(y));
  const fx = x - ix;
  const fy = y - iy;
  const at = 3 * (iy * width + ix);
  const below = at + 3 * width;
  for (let k = 0; k < 3; k++) {
    const top = LINEAR_OF_SRGB[colors[at + k]] * (1 - fx) + LINEAR_OF_SRGB[colors[at + 3 + k]] * fx;
    const bottom = LINEAR_OF_SRGB[colors[below + k]] * (1 - fx) + LINEAR_OF_SRGB[colors[below + 3 + k]] * fx;
    out[k] = top * (1 - fy) + bottom * fy;
  }
}
