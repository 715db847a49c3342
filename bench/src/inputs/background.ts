import { type Camera, cameraBasis } from "@maquette/engine/frames";
import { gaussianBlur } from "@maquette/engine/image/blur";
import { LINEAR_OF_SRGB, srgbOfLinear } from "@maquette/engine/raster/srgb";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import { boundsOf } from "../shape.ts";
import { lightsAround, ShadowMaps } from "./shadow.ts";

const KINDS = ["plain", "gradient", "vignette", "room", "texture"] as const;

/** The background's mean colour keeps at least this distance from the object's, in sRGB bytes (Euclidean). */
const LEAST_CONTRAST = 60;

/**
 * A cut-out object in front of a background as photographs and concept art have it, with the soft shadow that it
 * throws on the ground on which it stands, and a little noise. Deterministic in `next`.
 */
export function composeBackground(mesh: Mesh, camera: Camera, cutout: RgbaImage, next: () => number): RgbaImage {
  const { width, height } = cutout;
  const kind = KINDS[Math.floor(next() * KINDS.length)];
  const color = backgroundColor(meanColor(cutout), next);
  const back = paintBackground(kind, color, width, height, next);
  const light = { azimuth: camera.azimuth - 60 + 120 * next(), elevation: 45 + 30 * next() };
  const shadow = groundShadow(mesh, camera, width, height, light);
  const strength = 0.35 + 0.45 * next();
  const noise = 1 + 2 * next();
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const alpha = cutout.data[4 * i + 3] / 255;
    const lit = 1 - strength * shadow[i];
    const grain = noise * (next() + next() + next() - 1.5) * 1.6;
    for (let c = 0; c < 3; c++) {
      const behind = back[3 * i + c] * lit;
      const value = alpha * LINEAR_OF_SRGB[cutout.data[4 * i + c]] + (1 - alpha) * behind;
      data[4 * i + c] = Math.max(0, Math.min(255, Math.round(srgbOfLinear(value) + grain)));
    }
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

export function meanColor(cutout: RgbaImage): [number, number, number] {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < cutout.data.length; i += 4) {
    const alpha = cutout.data[i + 3] / 255;
    for (let c = 0; c < 3; c++) sum[c] += alpha * cutout.data[i + c];
    sum[3] += alpha;
  }
  return [sum[0] / (sum[3] || 1), sum[1] / (sum[3] || 1), sum[2] / (sum[3] || 1)];
}

/** White and greys half of the time, muted colours otherwise. */
export function backgroundColor(object: readonly number[], next: () => number): number[] {
  for (;;) {
    const grey = 60 + 195 * Math.sqrt(next());
    const tint = next() < 0.5 ? 4 : 50;
    const color = [0, 1, 2].map(() => Math.max(15, Math.min(255, grey + tint * (2 * next() - 1))));
    if (Math.hypot(...color.map((v, c) => v - object[c])) >= LEAST_CONTRAST) return color;
  }
}

/** Linear light, 3 numbers a pixel. */
function paintBackground(
  kind: (typeof KINDS)[number],
  color: readonly number[],
  width: number,
  height: number,
  next: () => number,
): Float32Array {
  const base = color.map((v) => LINEAR_OF_SRGB[Math.round(v)]);
  const [dark, bright] = [0.65 + 0.25 * next(), 1 + 0.15 * next()];
  const horizon = (0.45 + 0.25 * next()) * height;
  const softness = (0.01 + 0.12 * next()) * height;
  const spots = kind === "texture" ? smoothNoise(width, height, 6 + 30 * next(), next) : null;
  const out = new Float32Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let factor = 1;
      if (kind === "gradient") factor = bright + (dark - bright) * (y / height);
      if (kind === "vignette") {
        const r = Math.hypot(x / width - 0.5, y / height - 0.5) / 0.71;
        factor = bright + (dark - bright) * r * r;
      }
      if (kind === "room") factor = dark + (bright - dark) / (1 + Math.exp(-(y - horizon) / softness));
      if (spots) factor = 1 + 0.06 * spots[i];
      for (let c = 0; c < 3; c++) out[3 * i + c] = Math.min(1, base[c] * factor);
    }
  }
  return out;
}

/** Noise of unit deviation with spots of about `sigma` pixels. */
export function smoothNoise(width: number, height: number, sigma: number, next: () => number): Float32Array {
  const white = Float32Array.from({ length: width * height }, () => 2 * next() - 1);
  const smooth = gaussianBlur(white, width, height, sigma);
  let squares = 0;
  for (const v of smooth) squares += v * v;
  const deviation = Math.sqrt(squares / smooth.length) || 1;
  return smooth.map((v) => v / deviation);
}

/** How dark the ground is at each pixel (0 lit, 1 black): a soft lamp and, at half weight, the sky. */
export function groundShadow(
  mesh: Mesh,
  camera: Camera,
  width: number,
  height: number,
  light: { azimuth: number; elevation: number },
): Float32Array {
  const { low, high } = boundsOf(mesh);
  const radius = Math.hypot(...[0, 1, 2].map((k) => Math.max(Math.abs(low[k]), Math.abs(high[k]))));
  const lamp = new ShadowMaps(mesh, lightsAround(light, 14, 16), radius);
  const sky = new ShadowMaps(mesh, lightsAround({ azimuth: 0, elevation: 90 }, 75, 40), radius);
  const { right, up, towards } = cameraBasis(camera);
  const ground = low[1];
  // Soft as it is, half the resolution is enough.
  const step = 2;
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  const coarse = new Float32Array(columns * rows);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const u = ((i + 0.5) * step - camera.centerX) / camera.scale;
      const v = -((j + 0.5) * step - camera.centerY) / camera.scale;
      // Points of the pixel's ray at depth d: (u, v)(1 - perspective · d) beside the axis. Where is their height the ground's?
      const slope = towards[1] - camera.perspective * v * up[1];
      const depth = (ground - v * up[1]) / slope;
      const w = 1 - camera.perspective * depth;
      if (!(slope > 1e-6) || !(w > 1e-3)) continue;
      const at = (k: 0 | 1 | 2) => w * (u * right[k] + v * up[k]) + depth * towards[k];
      const [x, z] = [at(0), at(2)];
      coarse[j * columns + i] = 1 - (lamp.visible(x, ground, z) + 0.5 * sky.visible(x, ground, z)) / 1.5;
    }
  }
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      out[y * width + x] = coarse[Math.floor(y / step) * columns + Math.floor(x / step)];
    }
  }
  return gaussianBlur(out, width, height, 1);
}
