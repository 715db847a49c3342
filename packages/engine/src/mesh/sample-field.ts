import type { Field } from "../types.ts";

/** The field's value at a place in its cube, between samples by trilinear interpolation; beyond the outermost ones, theirs. */
export function sampleField({ n, data }: Field, x: number, y: number, z: number): number {
  const px = within((x + 0.5) * n - 0.5, n);
  const py = within((y + 0.5) * n - 0.5, n);
  const pz = within((z + 0.5) * n - 0.5, n);
  const ix = Math.floor(px);
  const iy = Math.floor(py);
  const iz = Math.floor(pz);
  const fx = px - ix;
  const fy = py - iy;
  const fz = pz - iz;
  const at = (iz * n + iy) * n + ix;
  const lower = at + n * n;
  const front = mix(mix(data[at], data[at + 1], fx), mix(data[at + n], data[at + n + 1], fx), fy);
  const back = mix(mix(data[lower], data[lower + 1], fx), mix(data[lower + n], data[lower + n + 1], fx), fy);
  return mix(front, back, fz);
}

function within(v: number, n: number): number {
  return Math.min(n - 1.001, Math.max(0, v));
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}
