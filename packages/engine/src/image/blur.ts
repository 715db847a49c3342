/**
 * Separable blurs of one-channel float pictures. Edges are extended (the border pixel repeats), so a constant stays
 * constant up to the border.
 */

/** Gaussians wider than this are made of three box blurs: the cost stops growing with sigma, the error stays below 3 %. */
const BOX_FROM_SIGMA = 4;

/** @param sigma standard deviation in pixels; 0 copies. */
export function gaussianBlur(source: Float32Array, width: number, height: number, sigma: number): Float32Array {
  if (sigma <= 0) return source.slice();
  if (sigma > BOX_FROM_SIGMA) {
    let result = source;
    for (const radius of boxRadii(sigma)) result = boxBlur(result, width, height, radius);
    return result;
  }
  const kernel = gaussianKernel(sigma);
  return convolveColumns(convolveRows(source, width, height, kernel), width, height, kernel);
}

/** Mean over the (2 · radius + 1)² pixels around each; cost independent of the radius. */
export function boxBlur(source: Float32Array, width: number, height: number, radius: number): Float32Array {
  if (radius <= 0) return source.slice();
  const scale = 1 / (2 * radius + 1);
  const rowsDone = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const last = row + width - 1;
    let sum = source[row] * (radius + 1);
    for (let i = 1; i <= radius; i++) sum += source[Math.min(last, row + i)];
    for (let x = 0; x < width; x++) {
      rowsDone[row + x] = sum * scale;
      sum += source[Math.min(last, row + x + radius + 1)] - source[Math.max(row, row + x - radius)];
    }
  }
  const result = new Float32Array(width * height);
  const sums = new Float64Array(width);
  const lastRow = (height - 1) * width;
  for (let x = 0; x < width; x++) sums[x] = rowsDone[x] * (radius + 1);
  for (let i = 1; i <= radius; i++) {
    const row = Math.min(lastRow, i * width);
    for (let x = 0; x < width; x++) sums[x] += rowsDone[row + x];
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const enter = Math.min(lastRow, (y + radius + 1) * width);
    const leave = Math.max(0, y - radius) * width;
    for (let x = 0; x < width; x++) {
      result[row + x] = sums[x] * scale;
      sums[x] += rowsDone[enter + x] - rowsDone[leave + x];
    }
  }
  return result;
}

/** Radii of three boxes whose variances add up to sigma². Box of radius r: variance r (r + 1) / 3. */
function boxRadii(sigma: number): number[] {
  let left = sigma * sigma;
  return [3, 2, 1].map((boxes) => {
    const radius = Math.max(0, Math.round((Math.sqrt(1 + (12 * left) / boxes) - 1) / 2));
    left = Math.max(0, left - (radius * (radius + 1)) / 3);
    return radius;
  });
}

function gaussianKernel(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const kernel = new Float32Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) {
    kernel[i + radius] = Math.exp(-(i * i) / (2 * sigma * sigma));
    sum += kernel[i + radius];
  }
  return kernel.map((v) => v / sum);
}

function convolveRows(source: Float32Array, width: number, height: number, kernel: Float32Array): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const padded = new Float32Array(width + 2 * radius);
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    padded.set(source.subarray(row, row + width), radius);
    padded.fill(source[row], 0, radius);
    padded.fill(source[row + width - 1], radius + width);
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += padded[x + k] * kernel[k];
      result[row + x] = sum;
    }
  }
  return result;
}

function convolveColumns(source: Float32Array, width: number, height: number, kernel: Float32Array): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let k = 0; k < kernel.length; k++) {
      const from = Math.min(height - 1, Math.max(0, y + k - radius)) * width;
      const weight = kernel[k];
      for (let x = 0; x < width; x++) result[row + x] += source[from + x] * weight;
    }
  }
  return result;
}
