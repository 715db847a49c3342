import type { Mesh } from "../types.ts";

/** A closed convex triangle mesh. */
export type Hull = Mesh;

/** Planes closer to a point than this share of the extent pass through it: what float64 can tell apart, with room. */
const EXACT = 1e-10;

interface Face {
  corners: [number, number, number];
  /** Unit normal and its product with the corners. */
  normal: [number, number, number];
  offset: number;
  /** Points above the face by more than the tolerance, and the farthest of them. */
  above: number[];
  farthest: number;
  height: number;
  alive: boolean;
}

/**
 * The convex hull of a set of points, or one a little smaller with fewer faces (Barber, Dobkin & Huhdanpaa, "The Quickhull
 * Algorithm for Convex Hulls", 1996).
 *
 * @param points 3 numbers each.
 * @param tolerance points may lie above its faces by this much, in the unit of the points.
 * @returns null for points that lie in a plane.
 */
export function convexHull(points: ArrayLike<number>, tolerance: number): Hull | null {
  const first = simplex(points, tolerance);
  if (!first) return null;
  const { corners, extent } = first;
  const exact = EXACT * extent;
  const limit = Math.max(tolerance, exact);
  const count = points.length / 3;
  const faces: Face[] = [];
  /** The living face on the left of each directed edge. */
  const beside = new Map<number, Face>();
  const add = (a: number, b: number, c: number): Face => {
    const face = planeOf(points, a, b, c);
    faces.push(face);
    beside
      .set(a * count + b, face)
      .set(b * count + c, face)
      .set(c * count + a, face);
    return face;
  };
  const [a, b, c, d] = corners;
  const start = [add(a, b, c), add(a, d, b), add(b, d, c), add(c, d, a)];
  for (let p = 0; p < count; p++) assign(points, p, start, limit);
  const open = start.filter((face) => face.above.length > 0);
  for (let face = open.pop(); face; face = open.pop()) {
    if (!face.alive || face.above.length === 0) continue;
    const eye = face.farthest;
    // All faces that the point sees, found across their edges, and the edges beyond which it sees no more.
    const seen = [face];
    const horizon: [number, number][] = [];
    face.alive = false;
    for (const own of seen) {
      for (let k = 0; k < 3; k++) {
        const [from, to] = [own.corners[k]!, own.corners[(k + 1) % 3]!];
        const other = beside.get(to * count + from)!;
        if (!other.alive) continue;
        if (heightOf(points, eye, other) > exact) {
          other.alive = false;
          seen.push(other);
        } else {
          horizon.push([from, to]);
        }
      }
    }
    const made = horizon.map(([from, to]) => add(from, to, eye));
    for (const { above } of seen) for (const p of above) if (p !== eye) assign(points, p, made, limit);
    for (const own of made) if (own.above.length > 0) open.push(own);
  }
  return collect(
    points,
    faces.filter(({ alive }) => alive),
  );
}

/** Four points that span a volume, the first three counter-clockwise seen from outside. */
function simplex(points: ArrayLike<number>, tolerance: number) {
  const count = points.length / 3;
  if (count < 4) return null;
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  for (let p = 1; p < count; p++) {
    for (let k = 0; k < 3; k++) {
      if (points[3 * p + k]! < points[3 * low[k]! + k]!) low[k] = p;
      if (points[3 * p + k]! > points[3 * high[k]! + k]!) high[k] = p;
    }
  }
  const span = (k: number) => points[3 * high[k]! + k]! - points[3 * low[k]! + k]!;
  const axis = [0, 1, 2].reduce((most, k) => (span(k) > span(most) ? k : most), 0);
  const extent = span(axis);
  const least = Math.max(EXACT * extent, 1e-3 * tolerance);
  const [a, b] = [low[axis]!, high[axis]!];
  const c = farthest(points, (p) => Math.hypot(...cross(minus(points, b, a), minus(points, p, a))) / extent);
  const normal = cross(minus(points, b, a), minus(points, c, a));
  const length = Math.hypot(...normal);
  if (!(length > least * extent)) return null;
  const above = (p: number) => dot(normal, minus(points, p, a)) / length;
  const d = farthest(points, (p) => Math.abs(above(p)));
  if (!(Math.abs(above(d)) > least)) return null;
  const corners: [number, number, number, number] = above(d) < 0 ? [a, b, c, d] : [a, c, b, d];
  return { corners, extent };
}

function farthest(points: ArrayLike<number>, distance: (p: number) => number): number {
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  for (let p = 0; p < points.length / 3; p++) {
    const away = distance(p);
    if (away > most) [best, most] = [p, away];
  }
  return best;
}

function planeOf(points: ArrayLike<number>, a: number, b: number, c: number): Face {
  const normal = cross(minus(points, b, a), minus(points, c, a));
  const length = Math.hypot(...normal) || 1;
  const unit = normal.map((v) => v / length) as [number, number, number];
  const offset = unit[0] * points[3 * a]! + unit[1] * points[3 * a + 1]! + unit[2] * points[3 * a + 2]!;
  return { corners: [a, b, c], normal: unit, offset, above: [], farthest: -1, height: 0, alive: true };
}

/** Gives a point to the first face that it lies above. */
function assign(points: ArrayLike<number>, p: number, faces: readonly Face[], limit: number): void {
  for (const face of faces) {
    const height = heightOf(points, p, face);
    if (height <= limit) continue;
    face.above.push(p);
    if (height > face.height) {
      face.height = height;
      face.farthest = p;
    }
    return;
  }
}

function heightOf(points: ArrayLike<number>, p: number, { normal, offset }: Face): number {
  return normal[0] * points[3 * p]! + normal[1] * points[3 * p + 1]! + normal[2] * points[3 * p + 2]! - offset;
}

function collect(points: ArrayLike<number>, faces: readonly Face[]): Hull {
  const number = new Map<number, number>();
  const positions: number[] = [];
  const triangles = faces.flatMap(({ corners }) =>
    corners.map((p) => {
      if (!number.has(p)) {
        number.set(p, number.size);
        positions.push(points[3 * p]!, points[3 * p + 1]!, points[3 * p + 2]!);
      }
      return number.get(p)!;
    }),
  );
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

function minus(points: ArrayLike<number>, p: number, q: number): [number, number, number] {
  return [
    points[3 * p]! - points[3 * q]!,
    points[3 * p + 1]! - points[3 * q + 1]!,
    points[3 * p + 2]! - points[3 * q + 2]!,
  ];
}

function cross(u: readonly number[], v: readonly number[]): [number, number, number] {
  return [u[1]! * v[2]! - u[2]! * v[1]!, u[2]! * v[0]! - u[0]! * v[2]!, u[0]! * v[1]! - u[1]! * v[0]!];
}

function dot(u: readonly number[], v: readonly number[]): number {
  return u[0]! * v[0]! + u[1]! * v[1]! + u[2]! * v[2]!;
}
