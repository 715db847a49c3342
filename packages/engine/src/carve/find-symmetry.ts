import { findMirrors, type Mirror, reflect } from "../bake/find-mirror.ts";
import { sampleField } from "../mesh/sample-field.ts";
import type { Field } from "../types.ts";

export interface Symmetry extends Mirror {
  /** Mean distance of the surface from its reflection, `UNIT`s. */
  apart: number;
  /** The same, exceeded by one place in a hundred, and by one in five hundred. */
  farApart: number;
  farthest: number;
}

/**
 * A solid is symmetric when its surface lies this close to its reflection, in the mean and but for few places: what was made
 * from four pictures of a symmetric thing is apart by 0.02–0.09 samples, a guess from one picture by 0.15–0.5, and a handle or a
 * sword on one side is more than a hundredth of the surface. Luggage on a van's roof, higher on one side by two samples, is less;
 * of what is symmetric a five-hundredth is apart by 0.3 to 1.3. With 0.75 for a hundredth a fishing lure was made symmetric at the
 * cost of a hook: IoU with a picture 0.971 to 0.894; with 0.6 an axe was not, and lay two and a half times as far from its
 * dense surface.
 */
const CLOSE = { apart: 0.2, farApart: 0.68, farthest: 1.5 };
/** A sample at `standard`: what is symmetric there is so in a finer field, whose samples are as far apart in the cube. Cube units. */
const UNIT = 1 / 128;

/** Planes whose reflection overlaps less than this are not looked at closely. */
const LEAST_OVERLAP = 0.85;
/** Places of the surface that are compared with their reflections. */
const PROBES = 4000;
/** Distances beyond this many units count as this much: a handle shall not decide where the plane of a mug lies. */
const FAR = 4;
/** Steps of the search for the exact plane: cube units and degrees, halved this many times. */
const STEP = { offset: 0.01, angle: 2 };
const HALVINGS = 7;
/** A plane across an axis is taken when it is worse by no more than this share. */
const PREFER_AXIS = 0.03;

/**
 * The upright plane in which a solid mirrors itself, placed exactly; null where it is not symmetric. Of several the one that
 * comes nearer to making left and right alike, as the fields of labelled pictures lie, and then the closer one.
 */
export function findSymmetry(field: Field): Symmetry | null {
  const likely = findMirrors(field, { least: LEAST_OVERLAP });
  if (likely.length === 0) return null;
  const points = surfaceSamples(field);
  const close = likely
    .map(({ nx, nz, offset }) => refine(field, points, Math.atan2(nz, nx), offset))
    .filter(
      ({ apart, farApart, farthest }) =>
        apart <= CLOSE.apart && farApart <= CLOSE.farApart && farthest <= CLOSE.farthest,
    );
  const aside = ({ nx, nz }: Symmetry) => (Math.abs(nx) < Math.abs(nz) ? 1 : 0);
  return close.sort((a, b) => aside(a) - aside(b) || a.apart - b.apart)[0] ?? null;
}

function refine(field: Field, points: Float64Array, angle: number, offset: number): Symmetry {
  let at = measure(field, points, angle, offset);
  let [turn, shift] = [(STEP.angle * Math.PI) / 180, STEP.offset];
  for (let i = 0; i < HALVINGS; i++, turn /= 2, shift /= 2) {
    for (let improved = true; improved; ) {
      improved = false;
      for (const [da, d] of [
        [0, shift],
        [0, -shift],
        [turn, 0],
        [-turn, 0],
      ] as const) {
        const next = measure(field, points, at.angle + da, at.offset + d);
        if (next.apart >= at.apart * 0.999) continue;
        at = next;
        improved = true;
      }
    }
  }
  const quarter = Math.round(at.angle / (Math.PI / 2)) * (Math.PI / 2);
  const straight = measure(field, points, quarter, at.offset);
  return straight.apart <= at.apart * (1 + PREFER_AXIS) ? straight : at;
}

function measure(field: Field, points: Float64Array, angle: number, offset: number): Symmetry & { angle: number } {
  const [nx, nz] = [Math.cos(angle), Math.sin(angle)].map((v) => (Math.abs(v) < 1e-12 ? 0 : v)) as [number, number];
  const mirror = { nx, nz, offset, overlap: 1 };
  const distances = new Float64Array(points.length / 4);
  for (let i = 0; i < distances.length; i++) {
    const [x, z] = reflect(mirror, points[4 * i]!, points[4 * i + 2]!);
    const there = sampleField(field, x, points[4 * i + 1]!, z);
    distances[i] = Math.min(FAR, Math.abs(there - points[4 * i + 3]!) / UNIT);
  }
  const apart = distances.reduce((sum, d) => sum + d, 0) / (distances.length || 1);
  distances.sort();
  const [farApart, farthest] = [0.99, 0.998].map((share) => distances[Math.floor(share * distances.length)] ?? 0) as [
    number,
    number,
  ];
  return { ...mirror, apart, farApart, farthest, angle };
}

/** Samples next to the surface, on its inner side: x y z and the value there. */
function surfaceSamples({ n, data }: Field): Float64Array {
  const near: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i]! > 0 && data[i]! < 1 / n) near.push(i);
  const step = Math.max(1, Math.floor(near.length / PROBES));
  const out: number[] = [];
  const at = (v: number) => (v + 0.5) / n - 0.5;
  for (let k = 0; k < near.length; k += step) {
    const i = near[k]!;
    out.push(at(i % n), at(Math.floor(i / n) % n), at(Math.floor(i / n / n)), data[i]!);
  }
  return Float64Array.from(out);
}
