import type { Style } from "../asset.ts";
import { type Camera, cameraBasis } from "../frames.ts";
import type { Mesh, RgbaImage } from "../types.ts";
import { CREASE_DEGREES, cornerNormals } from "./normals.ts";
import { projectVertices, rasterize } from "./rasterize.ts";
import { LINEAR_OF_SRGB, srgbOfLinear } from "./srgb.ts";
import type { Texture } from "./texture.ts";

/**
 * A mesh with what gives it its looks. Colours multiply in linear light, as glTF asks: texture × vertex × face.
 * What is missing counts as white.
 */
export interface RenderMesh extends Mesh {
  /** sRGB bytes, 3 per vertex. */
  vertexColors?: Uint8Array;
  /** sRGB bytes, 3 per triangle. */
  faceColors?: Uint8Array;
  /** 2 per corner (6 per triangle); origin at the top left of the texture, v down. */
  uvs?: Float32Array;
  textures?: Texture[];
  /** Which texture a triangle takes, -1 for none; left out: all take the first. */
  triangleTextures?: Int16Array;
  /** Unit normals, 3 per corner (9 per triangle); left out: computed according to `shading`. */
  normals?: Float32Array;
}

/** Light without shadows: a hemisphere from above and below, and one lamp that moves with the camera. Linear light. */
export interface Light {
  sky: readonly [number, number, number];
  ground: readonly [number, number, number];
  key: readonly [number, number, number];
  /** Towards the lamp, in the camera's axes (right, up, towards the camera); any length. */
  keyDirection: readonly [number, number, number];
}

/** How much of the light reaches a point of the object frame (0–1), for those who compute shadows. */
export interface Visibility {
  key: (x: number, y: number, z: number) => number;
  sky: (x: number, y: number, z: number) => number;
}

export interface RenderOptions {
  /** For meshes without normals: crease-aware (40°), flat, or smooth. */
  shading: Style["shading"];
  /** null renders the bare base colour. */
  light: Light | null;
  /** Samples a side of each pixel; 1 switches anti-aliasing off. */
  samples: number;
  /** sRGB bytes of an opaque background; null leaves it transparent. */
  background: readonly [number, number, number] | null;
  visibility: Visibility | null;
  /** Base colour of a point of the object frame, linear light, written to `out`; multiplies the mesh's own. */
  paint: ((x: number, y: number, z: number, out: Float64Array) => void) | null;
}

/** A white surface that faces the camera comes out at 0.84 of white, one turned up near white, one turned down at 0.4. */
export const SOFT_LIGHT: Light = {
  sky: [0.66, 0.67, 0.7],
  ground: [0.37, 0.36, 0.34],
  key: [0.56, 0.55, 0.53],
  keyDirection: [-0.55, 0.65, 0.75],
};

export const RENDER_DEFAULTS: RenderOptions = {
  shading: "angle",
  light: SOFT_LIGHT,
  samples: 2,
  background: null,
  visibility: null,
  paint: null,
};

/**
 * What a camera sees of a mesh: two-sided, textures bilinear from the fitting mip level, everything in linear light,
 * interpolation correct in perspective. Alpha is coverage (straight), so a transparent picture composites cleanly.
 */
export function renderMesh(
  mesh: RenderMesh,
  camera: Camera,
  width: number,
  height: number,
  options: Partial<RenderOptions> = {},
): RgbaImage {
  const all = { ...RENDER_DEFAULTS, ...options };
  const { samples, background } = all;
  const fine = supersampled(camera, samples);
  const sw = width * samples;
  const { triangle } = rasterize(mesh.positions, mesh.triangles, fine, sw, height * samples);
  const light4 = new Float32Array(width * height * 4);
  const shader = new Shader(mesh, fine, all);
  for (let y = 0, s = 0; y < height * samples; y++) {
    const row = ((y / samples) | 0) * width;
    for (let x = 0; x < sw; x++, s++) {
      const t = triangle[s];
      if (t < 0) continue;
      shader.shade(t, x, y);
      const to = 4 * (row + ((x / samples) | 0));
      light4[to] += shader.r;
      light4[to + 1] += shader.g;
      light4[to + 2] += shader.b;
      light4[to + 3]++;
    }
  }
  return resolve(light4, width, height, samples * samples, background);
}

/** The same camera for a picture with `samples` times the pixels a side. */
export function supersampled(camera: Camera, samples: number): Camera {
  return {
    ...camera,
    scale: camera.scale * samples,
    centerX: camera.centerX * samples,
    centerY: camera.centerY * samples,
  };
}

function resolve(
  light4: Float32Array,
  width: number,
  height: number,
  full: number,
  background: RenderOptions["background"],
): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  const back = background ? background.map((v) => LINEAR_OF_SRGB[v]) : null;
  for (let i = 0; i < data.length; i += 4) {
    const hits = light4[i + 3];
    if (hits === 0) {
      if (background) {
        data[i] = background[0];
        data[i + 1] = background[1];
        data[i + 2] = background[2];
        data[i + 3] = 255;
      }
      continue;
    }
    const divisor = 1 / (back ? full : hits);
    for (let c = 0; c < 3; c++) {
      const behind = back ? (full - hits) * back[c] : 0;
      data[i + c] = srgbOfLinear((light4[i + c] + behind) * divisor);
    }
    data[i + 3] = back ? 255 : Math.round((255 * hits) / full);
  }
  return { width, height, data };
}

/** Colour of one sample of one triangle; keeps what belongs to the triangle until another one comes. */
class Shader {
  r = 0;
  g = 0;
  b = 0;
  private readonly mesh: RenderMesh;
  private readonly normals: Float32Array | null;
  private readonly sx: Float64Array;
  private readonly sy: Float64Array;
  /** 1 / w of each vertex, by which attributes become linear in the picture. */
  private readonly inverseW: Float64Array;
  private readonly light: Light | null;
  private readonly visibility: Visibility | null;
  private readonly paint: RenderOptions["paint"];
  private readonly painted = new Float64Array(3);
  private readonly key: [number, number, number];
  private readonly eye: [number, number, number];
  private readonly perspective: number;
  // -- of the current triangle
  private current = -1;
  private a = 0;
  private bv = 0;
  private c = 0;
  private ax = 0;
  private ay = 0;
  private wbx = 0;
  private wby = 0;
  private wcx = 0;
  private wcy = 0;
  private iwa = 0;
  private iwb = 0;
  private iwc = 0;
  private image: RgbaImage | null = null;
  private wrap: Texture["wrap"] = "clamp";

  constructor(mesh: RenderMesh, camera: Camera, { light, shading, visibility, paint }: RenderOptions) {
    this.mesh = mesh;
    const { sx, sy, sq } = projectVertices(mesh.positions, camera);
    this.sx = sx;
    this.sy = sy;
    // q = depth / w and w = 1 - perspective * depth give 1 / w = 1 + perspective * q.
    this.inverseW = sq.map((q) => 1 + camera.perspective * q);
    this.light = light;
    this.visibility = visibility;
    this.paint = paint;
    this.normals = light ? (mesh.normals ?? cornerNormals(mesh, CREASES[shading])) : null;
    const { right, up, towards } = cameraBasis(camera);
    const [kx, ky, kz] = light?.keyDirection ?? [0, 0, 1];
    const length = Math.hypot(kx, ky, kz) || 1;
    const along = (i: 0 | 1 | 2) => (kx * right[i] + ky * up[i] + kz * towards[i]) / length;
    this.key = [along(0), along(1), along(2)];
    this.eye = towards;
    this.perspective = camera.perspective;
  }

  /** @param column of the sample; whole numbers cost nothing to hand over, others an object each. */
  shade(t: number, column: number, row: number): void {
    if (t !== this.current) this.enter(t);
    const { mesh } = this;
    const ox = column + 0.5 - this.ax;
    const oy = row + 0.5 - this.ay;
    const fb = this.wbx * ox + this.wby * oy;
    const fc = this.wcx * ox + this.wcy * oy;
    let wa = (1 - fb - fc) * this.iwa;
    let wb = fb * this.iwb;
    let wc = fc * this.iwc;
    const inverse = 1 / (wa + wb + wc);
    wa *= inverse;
    wb *= inverse;
    wc *= inverse;

    let r = 1;
    let g = 1;
    let b = 1;
    if (this.image) {
      const uv = mesh.uvs!;
      const o = 6 * t;
      this.sample(wa * uv[o] + wb * uv[o + 2] + wc * uv[o + 4], wa * uv[o + 1] + wb * uv[o + 3] + wc * uv[o + 5]);
      r = this.r;
      g = this.g;
      b = this.b;
    }
    const colors = mesh.vertexColors;
    if (colors) {
      const i = 3 * this.a;
      const j = 3 * this.bv;
      const k = 3 * this.c;
      const L = LINEAR_OF_SRGB;
      r *= wa * L[colors[i]] + wb * L[colors[j]] + wc * L[colors[k]];
      g *= wa * L[colors[i + 1]] + wb * L[colors[j + 1]] + wc * L[colors[k + 1]];
      b *= wa * L[colors[i + 2]] + wb * L[colors[j + 2]] + wc * L[colors[k + 2]];
    }
    if (mesh.faceColors) {
      r *= LINEAR_OF_SRGB[mesh.faceColors[3 * t]];
      g *= LINEAR_OF_SRGB[mesh.faceColors[3 * t + 1]];
      b *= LINEAR_OF_SRGB[mesh.faceColors[3 * t + 2]];
    }

    const { light, normals } = this;
    if (!light && !this.paint) {
      this.r = r;
      this.g = g;
      this.b = b;
      return;
    }
    const p = mesh.positions;
    const i = 3 * this.a;
    const j = 3 * this.bv;
    const k = 3 * this.c;
    const x = wa * p[i] + wb * p[j] + wc * p[k];
    const y = wa * p[i + 1] + wb * p[j + 1] + wc * p[k + 1];
    const z = wa * p[i + 2] + wb * p[j + 2] + wc * p[k + 2];
    if (this.paint) {
      this.paint(x, y, z, this.painted);
      r *= this.painted[0];
      g *= this.painted[1];
      b *= this.painted[2];
    }
    if (light && normals) {
      const o = 9 * t;
      let nx = wa * normals[o] + wb * normals[o + 3] + wc * normals[o + 6];
      let ny = wa * normals[o + 1] + wb * normals[o + 4] + wc * normals[o + 7];
      let nz = wa * normals[o + 2] + wb * normals[o + 5] + wc * normals[o + 8];
      // Two-sided: turn the normal to the camera, which sits at towards / perspective.
      const [ex, ey, ez] = this.eye;
      const s = this.perspective;
      const facing = nx * (ex - s * x) + ny * (ey - s * y) + nz * (ez - s * z);
      const scale = (facing < 0 ? -1 : 1) / (Math.sqrt(nx * nx + ny * ny + nz * nz) || 1);
      nx *= scale;
      ny *= scale;
      nz *= scale;
      let lamp = Math.max(0, nx * this.key[0] + ny * this.key[1] + nz * this.key[2]);
      let open = 1;
      if (this.visibility) {
        if (lamp > 0) lamp *= this.visibility.key(x, y, z);
        open = this.visibility.sky(x, y, z);
      }
      const up = open * (0.5 + 0.5 * ny);
      const down = open * (0.5 - 0.5 * ny);
      r *= light.sky[0] * up + light.ground[0] * down + light.key[0] * lamp;
      g *= light.sky[1] * up + light.ground[1] * down + light.key[1] * lamp;
      b *= light.sky[2] * up + light.ground[2] * down + light.key[2] * lamp;
    }
    // Clamp before samples are averaged, or over-bright ones would hide the silhouette's anti-aliasing.
    this.r = r < 1 ? r : 1;
    this.g = g < 1 ? g : 1;
    this.b = b < 1 ? b : 1;
  }

  private enter(t: number): void {
    this.current = t;
    const { triangles, textures, triangleTextures, uvs } = this.mesh;
    const a = triangles[3 * t];
    const b = triangles[3 * t + 1];
    const c = triangles[3 * t + 2];
    this.a = a;
    this.bv = b;
    this.c = c;
    const ax = this.sx[a];
    const ay = this.sy[a];
    const abx = this.sx[b] - ax;
    const aby = this.sy[b] - ay;
    const acx = this.sx[c] - ax;
    const acy = this.sy[c] - ay;
    const area = abx * acy - acx * aby;
    this.ax = ax;
    this.ay = ay;
    this.wbx = acy / area;
    this.wby = -acx / area;
    this.wcx = -aby / area;
    this.wcy = abx / area;
    this.iwa = this.inverseW[a];
    this.iwb = this.inverseW[b];
    this.iwc = this.inverseW[c];
    this.image = null;
    if (!textures?.length || !uvs) return;
    const texture = textures[triangleTextures ? triangleTextures[t] : 0];
    if (!texture) return;
    const full = texture.levels[0];
    const o = 6 * t;
    const ubx = uvs[o + 2] - uvs[o];
    const uby = uvs[o + 3] - uvs[o + 1];
    const ucx = uvs[o + 4] - uvs[o];
    const ucy = uvs[o + 5] - uvs[o + 1];
    const texels = Math.abs(ubx * ucy - ucx * uby) * full.width * full.height;
    // Rounded down: 1 to 2 texels a sample. Rounding up is visibly blurred, and padding between charts stays enough.
    const level = texels > 0 ? Math.floor(0.5 * Math.log2(texels / Math.abs(area))) : 0;
    this.image = texture.levels[Math.min(Math.max(level, 0), texture.levels.length - 1)];
    this.wrap = texture.wrap;
  }

  /** Bilinear, linear light, into r, g, b. */
  private sample(u: number, v: number): void {
    const { width: w, height: h, data } = this.image!;
    const x = u * w - 0.5;
    const y = v * h - 0.5;
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const left = 4 * wrapped(x0, w, this.wrap);
    const right = 4 * wrapped(x0 + 1, w, this.wrap);
    const top = 4 * w * wrapped(y0, h, this.wrap);
    const bottom = 4 * w * wrapped(y0 + 1, h, this.wrap);
    const w00 = (1 - fx) * (1 - fy);
    const w10 = fx * (1 - fy);
    const w01 = (1 - fx) * fy;
    const w11 = fx * fy;
    const i = top + left;
    const j = top + right;
    const k = bottom + left;
    const l = bottom + right;
    const L = LINEAR_OF_SRGB;
    this.r = w00 * L[data[i]] + w10 * L[data[j]] + w01 * L[data[k]] + w11 * L[data[l]];
    this.g = w00 * L[data[i + 1]] + w10 * L[data[j + 1]] + w01 * L[data[k + 1]] + w11 * L[data[l + 1]];
    this.b = w00 * L[data[i + 2]] + w10 * L[data[j + 2]] + w01 * L[data[k + 2]] + w11 * L[data[l + 2]];
  }
}

const CREASES: Readonly<Record<Style["shading"], number>> = { smooth: 180, angle: CREASE_DEGREES, flat: 0 };

function wrapped(i: number, n: number, wrap: Texture["wrap"]): number {
  if (i >= 0 && i < n) return i;
  if (wrap === "clamp") return i < 0 ? 0 : n - 1;
  const period = wrap === "mirror" ? 2 * n : n;
  const at = ((i % period) + period) % period;
  return at < n ? at : period - 1 - at;
}
