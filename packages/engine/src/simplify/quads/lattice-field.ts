import type { GraphLevel } from "./hierarchy.ts";

/** Gauss-Seidel sweeps a level, as many as of the crosses. */
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
  const { pointI, pointJ } = fit;
  const sum = new Float64Array(3);
  for (let i = 0; i < count; i++) {
    const at = 3 * i;
    const nx = normals[at];
    const ny = normals[at + 1];
    const nz = normals[at + 2];
    let x = origins[at];
    let y = origins[at + 1];
    let z = origins[at + 2];
    sum[0] = x;
    sum[1] = y;
    sum[2] = z;
    let total = 0;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = neighbours[e];
      const w = weights[e];
      fit.match(i, cross, sum, 0, j, cross, 3 * j, origins);
      x = (pointI[0] * total + pointJ[0] * w) / (total + w);
      y = (pointI[1] * total + pointJ[1] * w) / (total + w);
      z = (pointI[2] * total + pointJ[2] * w) / (total + w);
      total += w;
      const away = nx * (x - p[at]) + ny * (y - p[at + 1]) + nz * (z - p[at + 2]);
      x -= away * nx;
      y -= away * ny;
      z -= away * nz;
      sum[0] = x;
      sum[1] = y;
      sum[2] = z;
    }
    if (total === 0) continue;
    // The lattice vertex nearest to the point itself.
    const qx = cross[at];
    const qy = cross[at + 1];
    const qz = cross[at + 2];
    const tx = ny * qz - nz * qy;
    const ty = nz * qx - nx * qz;
    const tz = nx * qy - ny * qx;
    const dx = p[at] - x;
    const dy = p[at + 1] - y;
    const dz = p[at + 2] - z;
    const a = edge * Math.round((qx * dx + qy * dy + qz * dz) / edge);
    const b = edge * Math.round((tx * dx + ty * dy + tz * dz) / edge);
    origins[at] = x + a * qx + b * tx;
    origins[at + 1] = y + a * qy + b * ty;
    origins[at + 2] = z + a * qz + b * tz;
  }
}

/**
 * Finds the vertices of two neighbouring lattices that lie closest to each other between their points. Runs millions of times: it
 * keeps to local numbers, which made it twice as fast as arrays for the middle and the best pair so far.
 */
export class LatticeFit {
  readonly pointI = new Float64Array(3);
  readonly pointJ = new Float64Array(3);
  /** Squared distance between the two. */
  error = 0;
  /** Steps from i's origin to its vertex less those from j's to its own, along the arms of the two crosses. */
  readonly steps = new Int32Array(2);
  private readonly level: GraphLevel;
  private readonly edge: number;

  constructor(level: GraphLevel, edge: number) {
    this.level = level;
    this.edge = edge;
  }

  /**
   * @param ox origin of i's lattice, with `oy` and `oz`.
   * @param cj where the three numbers of j's cross begin in `crossJ`.
   */
  match(
    i: number,
    crossI: Float64Array,
    originI: Float64Array,
    oi: number,
    j: number,
    crossJ: Float64Array,
    cj: number,
    origins: Float64Array,
  ): void {
    const { edge } = this;
    const { positions: p, normals } = this.level;
    const ii = 3 * i;
    const jj = 3 * j;
    const nx = normals[ii];
    const ny = normals[ii + 1];
    const nz = normals[ii + 2];
    const mx = normals[jj];
    const my = normals[jj + 1];
    const mz = normals[jj + 2];
    const px = p[ii];
    const py = p[ii + 1];
    const pz = p[ii + 2];
    const rpx = p[jj];
    const rpy = p[jj + 1];
    const rpz = p[jj + 2];
    // The point between i and j that lies on both of their tangent planes, as near as can be (ibid., equation 9).
    const nn = nx * mx + ny * my + nz * mz;
    const planeI = nx * px + ny * py + nz * pz;
    const planeJ = mx * rpx + my * rpy + mz * rpz;
    const besideI = nx * rpx + ny * rpy + nz * rpz - planeI;
    const besideJ = mx * px + my * py + mz * pz - planeJ;
    const scale = 2 / (1 - nn * nn + 1e-4);
    const li = scale * (besideI - nn * besideJ);
    const lj = scale * (besideJ - nn * besideI);
    const middleX = (px + rpx) / 2 - (nx * li + mx * lj) / 4;
    const middleY = (py + rpy) / 2 - (ny * li + my * lj) / 4;
    const middleZ = (pz + rpz) / 2 - (nz * li + mz * lj) / 4;
    // The arms of both crosses.
    const qx = crossI[ii];
    const qy = crossI[ii + 1];
    const qz = crossI[ii + 2];
    const tx = ny * qz - nz * qy;
    const ty = nz * qx - nx * qz;
    const tz = nx * qy - ny * qx;
    const rx = crossJ[cj];
    const ry = crossJ[cj + 1];
    const rz = crossJ[cj + 2];
    const ux = my * rz - mz * ry;
    const uy = mz * rx - mx * rz;
    const uz = mx * ry - my * rx;
    // The lattice square of each that holds the middle, then the closest of their 4 × 4 corners.
    const ox = originI[oi];
    const oy = originI[oi + 1];
    const oz = originI[oi + 2];
    let dx = middleX - ox;
    let dy = middleY - oy;
    let dz = middleZ - oz;
    const ai = Math.floor((qx * dx + qy * dy + qz * dz) / edge);
    const bi = Math.floor((tx * dx + ty * dy + tz * dz) / edge);
    const kx = origins[jj];
    const ky = origins[jj + 1];
    const kz = origins[jj + 2];
    dx = middleX - kx;
    dy = middleY - ky;
    dz = middleZ - kz;
    const aj = Math.floor((rx * dx + ry * dy + rz * dz) / edge);
    const bj = Math.floor((ux * dx + uy * dy + uz * dz) / edge);
    // j's arms are at right angles: along each of them the nearer corner is told by which half of the square a corner of i's is in.
    const halfR = edge * (aj + 0.5);
    const halfU = edge * (bj + 0.5);
    let least = Number.POSITIVE_INFINITY;
    let bestI = 0;
    let bestJ = 0;
    for (let k = 0; k < 4; k++) {
      const a = edge * (ai + (k & 1));
      const b = edge * (bi + (k >> 1));
      const ix = ox + a * qx + b * tx;
      const iy = oy + a * qy + b * ty;
      const iz = oz + a * qz + b * tz;
      dx = ix - kx;
      dy = iy - ky;
      dz = iz - kz;
      const l = (rx * dx + ry * dy + rz * dz > halfR ? 1 : 0) | (ux * dx + uy * dy + uz * dz > halfU ? 2 : 0);
      const c = edge * (aj + (l & 1));
      const d = edge * (bj + (l >> 1));
      const wx = kx + c * rx + d * ux - ix;
      const wy = ky + c * ry + d * uy - iy;
      const wz = kz + c * rz + d * uz - iz;
      const away = wx * wx + wy * wy + wz * wz;
      if (away >= least) continue;
      least = away;
      bestI = k;
      bestJ = l;
    }
    this.error = least;
    const a = edge * (ai + (bestI & 1));
    const b = edge * (bi + (bestI >> 1));
    this.pointI[0] = ox + a * qx + b * tx;
    this.pointI[1] = oy + a * qy + b * ty;
    this.pointI[2] = oz + a * qz + b * tz;
    const c = edge * (aj + (bestJ & 1));
    const d = edge * (bj + (bestJ >> 1));
    this.pointJ[0] = kx + c * rx + d * ux;
    this.pointJ[1] = ky + c * ry + d * uy;
    this.pointJ[2] = kz + c * rz + d * uz;
    this.steps[0] = ai + (bestI & 1) - aj - (bestJ & 1);
    this.steps[1] = bi + (bestI >> 1) - bj - (bestJ >> 1);
  }
}

/** The arm of j's cross that continues the first arm of i's, into `out`. */
export function continueArm(level: GraphLevel, cross: Float64Array, i: number, j: number, out: Float64Array): void {
  const { normals: n } = level;
  const a = 3 * i;
  const b = 3 * j;
  const qx = cross[a];
  const qy = cross[a + 1];
  const qz = cross[a + 2];
  const rx = cross[b];
  const ry = cross[b + 1];
  const rz = cross[b + 2];
  // The other arms: t of i, u of j.
  const tx = n[a + 1] * qz - n[a + 2] * qy;
  const ty = n[a + 2] * qx - n[a] * qz;
  const tz = n[a] * qy - n[a + 1] * qx;
  const ux = n[b + 1] * rz - n[b + 2] * ry;
  const uy = n[b + 2] * rx - n[b] * rz;
  const uz = n[b] * ry - n[b + 1] * rx;
  const qr = qx * rx + qy * ry + qz * rz;
  const qu = qx * ux + qy * uy + qz * uz;
  const tr = tx * rx + ty * ry + tz * rz;
  const tu = tx * ux + ty * uy + tz * uz;
  const largest = Math.max(Math.abs(qr), Math.abs(qu), Math.abs(tr), Math.abs(tu));
  // Arms of the pair that fits best: q with ±r, t with ±u (the same turn); q with ±u, t with ∓r.
  const straight = Math.abs(qr) === largest;
  const crossed = !straight && Math.abs(qu) === largest;
  const turned = !straight && !crossed && Math.abs(tr) === largest;
  const along = straight ? qr : crossed ? qu : turned ? -tr : tu;
  const sign = along < 0 ? -1 : 1;
  out[0] = sign * (crossed || turned ? ux : rx);
  out[1] = sign * (crossed || turned ? uy : ry);
  out[2] = sign * (crossed || turned ? uz : rz);
}
