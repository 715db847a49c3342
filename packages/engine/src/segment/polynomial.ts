import { median } from "../image/quantile.ts";

/**
 * Polynomials in two variables of low total degree, three channels at once: the shape of a plain, shaded or vignetted
 * background in Lab.
 */

/** Terms of degree 0 … 4, by rising degree: exponents of u and v. */
const TERMS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [0, 1],
  [2, 0],
  [1, 1],
  [0, 2],
  [3, 0],
  [2, 1],
  [1, 2],
  [0, 3],
  [4, 0],
  [3, 1],
  [2, 2],
  [1, 3],
  [0, 4],
];
export const MAX_DEGREE = 4;

/** Coefficients per channel, in the order of the terms. */
export interface Polynomial {
  degree: number;
  channels: [Float64Array, Float64Array, Float64Array];
}

/** Places and values, all arrays equally long. u and v run from -1 to 1 across the picture. */
export interface Samples {
  u: Float32Array;
  v: Float32Array;
  l: Float32Array;
  a: Float32Array;
  b: Float32Array;
}

/** Cut-off of the weights in median residuals: 4.6 standard deviations of noise that is alike in all three channels. */
const TUKEY = 3;

const termCount = (degree: number) => ((degree + 1) * (degree + 2)) / 2;

/**
 * Weighted least squares by normal equations with a trace of ridge, so that samples which leave a term open (all on one
 * line, say) give it no weight instead of a wild value.
 */
export function fitPolynomial(samples: Samples, weights: Float32Array | null, degree: number): Polynomial {
  const n = termCount(degree);
  const normal = new Float64Array(n * n);
  const right = [new Float64Array(n), new Float64Array(n), new Float64Array(n)] as Polynomial["channels"];
  const row = new Float64Array(n);
  const count = samples.u.length;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights === null ? 1 : weights[i];
    if (weight === 0) continue;
    total += weight;
    fillTerms(row, samples.u[i], samples.v[i]);
    for (let p = 0; p < n; p++) {
      const w = weight * row[p];
      right[0][p] += w * samples.l[i];
      right[1][p] += w * samples.a[i];
      right[2][p] += w * samples.b[i];
      for (let q = p; q < n; q++) normal[p * n + q] += w * row[q];
    }
  }
  for (let p = 0; p < n; p++) {
    if (p > 0) normal[p * n + p] += 1e-4 * total + 1e-9;
    for (let q = 0; q < p; q++) normal[p * n + q] = normal[q * n + p];
  }
  normal[0] += 1e-9;
  solveInPlace(normal, right, n);
  return { degree, channels: right };
}

/**
 * Robust fit: iteratively reweighted with Tukey's biweight, whose scale follows the median residual, so that up to
 * nearly half of the samples may belong to something else.
 */
export function fitRobustly(samples: Samples, degree: number, iterations: number, floor: number): Polynomial {
  const count = samples.u.length;
  const weights = new Float32Array(count).fill(1);
  const residuals = new Float32Array(count);
  // From the medians: a mean would already be drawn towards the outliers.
  let polynomial = constantOfMedians(samples);
  for (let k = 0; k < iterations; k++) {
    residualNorms(polynomial, samples, residuals);
    const cut = Math.max(floor, TUKEY * median(residuals));
    for (let i = 0; i < count; i++) {
      const t = residuals[i] / cut;
      weights[i] = t < 1 ? (1 - t * t) ** 2 : 0;
    }
    // The degree rises step by step: a high one fitted to all samples at once would bend towards the outliers.
    polynomial = fitPolynomial(samples, weights, Math.min(degree, k));
  }
  return polynomial;
}

/** Distance of each sample's colour from the polynomial's. */
export function residualNorms(polynomial: Polynomial, samples: Samples, out: Float32Array): Float32Array {
  const n = termCount(polynomial.degree);
  const row = new Float64Array(n);
  const [cl, ca, cb] = polynomial.channels;
  for (let i = 0; i < out.length; i++) {
    fillTerms(row, samples.u[i], samples.v[i]);
    let l = -samples.l[i];
    let a = -samples.a[i];
    let b = -samples.b[i];
    for (let p = 0; p < n; p++) {
      l += cl[p] * row[p];
      a += ca[p] * row[p];
      b += cb[p] * row[p];
    }
    out[i] = Math.sqrt(l * l + a * a + b * b);
  }
  return out;
}

/** One channel over rows `from` to `to` (excluded) of a width × height picture, written into `out`. */
export function evaluateRows(
  coefficients: Float64Array,
  degree: number,
  width: number,
  height: number,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const n = termCount(degree);
  const inX = new Float64Array(MAX_DEGREE + 1);
  for (let y = from; y < to; y++) {
    const v = (2 * (y + 0.5)) / height - 1;
    inX.fill(0);
    for (let p = 0; p < n; p++) inX[TERMS[p][0]] += coefficients[p] * v ** TERMS[p][1];
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const u = (2 * (x + 0.5)) / width - 1;
      out[at] = inX[0] + u * (inX[1] + u * (inX[2] + u * (inX[3] + u * inX[4])));
    }
  }
}

function constantOfMedians(samples: Samples): Polynomial {
  const channels = [samples.l, samples.a, samples.b].map((c) => Float64Array.of(median(c))) as Polynomial["channels"];
  return { degree: 0, channels };
}

function fillTerms(row: Float64Array, u: number, v: number): void {
  row[0] = 1;
  if (row.length === 1) return;
  row[1] = u;
  row[2] = v;
  if (row.length === 3) return;
  const uu = u * u;
  const vv = v * v;
  row[3] = uu;
  row[4] = u * v;
  row[5] = vv;
  if (row.length === 6) return;
  row[6] = uu * u;
  row[7] = uu * v;
  row[8] = u * vv;
  row[9] = vv * v;
  if (row.length === 10) return;
  row[10] = uu * uu;
  row[11] = uu * u * v;
  row[12] = uu * vv;
  row[13] = u * v * vv;
  row[14] = vv * vv;
}

/** Gaussian elimination with pivots; the right-hand sides become the solutions. */
function solveInPlace(matrix: Float64Array, right: Float64Array[], n: number): void {
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(matrix[i * n + k]) > Math.abs(matrix[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) swap(matrix, k * n + j, pivot * n + j);
      for (const r of right) swap(r, k, pivot);
    }
    const inverse = matrix[k * n + k] === 0 ? 0 : 1 / matrix[k * n + k];
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i * n + k] * inverse;
      if (factor === 0) continue;
      for (let j = k; j < n; j++) matrix[i * n + j] -= factor * matrix[k * n + j];
      for (const r of right) r[i] -= factor * r[k];
    }
  }
  for (const r of right) {
    for (let k = n - 1; k >= 0; k--) {
      let sum = r[k];
      for (let j = k + 1; j < n; j++) sum -= matrix[k * n + j] * r[j];
      r[k] = matrix[k * n + k] === 0 ? 0 : sum / matrix[k * n + k];
    }
  }
}

function swap(array: Float64Array, i: number, j: number): void {
  const t = array[i];
  array[i] = array[j];
  array[j] = t;
}
