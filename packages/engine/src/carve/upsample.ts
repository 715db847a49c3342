import type { Field } from "../types.ts";

/**
 * Reads a coarse field at the samples of a finer one, row by row, by uniform cubic B-splines: twice continuously
 * differentiable, so that the coarse grid does not show as facets (trilinear interpolation leaves visible creases at
 * each coarse cell). Beyond the grid the outermost sample is repeated.
 */
export function rowSampler(coarse: Field, n: number): (y: number, z: number, row: Float32Array) => void {
  const m = coarse.n;
  const taps = Array.from({ length: n }, (_, i) => splineTaps(((i + 0.5) * m) / n - 0.5, m));
  const firsts = Int32Array.from(taps, (t) => t.first);
  const weights = Float64Array.from(taps.flatMap((t) => t.weights));
  const plane = new Float64Array(m * m);
  const line = new Float64Array(m + 3);
  let currentZ = -1;
  return (y, z, row) => {
    if (z !== currentZ) {
      combine(coarse.data, plane, m * m, taps[z], m);
      currentZ = z;
    }
    combine(plane, line, m, taps[y], m);
    for (let i = 0; i < n; i++) {
      const f = firsts[i];
      const a = f < 0 ? 0 : f;
      const b = f + 1 < 0 ? 0 : f + 1 >= m ? m - 1 : f + 1;
      const c = f + 2 >= m ? m - 1 : f + 2;
      const d = f + 3 >= m ? m - 1 : f + 3;
      row[i] =
        line[a] * weights[4 * i] +
        line[b] * weights[4 * i + 1] +
        line[c] * weights[4 * i + 2] +
        line[d] * weights[4 * i + 3];
    }
  };
}

interface Taps {
  first: number;
  weights: [number, number, number, number];
}

function splineTaps(at: number, m: number): Taps {
  const base = Math.min(m - 1, Math.max(-1, Math.floor(at)));
  const t = at - base;
  const t2 = t * t;
  const t3 = t2 * t;
  return {
    first: base - 1,
    weights: [(1 - 3 * t + 3 * t2 - t3) / 6, (4 - 6 * t2 + 3 * t3) / 6, (1 + 3 * t + 3 * t2 - 3 * t3) / 6, t3 / 6],
  };
}

function combine(from: ArrayLike<number>, to: Float64Array, stride: number, taps: Taps, m: number): void {
  const at = (k: number) => Math.min(m - 1, Math.max(0, taps.first + k)) * stride;
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  const [wa, wb, wc, wd] = taps.weights;
  for (let i = 0; i < stride; i++) {
    to[i] = from[a + i] * wa + from[b + i] * wb + from[c + i] * wc + from[d + i] * wd;
  }
}
