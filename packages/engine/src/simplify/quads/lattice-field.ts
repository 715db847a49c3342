import type { GraphLevel } from "./hierarchy.ts";

/** Gauss-Seidel sweeps a level. */
const SWEEPS = 6;

/**
 * A position field: per point the nearest vertex of the square lattice that its cross spans, chosen so that neighbours'
 * lattices fit each other (Jakob et al. 2015, sections 4.1 to 4.3).
 *
 * @param crosses one cross field a level, finest first.
 * @param edge side of the lattice's squares.
 * @returns 3 numbers a point of the finest level.
 */
export function smoothLatticeField(
  levels: readonly GraphLevel[],
  crosses: readonly Float64Array[],
  edge: number,
): Float64Array {
  let coarser: Float64Array | null = null;
  for (let k = levels.length - 1; k >= 0; k--) {
    const level = levels[k];
    const origins: Float64Array = level.positions.slice();
    if (coarser) {
      for (let i = 0; i < level.count; i++) {
        const from = 3 * level.parents[i];
        for (let c = 0; c < 3; c++) origins[3 * i + c] = coarser[from + c];
        flatten(level, origins, i);
      }
    }
    for (let s = 0; s < SWEEPS; s++) sweep(level, crosses[k], origins, edge);
    coarser = origins;
  }
  return coarser!;
}

/** Moves an origin into the tangent plane of its point. */
function flatten({ positions: p, normals: n }: GraphLevel, origins: Float64Array, i: number): void {
  let away = 0;
  for (let c = 0; c < 3; c++) away += n[3 * i + c] * (origins[3 * i + c] - p[3 * i + c]);
  for (let c = 0; c < 3; c++) origins[3 * i + c] -= away * n[3 * i + c];
}

function sweep(level: GraphLevel, cross: Float64Array, origins: Float64Array, edge: number): void {
  const { count, positions: p, normals, start, neighbours, weights } = level;
  const fit = new LatticeFit(level, edge);
  const sum = new Float64Array(3);
  for (let i = 0; i < count; i++) {
    sum.set(origins.subarray(3 * i, 3 * i + 3));
    const [nx, ny, nz] = [normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]];
    let total = 0;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = neighbours[e];
      const w = weights[e];
      fit.match(i, cross, 3 * i, sum, 0, j, cross, 3 * j, origins, 3 * j);
      for (let c = 0; c < 3; c++) sum[c] = (fit.pointI[c] * total + fit.pointJ[c] * w) / (total + w);
      total += w;
      const away = nx * (sum[0] - p[3 * i]) + ny * (sum[1] - p[3 * i + 1]) + nz * (sum[2] - p[3 * i + 2]);
      sum[0] -= away * nx;
      sum[1] -= away * ny;
      sum[2] -= away * nz;
    }
    if (total === 0) continue;
    // The lattice vertex nearest to the point itself.
    const [qx, qy, qz] = [cross[3 * i], cross[3 * i + 1], cross[3 * i + 2]];
    const [tx, ty, tz] = [ny * qz - nz * qy, nz * qx - nx * qz, nx * qy - ny * qx];
    const [dx, dy, dz] = [p[3 * i] - sum[0], p[3 * i + 1] - sum[1], p[3 * i + 2] - sum[2]];
    const a = edge * Math.round((qx * dx + qy * dy + qz * dz) / edge);
    const b = edge * Math.round((tx * dx + ty * dy + tz * dz) / edge);
    origins[3 * i] = sum[0] + a * qx + b * tx;
    origins[3 * i + 1] = sum[1] + a * qy + b * ty;
    origins[3 * i + 2] = sum[2] + a * qz + b * tz;
  }
}

/** Finds the vertices of two neighbouring lattices that lie closest to each other between their points. */
export class LatticeFit {
  readonly pointI = new Float64Array(3);
  readonly pointJ = new Float64Array(3);
  /** Squared distance between the two. */
  error = 0;
  /** Steps from i's origin to its vertex less those from j's to its own, along the arms of the two crosses. */
  readonly steps = new Int32Array(2);
  private readonly level: GraphLevel;
  private readonly edge: number;
  private readonly middle = new Float64Array(3);

  constructor(level: GraphLevel, edge: number) {
    this.level = level;
    this.edge = edge;
  }

  /** Arrays come with the offset of their three numbers. */
  match(
    i: number,
    crossI: Float64Array,
    ci: number,
    originI: Float64Array,
    oi: number,
    j: number,
    crossJ: Float64Array,
    cj: number,
    originJ: Float64Array,
    oj: number,
  ): void {
    const { edge, middle, pointI, pointJ } = this;
    const { normals } = this.level;
    this.findMiddle(i, j);
    const qx = crossI[ci];
    const qy = crossI[ci + 1];
    const qz = crossI[ci + 2];
    const nx = normals[3 * i];
    const ny = normals[3 * i + 1];
    const nz = normals[3 * i + 2];
    const tx = ny * qz - nz * qy;
    const ty = nz * qx - nx * qz;
    const tz = nx * qy - ny * qx;
    const rx = crossJ[cj];
    const ry = crossJ[cj + 1];
    const rz = crossJ[cj + 2];
    const mx = normals[3 * j];
    const my = normals[3 * j + 1];
    const mz = normals[3 * j + 2];
    const ux = my * rz - mz * ry;
    const uy = mz * rx - mx * rz;
    const uz = mx * ry - my * rx;
    // The lattice square of each that holds the middle, then the closest of their 4 × 4 corners.
    let dx = middle[0] - originI[oi];
    let dy = middle[1] - originI[oi + 1];
    let dz = middle[2] - originI[oi + 2];
    const ai = Math.floor((qx * dx + qy * dy + qz * dz) / edge);
    const bi = Math.floor((tx * dx + ty * dy + tz * dz) / edge);
    dx = middle[0] - originJ[oj];
    dy = middle[1] - originJ[oj + 1];
    dz = middle[2] - originJ[oj + 2];
    const aj = Math.floor((rx * dx + ry * dy + rz * dz) / edge);
    const bj = Math.floor((ux * dx + uy * dy + uz * dz) / edge);
    this.error = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 4; k++) {
      const a = edge * (ai + (k & 1));
      const b = edge * (bi + (k >> 1));
      const ix = originI[oi] + a * qx + b * tx;
      const iy = originI[oi + 1] + a * qy + b * ty;
      const iz = originI[oi + 2] + a * qz + b * tz;
      for (let l = 0; l < 4; l++) {
        const c = edge * (aj + (l & 1));
        const d = edge * (bj + (l >> 1));
        const jx = originJ[oj] + c * rx + d * ux;
        const jy = originJ[oj + 1] + c * ry + d * uy;
        const jz = originJ[oj + 2] + c * rz + d * uz;
        const away = (jx - ix) * (jx - ix) + (jy - iy) * (jy - iy) + (jz - iz) * (jz - iz);
        if (away >= this.error) continue;
        this.error = away;
        pointI[0] = ix;
        pointI[1] = iy;
        pointI[2] = iz;
        pointJ[0] = jx;
        pointJ[1] = jy;
        pointJ[2] = jz;
        this.steps[0] = ai + (k & 1) - aj - (l & 1);
        this.steps[1] = bi + (k >> 1) - bj - (l >> 1);
      }
    }
  }

  /** The point between i and j that lies on both of their tangent planes, as near as can be (ibid., equation 9). */
  private findMiddle(i: number, j: number): void {
    const { positions: p, normals: n } = this.level;
    const [a, b] = [3 * i, 3 * j];
    const nn = n[a] * n[b] + n[a + 1] * n[b + 1] + n[a + 2] * n[b + 2];
    const ii = n[a] * p[a] + n[a + 1] * p[a + 1] + n[a + 2] * p[a + 2];
    const ij = n[a] * p[b] + n[a + 1] * p[b + 1] + n[a + 2] * p[b + 2];
    const ji = n[b] * p[a] + n[b + 1] * p[a + 1] + n[b + 2] * p[a + 2];
    const jj = n[b] * p[b] + n[b + 1] * p[b + 1] + n[b + 2] * p[b + 2];
    const scale = 2 / (1 - nn * nn + 1e-4);
    const li = scale * (ij - ii - nn * (ji - jj));
    const lj = scale * (ji - jj - nn * (ij - ii));
    for (let c = 0; c < 3; c++) {
      this.middle[c] = (p[a + c] + p[b + c]) / 2 - (n[a + c] * li + n[b + c] * lj) / 4;
    }
  }
}

/** The arm of j's cross that continues the first arm of i's, into `out`. */
export function continueArm(level: GraphLevel, cross: Float64Array, i: number, j: number, out: Float64Array): void {
  const { normals: n } = level;
  const [a, b] = [3 * i, 3 * j];
  const q = cross.subarray(a, a + 3);
  const r = cross.subarray(b, b + 3);
  const t = perpendicular(n, a, q);
  const u = perpendicular(n, b, r);
  const qr = dot(q, r);
  const qu = dot(q, u);
  const tr = dot(t, r);
  const tu = dot(t, u);
  const largest = Math.max(Math.abs(qr), Math.abs(qu), Math.abs(tr), Math.abs(tu));
  // Arms of the pair that fits best: q with ±r, t with ±u (the same turn); q with ±u, t with ∓r.
  const [arm, sign] =
    Math.abs(qr) === largest
      ? [r, qr]
      : Math.abs(qu) === largest
        ? [u, qu]
        : Math.abs(tr) === largest
          ? [u, -tr]
          : [r, tu];
  for (let c = 0; c < 3; c++) out[c] = sign < 0 ? -arm[c] : arm[c];
}

function perpendicular(normals: Float64Array, at: number, v: Float64Array): Float64Array {
  const [x, y, z] = [normals[at], normals[at + 1], normals[at + 2]];
  return Float64Array.of(y * v[2] - z * v[1], z * v[0] - x * v[2], x * v[1] - y * v[0]);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
