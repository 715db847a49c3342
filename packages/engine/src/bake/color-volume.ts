/**
 * A coarse colour field on the cube: what is known of the surface's colours, spread through space so that every point
 * has one. Linear light, 3 numbers a cell at `3 * ((z * n + y) * n + x)`.
 */
export interface ColorVolume {
  n: number;
  data: Float32Array;
}

/** Collects weighted colours of points and diffuses them into the cells that got none. */
export class ColorCollector {
  private readonly n: number;
  private readonly sums: Float32Array;

  constructor(n: number) {
    this.n = n;
    this.sums = new Float32Array(4 * n * n * n);
  }

  /** Position in cube units, colour in linear light. */
  add(x: number, y: number, z: number, r: number, g: number, b: number, weight: number): void {
    const { n, sums } = this;
    const cell = (v: number) => Math.min(n - 1, Math.max(0, Math.floor((v + 0.5) * n)));
    const at = 4 * ((cell(z) * n + cell(y)) * n + cell(x));
    sums[at] += weight * r;
    sums[at + 1] += weight * g;
    sums[at + 2] += weight * b;
    sums[at + 3] += weight;
  }

  /**
   * Push-pull (Gortler et al., "The Lumigraph", 1996, section 3.4): averages known cells into ever coarser grids, then
   * fills the unknown ones from the next coarser grid. Smooth, seamless, and linear in the cells.
   */
  spread(): ColorVolume {
    const { n } = this;
    const filled = pushPull(this.sums, n);
    const data = new Float32Array(3 * n * n * n);
    for (let i = 0; i < n * n * n; i++) {
      const w = filled[4 * i + 3] || 1;
      for (let k = 0; k < 3; k++) data[3 * i + k] = filled[4 * i + k] / w;
    }
    return { n, data };
  }
}

/** Premultiplied colours with weights; weights above 1 count as 1 (known). */
function pushPull(sums: Float32Array, n: number): Float32Array {
  const known = new Float32Array(sums.length);
  for (let i = 0; i < sums.length; i += 4) {
    const w = sums[i + 3];
    if (w === 0) continue;
    const capped = Math.min(1, w);
    for (let k = 0; k < 3; k++) known[i + k] = (sums[i + k] / w) * capped;
    known[i + 3] = capped;
  }
  if (n === 1) return known;
  const half = Math.ceil(n / 2);
  const coarse = new Float32Array(4 * half * half * half);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const from = 4 * ((z * n + y) * n + x);
        if (known[from + 3] === 0) continue;
        const to = 4 * (((z >> 1) * half + (y >> 1)) * half + (x >> 1));
        for (let k = 0; k < 4; k++) coarse[to + k] += known[from + k];
      }
    }
  }
  const filled = pushPull(coarse, half);
  const sample = new Float32Array(4);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const at = 4 * ((z * n + y) * n + x);
        const missing = 1 - known[at + 3];
        if (missing <= 0) continue;
        trilinear(filled, half, (x + 0.5) / 2 - 0.5, (y + 0.5) / 2 - 0.5, (z + 0.5) / 2 - 0.5, sample);
        const w = sample[3] || 1;
        for (let k = 0; k < 3; k++) known[at + k] += (missing * sample[k]) / w;
        known[at + 3] = 1;
      }
    }
  }
  return known;
}

function trilinear(data: Float32Array, n: number, x: number, y: number, z: number, out: Float32Array): void {
  out.fill(0);
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  for (let c = 0; c < 8; c++) {
    const dx = c & 1;
    const dy = (c >> 1) & 1;
    const dz = c >> 2;
    const wx = dx ? x - ix : 1 - (x - ix);
    const wy = dy ? y - iy : 1 - (y - iy);
    const wz = dz ? z - iz : 1 - (z - iz);
    const cx = Math.min(n - 1, Math.max(0, ix + dx));
    const cy = Math.min(n - 1, Math.max(0, iy + dy));
    const cz = Math.min(n - 1, Math.max(0, iz + dz));
    const w = wx * wy * wz;
    const at = 4 * ((cz * n + cy) * n + cx);
    for (let k = 0; k < 4; k++) out[k] += w * data[at + k];
  }
}

/** Trilinear colour at a point in cube units, into `out` (linear light). */
export function sampleVolume(volume: ColorVolume, x: number, y: number, z: number, out: Float64Array): void {
  const { n, data } = volume;
  const clamp = (v: number) => Math.min(n - 1, Math.max(0, (v + 0.5) * n - 0.5));
  const px = clamp(x);
  const py = clamp(y);
  const pz = clamp(z);
  const ix = Math.min(n - 2, Math.floor(px));
  const iy = Math.min(n - 2, Math.floor(py));
  const iz = Math.min(n - 2, Math.floor(pz));
  const fx = px - ix;
  const fy = py - iy;
  const fz = pz - iz;
  const base = 3 * ((iz * n + iy) * n + ix);
  const dy = 3 * n;
  const dz = 3 * n * n;
  for (let k = 0; k < 3; k++) {
    const a = base + k;
    const c00 = data[a] + (data[a + 3] - data[a]) * fx;
    const c10 = data[a + dy] + (data[a + dy + 3] - data[a + dy]) * fx;
    const c01 = data[a + dz] + (data[a + dz + 3] - data[a + dz]) * fx;
    const c11 = data[a + dy + dz] + (data[a + dy + dz + 3] - data[a + dy + dz]) * fx;
    const c0 = c00 + (c10 - c00) * fy;
    const c1 = c01 + (c11 - c01) * fy;
    out[k] = c0 + (c1 - c0) * fz;
  }
}
