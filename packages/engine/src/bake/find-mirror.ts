import type { Field } from "../types.ts";

/** An upright plane of symmetry: the points p with p·(nx, 0, nz) = offset. Cube units, unit normal. */
export interface Mirror {
  nx: number;
  nz: number;
  offset: number;
  /** Intersection over union of the solid and its reflection, 0–1. */
  overlap: number;
}

export interface MirrorOptions {
  /** Samples a side at which the solid is compared with its reflection. */
  cells: number;
  /** Planes tried over half a turn. */
  yaws: number;
  /** Planes whose reflection overlaps less than this are no symmetry. */
  least: number;
  /** How many of the best planes are returned. */
  most: number;
}

/**
 * A guess of an unseen half is lopsided by a tenth of its volume and more, so that 0.78 still is a symmetry: over
 * the example pictures true planes reach 0.8–0.97, wrong ones of long bodies 0.3–0.7. Of round bodies every plane is one,
 * and the colours decide.
 */
export const MIRROR_DEFAULTS: MirrorOptions = { cells: 48, yaws: 36, least: 0.78, most: 4 };

/**
 * Upright planes in which a solid mirrors itself, the best first, no two alike. Only upright ones: things are
 * symmetric from left to right or from front to back, hardly ever from top to bottom.
 */
export function findMirrors(field: Field, options: Partial<MirrorOptions> = {}): Mirror[] {
  const { cells, yaws, least, most } = { ...MIRROR_DEFAULTS, ...options };
  const solid = reduce(field, cells);
  const points = centers(solid, cells);
  if (points.length === 0) return [];
  const [cx, cz] = centroid(points);
  const tried: Mirror[] = [];
  for (let i = 0; i < yaws; i++) {
    const angle = (Math.PI * i) / yaws;
    const [nx, nz] = [Math.cos(angle), Math.sin(angle)].map((v) => (Math.abs(v) < 1e-12 ? 0 : v));
    const middle = cx * nx + cz * nz;
    let best: Mirror | null = null;
    for (let step = -3; step <= 3; step++) {
      const offset = middle + (0.5 * step) / cells;
      const overlap = overlapOf(solid, cells, points, nx, nz, offset);
      if (best === null || overlap > best.overlap) best = { nx, nz, offset, overlap };
    }
    tried.push(best!);
  }
  const peak = (i: number) =>
    tried[i].overlap >= tried[(i + 1) % yaws].overlap && tried[i].overlap >= tried[(i + yaws - 1) % yaws].overlap;
  return tried
    .filter((mirror, i) => mirror.overlap >= least && peak(i))
    .sort((a, b) => b.overlap - a.overlap)
    .slice(0, most);
}

/** A point's reflection. */
export function reflect(mirror: Mirror, x: number, z: number): [number, number] {
  const d = 2 * (x * mirror.nx + z * mirror.nz - mirror.offset);
  return [x - d * mirror.nx, z - d * mirror.nz];
}

function reduce({ n, data }: Field, cells: number): Uint8Array {
  const solid = new Uint8Array(cells ** 3);
  const pick = Int32Array.from({ length: cells }, (_, i) => Math.floor(((i + 0.5) * n) / cells));
  for (let z = 0, at = 0; z < cells; z++) {
    for (let y = 0; y < cells; y++) {
      const row = (pick[z] * n + pick[y]) * n;
      for (let x = 0; x < cells; x++, at++) if (data[row + pick[x]] > 0) solid[at] = 1;
    }
  }
  return solid;
}

/** Centres of the cells inside, x y z one after another, cube units. */
function centers(solid: Uint8Array, cells: number): Float32Array {
  const points: number[] = [];
  for (let z = 0, at = 0; z < cells; z++) {
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++, at++) {
        if (solid[at]) points.push((x + 0.5) / cells - 0.5, (y + 0.5) / cells - 0.5, (z + 0.5) / cells - 0.5);
      }
    }
  }
  return Float32Array.from(points);
}

function centroid(points: Float32Array): [number, number] {
  let [x, z] = [0, 0];
  for (let i = 0; i < points.length; i += 3) {
    x += points[i];
    z += points[i + 2];
  }
  return [(3 * x) / points.length, (3 * z) / points.length];
}

function overlapOf(solid: Uint8Array, cells: number, points: Float32Array, nx: number, nz: number, offset: number) {
  let both = 0;
  for (let i = 0; i < points.length; i += 3) {
    const d = 2 * (points[i] * nx + points[i + 2] * nz - offset);
    const x = Math.floor((points[i] - d * nx + 0.5) * cells);
    const z = Math.floor((points[i + 2] - d * nz + 0.5) * cells);
    if (x < 0 || z < 0 || x >= cells || z >= cells) continue;
    both += solid[(z * cells + Math.floor((points[i + 1] + 0.5) * cells)) * cells + x];
  }
  const all = points.length / 3;
  return both / (2 * all - both);
}
