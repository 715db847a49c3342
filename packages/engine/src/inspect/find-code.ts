import type { Cutout } from "../types.ts";

/** A finder pattern's runs along a line through its middle: dark, light, dark, light, dark, in modules (ISO/IEC 18004). */
const RUNS = [1, 1, 3, 1, 1] as const;
const MODULES = 7;
/** Runs may be off by this share of a module. */
const SLACK = 0.5;
/** A module has at least so many pixels. */
const LEAST_MODULE = 1.5;

interface Mark {
  x: number;
  y: number;
  module: number;
  seen: number;
}

/**
 * Whether the picture is a QR code: three finder patterns of one size at three corners of a square. Nothing else has
 * come up that has them: 1 : 1 : 3 : 1 : 1 across and down at the same place is rare, thrice at a right angle more so.
 */
export function findCode({ image }: Cutout): boolean {
  const { width, height, data } = image;
  const light = new Uint8Array(width * height);
  let [low, high] = [255, 0];
  for (let at = 0; at < light.length; at++) {
    const alpha = data[4 * at + 3] / 255;
    const grey = (data[4 * at] + 2 * data[4 * at + 1] + data[4 * at + 2]) / 4;
    light[at] = grey * alpha + 255 * (1 - alpha);
    if (light[at] < low) low = light[at];
    if (light[at] > high) high = light[at];
  }
  const middle = (low + high) / 2;
  const dark = light.map((v) => (v < middle ? 1 : 0));
  const marks: Mark[] = [];
  for (let y = 0; y < height; y += 2) {
    for (const { center, module } of patterns(dark, y * width, 1, width)) {
      const column = Math.floor(center);
      const down = patterns(dark, column, width, height).find((p) => Math.abs(p.center - y) < 1.5 * p.module);
      if (down && Math.abs(down.module - module) < 0.3 * module) merge(marks, center, down.center, module);
    }
  }
  const strong = marks.filter((m) => m.seen >= 2);
  return strong.some((a) => strong.some((b) => strong.some((c) => isCorner(a, b, c))));
}

/** Finder patterns along one line of pixels. */
function patterns(dark: Uint8Array, start: number, step: number, length: number): { center: number; module: number }[] {
  const found: { center: number; module: number }[] = [];
  const runs: number[] = [];
  let run = 0;
  for (let i = 0; i <= length; i++) {
    const value = i < length ? dark[start + i * step] : -1;
    const before = i > 0 ? dark[start + (i - 1) * step] : -1;
    if (i > 0 && value !== before) {
      runs.push(run);
      if (before === 1 && runs.length >= RUNS.length) {
        const last = runs.slice(-RUNS.length);
        const total = last.reduce((a, b) => a + b, 0);
        const module = total / MODULES;
        const fits = last.every((r, k) => Math.abs(r - RUNS[k] * module) <= SLACK * module);
        if (module >= LEAST_MODULE && fits) found.push({ center: i - total / 2, module });
      }
      run = 0;
    }
    run++;
  }
  return found;
}

function merge(marks: Mark[], x: number, y: number, module: number): void {
  const near = marks.find((m) => Math.hypot(m.x - x, m.y - y) < 2 * module);
  if (near) near.seen++;
  else marks.push({ x, y, module, seen: 1 });
}

/** Whether a lies at the right angle of a right isosceles triangle; the smallest code has 14 modules between the middles of two. */
function isCorner(a: Mark, b: Mark, c: Mark): boolean {
  if (a === b || b === c || a === c) return false;
  const [u, v] = [b, c].map((m) => [m.x - a.x, m.y - a.y]);
  const [lu, lv] = [Math.hypot(u[0], u[1]), Math.hypot(v[0], v[1])];
  const alike = Math.max(a.module, b.module, c.module) < 1.4 * Math.min(a.module, b.module, c.module);
  const square = Math.abs(u[0] * v[0] + u[1] * v[1]) < 0.15 * lu * lv && Math.abs(lu - lv) < 0.15 * lu;
  return alike && square && lu >= 12 * a.module;
}
