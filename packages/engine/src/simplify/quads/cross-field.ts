import type { GraphLevel } from "./hierarchy.ts";

/**
 * Gauss-Seidel sweeps a level. Twice as many changed the share of quads by less than 0.2 %. Four, here and of the lattices, left as
 * many quads, but 0.5 % more irregular vertices (a chest, a fox and an armchair, eight seeds each), and spared 0.2 s.
 */
const SWEEPS = 6;

/**
 * A cross field: per point a unit tangent that stands for itself and its three turns by 90° about the normal, as smooth
 * as the surface lets it be. Smoothness is measured between directions in space ("extrinsic"), so that crosses align
 * with edges and with the directions of curvature by themselves (Jakob et al. 2015, sections 3.1 to 3.4).
 *
 * @returns one field a level, 3 numbers a point.
 */
export function smoothCrossField(levels: readonly GraphLevel[], seed: number): Float64Array[] {
  const fields: Float64Array[] = new Array(levels.length);
  const random = generator(seed);
  for (let k = levels.length - 1; k >= 0; k--) {
    const level = levels[k];
    const coarser = fields[k + 1];
    const field = new Float64Array(3 * level.count);
    for (let i = 0; i < level.count; i++) {
      const from = coarser ? 3 * level.parents[i] : -1;
      for (let c = 0; c < 3; c++) field[3 * i + c] = coarser ? coarser[from + c] : random() - 0.5;
      makeTangent(field, level.normals, i);
    }
    for (let s = 0; s < SWEEPS; s++) sweep(level, field);
    fields[k] = field;
  }
  return fields;
}

/** Park & Miller's generator: 0–1. */
function generator(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function makeTangent(field: Float64Array, normals: Float64Array, i: number): void {
  const nx = normals[3 * i];
  const ny = normals[3 * i + 1];
  const nz = normals[3 * i + 2];
  let x = field[3 * i];
  let y = field[3 * i + 1];
  let z = field[3 * i + 2];
  const along = x * nx + y * ny + z * nz;
  x -= along * nx;
  y -= along * ny;
  z -= along * nz;
  let length = Math.hypot(x, y, z);
  if (length < 1e-6) {
    // Any tangent will do: the axis farthest from the normal.
    const axis = Math.abs(nx) < 0.6 ? [1, 0, 0] : [0, 1, 0];
    const d = axis[0] * nx + axis[1] * ny;
    [x, y, z] = [axis[0] - d * nx, axis[1] - d * ny, -d * nz];
    length = Math.hypot(x, y, z);
  }
  field[3 * i] = x / length;
  field[3 * i + 1] = y / length;
  field[3 * i + 2] = z / length;
}

/** Replaces each cross by the mean of its neighbours' crosses, each turned to fit best. */
function sweep({ count, normals, start, neighbours, weights }: GraphLevel, field: Float64Array): void {
  for (let i = 0; i < count; i++) {
    const nx = normals[3 * i];
    const ny = normals[3 * i + 1];
    const nz = normals[3 * i + 2];
    let sx = field[3 * i];
    let sy = field[3 * i + 1];
    let sz = field[3 * i + 2];
    let total = 0;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = neighbours[e];
      const w = weights[e];
      const bx = field[3 * j];
      const by = field[3 * j + 1];
      const bz = field[3 * j + 2];
      const mx = normals[3 * j];
      const my = normals[3 * j + 1];
      const mz = normals[3 * j + 2];
      // The other arms: t of the neighbour, u of the sum.
      const tx = my * bz - mz * by;
      const ty = mz * bx - mx * bz;
      const tz = mx * by - my * bx;
      const ux = ny * sz - nz * sy;
      const uy = nz * sx - nx * sz;
      const uz = nx * sy - ny * sx;
      const sb = sx * bx + sy * by + sz * bz;
      const st = sx * tx + sy * ty + sz * tz;
      const ub = ux * bx + uy * by + uz * bz;
      const ut = ux * tx + uy * ty + uz * tz;
      let best = sb;
      let useU = false;
      let useT = false;
      if (Math.abs(st) > Math.abs(best)) {
        best = st;
        useT = true;
      }
      if (Math.abs(ub) > Math.abs(best)) {
        best = ub;
        useU = true;
        useT = false;
      }
      if (Math.abs(ut) > Math.abs(best)) {
        best = ut;
        useU = true;
        useT = true;
      }
      const signed = best < 0 ? -w : w;
      sx = (useU ? ux : sx) * total + (useT ? tx : bx) * signed;
      sy = (useU ? uy : sy) * total + (useT ? ty : by) * signed;
      sz = (useU ? uz : sz) * total + (useT ? tz : bz) * signed;
      total += w;
      const along = sx * nx + sy * ny + sz * nz;
      sx -= along * nx;
      sy -= along * ny;
      sz -= along * nz;
      const length = Math.sqrt(sx * sx + sy * sy + sz * sz);
      if (length > 1e-12) {
        sx /= length;
        sy /= length;
        sz /= length;
      }
    }
    if (total > 0) {
      field[3 * i] = sx;
      field[3 * i + 1] = sy;
      field[3 * i + 2] = sz;
    }
  }
}
