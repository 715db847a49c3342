import { squaredDistances } from "@maquette/engine/image/distance-transform";
import { CASES } from "../inputs/cases.ts";
import { frontSilhouette } from "./front.ts";
import type { Method } from "./method.ts";
import { paintVertices } from "./paint.ts";
import { polygonize } from "./polygonize.ts";

const RESOLUTION = 128;

/**
 * Floor: the first silhouette inflated. The body is the union of all balls that touch the silhouette's border from
 * inside with their centres in the picture plane, so that limbs are as thick as they are wide.
 */
export const balloon: Method = {
  name: "balloon",
  cases: CASES,
  async run(pictures, cameras) {
    const n = RESOLUTION;
    const front = frontSilhouette(pictures, cameras, n);
    const squared = inflate(front.inside, n);
    const field = new Float32Array(n ** 3);
    for (let z = 0, i = 0; z < n; z++) {
      const dz = z + 0.5 - n / 2;
      for (let k = 0; k < n * n; k++, i++) field[i] = squared[k] - dz * dz;
    }
    return paintVertices(polygonize(field, n), [front.image], [front.camera]);
  },
};

/**
 * Squared half thickness at each cell: the maximum over all inside cells c of d(c)² - |p - c|², the upper envelope of
 * downward parabolas, one axis at a time (Felzenszwalb & Huttenlocher 2012).
 */
export function inflate(inside: Uint8Array, n: number): Float32Array {
  const outside = inside.map((v) => 1 - v);
  const distances = squaredDistances(outside, n, n);
  const line = new Float64Array(n);
  const out = Float32Array.from(inside, (v, i) => (v ? Math.min(distances[i], n * n) : Number.NEGATIVE_INFINITY));
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) line[x] = out[y * n + x];
    envelope(line, (x, v) => {
      out[y * n + x] = v;
    });
  }
  for (let x = 0; x < n; x++) {
    for (let y = 0; y < n; y++) line[y] = out[y * n + x];
    envelope(line, (y, v) => {
      out[y * n + x] = v;
    });
  }
  return out.map((v, i) => (inside[i] ? v : -1));
}

/** max over q of f(q) - (p - q)², for all p. */
function envelope(f: Float64Array, put: (p: number, value: number) => void): void {
  const sites: number[] = [];
  const from: number[] = [];
  for (let q = 0; q < f.length; q++) {
    if (f[q] === Number.NEGATIVE_INFINITY) continue;
    let start = Number.NEGATIVE_INFINITY;
    while (sites.length > 0) {
      const s = sites[sites.length - 1];
      // Where the parabola of q rises above that of s.
      start = (f[s] - s * s - (f[q] - q * q)) / (2 * (q - s));
      if (start > from[sites.length - 1]) break;
      sites.pop();
      from.pop();
      start = Number.NEGATIVE_INFINITY;
    }
    sites.push(q);
    from.push(start);
  }
  for (let p = 0, k = 0; p < f.length && sites.length > 0; p++) {
    while (k + 1 < sites.length && from[k + 1] <= p) k++;
    put(p, f[sites[k]] - (p - sites[k]) ** 2);
  }
}
