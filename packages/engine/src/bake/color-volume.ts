import { type Mirror, reflect } from "./find-mirror.ts";

/**
 * A coarse colour field on the cube: what is known of the surface's colours, spread through space so that every point
 * has one. Linear light, 3 numbers a cell at `3 * ((z * n + y) * n + x)`.
 */
export interface ColorVolume {
  n: number;
  data: Float32Array;
}

/** Weight at which a cell's colour counts as fully known. */
const KNOWN = 1;

/** Collects weighted colours of points and spreads them into the cells that got none. */
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
   * Every cell's colour from the known ones of its layer, weighted by the inverse fourth power of the distance (Shepard,
   * "A two-dimensional interpolation function for irregularly-spaced data", 1968). Layer by layer, because what lies at
   * one height of a thing tends to have one colour all around: a van is white above and red below. Averages over heights
   * or over wide neighbourhoods (push-pull in three dimensions was here before) leave a pale smear where nobody looked.
   * Layers without any known cell repeat the nearest one that has some.
   *
   * @param mirror plane of symmetry; what is known on one side then is known on the other, too.
   */
  spread(mirror: Mirror | null = null): ColorVolume {
    const { n } = this;
    if (mirror) this.addReflections(mirror);
    const data = new Float32Array(3 * n * n * n);
    const empty: number[] = [];
    for (let y = 0; y < n; y++) if (!this.spreadLayer(y, data)) empty.push(y);
    if (empty.length === n) return { n, data };
    for (const y of empty) {
      let nearest = -1;
      for (let other = 0; other < n; other++) {
        if (empty.includes(other)) continue;
        if (nearest < 0 || Math.abs(other - y) < Math.abs(nearest - y)) nearest = other;
      }
      for (let z = 0; z < n; z++) {
        const from = 3 * (z * n + nearest) * n;
        data.copyWithin(3 * (z * n + y) * n, from, from + 3 * n);
      }
    }
    return { n, data };
  }

  /**
   * A guessed volume in the seen colours' tones: what the seen cells differ from it is spread like colours are, and
   * added. A guess is paler than its picture, and without this showed as a ghostly band wherever it met the seen part.
   */
  correct(guess: ColorVolume, mirror: Mirror | null = null): ColorVolume {
    const { n, sums } = this;
    const differences = new ColorCollector(n);
    const guessed = new Float64Array(3);
    const centre = (cell: number) => (cell + 0.5) / n - 0.5;
    const data = new Float32Array(3 * n * n * n);
    for (let z = 0, cell = 0; z < n; z++) {
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++, cell++) {
          sampleVolume(guess, centre(x), centre(y), centre(z), guessed);
          data.set(guessed, 3 * cell);
          const weight = sums[4 * cell + 3];
          if (weight === 0) continue;
          for (let k = 0; k < 3; k++) differences.sums[4 * cell + k] = sums[4 * cell + k] - weight * guessed[k];
          differences.sums[4 * cell + 3] = weight;
        }
      }
    }
    const spread = differences.spread(mirror).data;
    for (let k = 0; k < data.length; k++) data[k] = Math.min(1, Math.max(0, data[k] + spread[k]));
    return { n, data };
  }

  private addReflections(mirror: Mirror): void {
    const { n } = this;
    const sums = this.sums.slice();
    for (let z = 0, at = 0; z < n; z++) {
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++, at += 4) {
          const weight = sums[at + 3];
          if (weight === 0) continue;
          const [mx, mz] = reflect(mirror, (x + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
          this.add(
            mx,
            (y + 0.5) / n - 0.5,
            mz,
            sums[at] / weight,
            sums[at + 1] / weight,
            sums[at + 2] / weight,
            weight,
          );
        }
      }
    }
  }

  /** @returns whether the layer had any known cell. */
  private spreadLayer(y: number, data: Float32Array): boolean {
    const { n, sums } = this;
    const known: { x: number; z: number; weight: number; at: number }[] = [];
    for (let z = 0; z < n; z++) {
      for (let x = 0; x < n; x++) {
        const at = 4 * ((z * n + y) * n + x);
        if (sums[at + 3] > 0) known.push({ x, z, weight: Math.min(KNOWN, sums[at + 3]), at });
      }
    }
    if (known.length === 0) return false;
    for (let z = 0; z < n; z++) {
      for (let x = 0; x < n; x++) {
        let [r, g, b, total] = [0, 0, 0, 0];
        for (const cell of known) {
          const squared = (cell.x - x) ** 2 + (cell.z - z) ** 2 + 0.25;
          const weight = cell.weight / (squared * squared * sums[cell.at + 3]);
          r += weight * sums[cell.at];
          g += weight * sums[cell.at + 1];
          b += weight * sums[cell.at + 2];
          total += weight * sums[cell.at + 3];
        }
        const to = 3 * ((z * n + y) * n + x);
        data[to] = r / total;
        data[to + 1] = g / total;
        data[to + 2] = b / total;
      }
    }
    return true;
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
