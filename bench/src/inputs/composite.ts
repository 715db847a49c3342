import type { Camera } from "@maquette/engine/frames";
import { gaussianBlur } from "@maquette/engine/image/blur";
import { LINEAR_OF_SRGB, srgbOfLinear } from "@maquette/engine/raster/srgb";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import { backgroundColor, groundShadow, meanColor, smoothNoise } from "./background.ts";

/** What stands behind an object, from the easiest to the hardest. */
export const FAMILIES = ["plain", "gradient", "shadow", "floor", "texture", "clutter"] as const;
export type Family = (typeof FAMILIES)[number];

/** Noise of a good camera up to a poor one, standard deviation in bytes. */
const NOISE = [0.3, 4] as const;

/**
 * A cut-out object in front of a background of a family. Deterministic in `next`.
 *
 * plain: one colour. gradient: linear, radial or vignetted. shadow: plain, with the soft shadow of the object on its
 * ground. floor: a wall and a floor of other colours, with shadow. texture: paper, cloth, wood or concrete, with shadow.
 * clutter: a room of many things, out of focus by up to a fiftieth of the picture, with shadow.
 */
export function compositeOf(
  family: Family,
  mesh: Mesh,
  camera: Camera,
  cutout: RgbaImage,
  next: () => number,
): RgbaImage {
  const { width, height } = cutout;
  const color = backgroundColor(meanColor(cutout), next).map((v) => LINEAR_OF_SRGB[Math.round(v)]);
  const back = PAINTERS[family](color, width, height, next);
  const shaded = family !== "plain" && family !== "gradient";
  const light = { azimuth: camera.azimuth - 60 + 120 * next(), elevation: 40 + 35 * next() };
  const shadow = shaded ? groundShadow(mesh, camera, width, height, light) : null;
  const strength = 0.35 + 0.45 * next();
  const noise = NOISE[0] + (NOISE[1] - NOISE[0]) * next() ** 2;
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const alpha = cutout.data[4 * i + 3] / 255;
    const lit = shadow ? 1 - strength * shadow[i] : 1;
    const grain = noise * (next() + next() + next() - 1.5) * 2;
    for (let c = 0; c < 3; c++) {
      const value = alpha * LINEAR_OF_SRGB[cutout.data[4 * i + c]] + (1 - alpha) * back[3 * i + c] * lit;
      data[4 * i + c] = Math.max(0, Math.min(255, Math.round(srgbOfLinear(Math.min(1, value)) + grain)));
    }
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

type Painter = (color: number[], width: number, height: number, next: () => number) => Float32Array;

const PAINTERS: Readonly<Record<Family, Painter>> = {
  plain: (color, width, height) => fill(width, height, () => color),
  shadow: (color, width, height) => fill(width, height, () => color),
  gradient(color, width, height, next) {
    const [dark, bright] = [0.55 + 0.3 * next(), 1 + 0.2 * next()];
    const turn = 2 * Math.PI * next();
    const radial = next() < 0.5;
    return fill(width, height, (x, y) => {
      const [u, v] = [x / width - 0.5, y / height - 0.5];
      const t = radial ? 2 * (u * u + v * v) : 0.5 + (u * Math.cos(turn) + v * Math.sin(turn)) / Math.SQRT2;
      return color.map((c) => c * (bright + (dark - bright) * t));
    });
  },
  floor(color, width, height, next) {
    const other = color.map((c) => Math.max(0.01, c * (0.35 + 0.4 * next())));
    const horizon = height * (0.5 + 0.25 * next());
    const soft = next() < 0.5 ? 1 : height * 0.04 * next();
    return fill(width, height, (_, y) => {
      const t = 1 / (1 + Math.exp(-(y - horizon) / (soft + 0.3)));
      return color.map((c, k) => c + (other[k] - c) * t);
    });
  },
  texture(color, width, height, next) {
    const stretched = next() < 0.5;
    const grain = smoothNoise(width, height, 1 + 2 * next(), next);
    const spots = smoothNoise(width, height, 8 + 24 * next(), next);
    const [fine, coarse] = [0.02 + 0.07 * next(), 0.03 + 0.08 * next()];
    return fill(width, height, (x, y) => {
      // Wood and cloth: noise read along lines becomes their fibres.
      const at = stretched ? y * width + (x >> 4) : y * width + x;
      return color.map((c) => Math.max(0, c * (1 + fine * grain[at] + coarse * spots[y * width + x])));
    });
  },
  clutter(color, width, height, next) {
    const plane = fill(width, height, (_, y) => color.map((c) => c * (1.1 - (0.5 * y) / height)));
    const count = 12 + Math.floor(30 * next());
    for (let k = 0; k < count; k++) paintThing(plane, width, height, next);
    const sigma = (height / 50) * next() ** 2;
    return sigma < 0.3 ? plane : blurred(plane, width, height, sigma);
  },
};

function fill(width: number, height: number, colorAt: (x: number, y: number) => readonly number[]): Float32Array {
  const out = new Float32Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) out.set(colorAt(x, y), 3 * i);
  return out;
}

/** A rectangle, ellipse or bar of any colour, turned at will, striped one time in three. */
function paintThing(plane: Float32Array, width: number, height: number, next: () => number): void {
  const [cx, cy, angle] = [width * next(), height * next(), next() < 0.6 ? 0 : Math.PI * next()];
  const [a, b] = [width * (0.03 + 0.2 * next()), height * (0.03 + 0.2 * next())];
  const round = next() < 0.4;
  const color = [0, 1, 2].map(() => next() ** 1.6);
  const stripes = next() < 0.33 ? 4 + 12 * next() : 0;
  const [ca, sa] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.ceil(Math.hypot(a, b));
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(height, cy + reach); y++) {
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(width, cx + reach); x++) {
      const u = ((x - cx) * ca + (y - cy) * sa) / a;
      const v = ((y - cy) * ca - (x - cx) * sa) / b;
      if (round ? u * u + v * v > 1 : Math.abs(u) > 1 || Math.abs(v) > 1) continue;
      const shade = (0.8 + 0.2 * v) * (stripes > 0 && Math.floor(u * stripes) % 2 === 0 ? 0.55 : 1);
      for (let c = 0; c < 3; c++) plane[3 * (y * width + x) + c] = color[c] * shade;
    }
  }
}

function blurred(plane: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const out = new Float32Array(plane.length);
  for (let c = 0; c < 3; c++) {
    const channel = gaussianBlur(
      Float32Array.from({ length: width * height }, (_, i) => plane[3 * i + c]),
      width,
      height,
      sigma,
    );
    for (let i = 0; i < channel.length; i++) out[3 * i + c] = channel[i];
  }
  return out;
}
