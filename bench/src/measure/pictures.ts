import { gaussianBlur } from "@maquette/engine/image/blur";
import type { RgbaImage } from "@maquette/engine/types";

/** Identical pictures would have infinite PSNR; means need a number. */
const PSNR_LIMIT = 60;

/** SSIM as published: Gaussian window of σ 1.5, K1 0.01, K2 0.03 (Wang et al. 2004). */
const SSIM = { sigma: 1.5, c1: 0.01 ** 2, c2: 0.03 ** 2 } as const;

/** Intersection over union of what is opaque; 1 when both pictures are empty. */
export function silhouetteIou(a: RgbaImage, b: RgbaImage): number {
  let both = 0;
  let either = 0;
  for (let i = 3; i < a.data.length; i += 4) {
    const inA = a.data[i] >= 128;
    const inB = b.data[i] >= 128;
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either > 0 ? both / either : 1;
}

/** Peak signal-to-noise ratio in dB of two pictures on white, over all pixels and the three sRGB channels. */
export function psnr(a: RgbaImage, b: RgbaImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    for (let c = 0; c < 3; c++) {
      const d = onWhite(a, i, c) - onWhite(b, i, c);
      sum += d * d;
    }
  }
  const mean = sum / (3 * a.width * a.height);
  return mean > 0 ? Math.min(PSNR_LIMIT, -10 * Math.log10(mean)) : PSNR_LIMIT;
}

/** Structural similarity of the luma of two pictures on white, mean over all pixels. */
export function ssim(a: RgbaImage, b: RgbaImage): number {
  const { width, height } = a;
  const blur = (source: Float32Array) => gaussianBlur(source, width, height, SSIM.sigma);
  const x = luma(a);
  const y = luma(b);
  const mx = blur(x);
  const my = blur(y);
  const xx = blur(x.map((v) => v * v));
  const yy = blur(y.map((v) => v * v));
  const xy = blur(x.map((v, i) => v * y[i]));
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const vx = xx[i] - mx[i] * mx[i];
    const vy = yy[i] - my[i] * my[i];
    const cov = xy[i] - mx[i] * my[i];
    sum +=
      ((2 * mx[i] * my[i] + SSIM.c1) * (2 * cov + SSIM.c2)) /
      ((mx[i] * mx[i] + my[i] * my[i] + SSIM.c1) * (vx + vy + SSIM.c2));
  }
  return sum / mx.length;
}

function luma(image: RgbaImage): Float32Array {
  const out = new Float32Array(image.width * image.height);
  for (let i = 0; i < out.length; i++) {
    out[i] = 0.299 * onWhite(image, 4 * i, 0) + 0.587 * onWhite(image, 4 * i, 1) + 0.114 * onWhite(image, 4 * i, 2);
  }
  return out;
}

function onWhite(image: RgbaImage, i: number, c: number): number {
  const alpha = image.data[i + 3] / 255;
  return (alpha * image.data[i + c]) / 255 + 1 - alpha;
}
