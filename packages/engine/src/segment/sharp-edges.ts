import { boxBlur, gaussianBlur } from "../image/blur.ts";
import type { LabImage } from "../image/color.ts";
import { squaredDistances } from "../image/distance-transform.ts";

/** Scales at which gradients are compared, pixels. */
const FINE = 0.7;
/** Two boxes of radius 2: standard deviation 2. */
const COARSE_RADIUS = 2;
/**
 * An edge is sharp when its fine gradient is this much larger than its coarse one. Ideal step: 2.9; a step blurred with
 * sigma 1.5 (a slightly soft photo): 1.6; a penumbra of sigma 3: 1.2.
 */
const SHARPNESS = 1.5;

export interface Edges {
  /** Gradient of Lab at the fine scale, per pixel. */
  gradient: Float32Array;
  /** 1 where the gradient is that of an outline rather than of shading. */
  sharp: Uint8Array;
  /** Squared distance of each pixel to the nearest of these, pixels². */
  toSharp: Float32Array;
}

/** Tells outlines from shading by comparing gradients at two scales. @param least gradients below are noise. */
export function sharpEdges(lab: LabImage, least: number): Edges {
  const { width, height } = lab;
  const gradient = gradientOf(lab, (plane) => gaussianBlur(plane, width, height, FINE));
  const coarse = gradientOf(lab, (plane) =>
    boxBlur(boxBlur(plane, width, height, COARSE_RADIUS), width, height, COARSE_RADIUS),
  );
  const sharp = new Uint8Array(width * height);
  for (let at = 0; at < sharp.length; at++) {
    if (gradient[at] > least && gradient[at] > SHARPNESS * coarse[at]) sharp[at] = 1;
  }
  return { gradient, sharp, toSharp: squaredDistances(sharp, width, height) };
}

/** Those of the edges whose gradient is above `least`. */
export function strongEdges({ gradient, sharp }: Edges, least: number, { width, height }: LabImage): Edges {
  const strong = sharp.map((v, at) => (gradient[at] > least ? v : 0));
  return { gradient, sharp: strong, toSharp: squaredDistances(strong, width, height) };
}

function gradientOf(lab: LabImage, smooth: (plane: Float32Array) => Float32Array): Float32Array {
  const { width, height } = lab;
  const squares = new Float32Array(width * height);
  for (const plane of [lab.l, lab.a, lab.b]) {
    const s = smooth(plane);
    for (let y = 0; y < height; y++) {
      const up = y > 0 ? -width : 0;
      const down = y < height - 1 ? width : 0;
      for (let x = 0, at = y * width; x < width; x++, at++) {
        const dx = s[x < width - 1 ? at + 1 : at] - s[x > 0 ? at - 1 : at];
        const dy = s[at + down] - s[at + up];
        squares[at] += dx * dx + dy * dy;
      }
    }
  }
  for (let at = 0; at < squares.length; at++) squares[at] = Math.sqrt(squares[at]) / 2;
  return squares;
}
