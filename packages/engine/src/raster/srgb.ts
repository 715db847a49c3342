/** Conversion between 8-bit sRGB and linear light (IEC 61966-2-1), by table: exact one way, to the nearest byte the other. */

/** Linear light (0–1) of each sRGB byte. */
export const LINEAR_OF_SRGB: Float32Array = Float32Array.from({ length: 256 }, (_, i) => {
  const c = i / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});

// 13 bits: near black one byte of sRGB spans 3.0e-4 of linear light, so steps of 1.2e-4 still find the nearest byte.
const STEPS = 8192;
const SRGB_OF_LINEAR: Uint8Array = Uint8Array.from({ length: STEPS + 1 }, (_, i) => {
  const c = i / STEPS;
  return Math.round(255 * (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055));
});

/** The sRGB byte of a linear value; values outside 0–1 are clamped. */
export function srgbOfLinear(value: number): number {
  if (!(value > 0)) return 0;
  return value >= 1 ? 255 : SRGB_OF_LINEAR[(value * STEPS + 0.5) | 0];
}
