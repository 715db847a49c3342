import { volumeOf } from "../mesh/volume.ts";
import { collapseEdges } from "../simplify/collapse-edges.ts";
import type { Mesh } from "../types.ts";
import { convexHull, type Hull } from "./convex-hull.ts";
import { filledVolume, fillMesh, isFilled, type Occupancy } from "./occupancy.ts";

export interface DecomposeOptions {
  /** No more hulls than this. */
  most: number;
  /** How far the surface may stand out of the hulls, in the mesh's unit. */
  tolerance: number;
}

/** Cells along the longest side with which hulls are compared with the solid. */
const CELLS = 48;

/** Triangles of the coarse likeness on which planes are tried. */
const LIKENESS = 360;

/** Hulls that hold less than this share of the solid's volume beyond it are not cut, and those that merging costs less become one. */
const WORTH = 0.015;

/** Pieces that are cut, for each hull in the end: a ring is won only once it is cut several times. */
const PIECES = 2;

/** Planes tried along each axis: some evenly spread, none nearer to the ends than this share of the side, and the flattest faces. */
const EVEN = 5;
const MARGIN = 0.1;
const FLAT = 3;

type Vec3 = [number, number, number];

interface Plane {
  axis: number;
  at: number;
}

/** What of the surface lies in a box. */
interface Piece {
  /** Nine coordinates a triangle, of the mesh and of its coarse likeness. */
  fine: Float64Array;
  coarse: Float64Array;
  low: Vec3;
  high: Vec3;
  /** Volume of the likeness's hull beyond what is filled. */
  waste: number;
}

/**
 * Convex hulls that together cover a closed mesh: it is cut by planes across the axes where that takes most away from the
 * hulls that the solid does not fill, each piece gets its hull, and hulls that are nearly convex together are merged (as in
 * Mamou & Ghorbel, "A simple and efficient approach for 3D mesh approximate convex decomposition", 2009).
 *
 * A solid between planes lies within the hull of its surface there (and of the box's corners, where those are inside), so
 * that nothing sticks out of the hulls but what `tolerance` takes off them.
 */
export function decompose(mesh: Mesh, { most, tolerance }: DecomposeOptions): Hull[] {
  const total = Math.abs(volumeOf(mesh));
  const solid = fillMesh(mesh, CELLS);
  const likeness = collapseEdges(mesh, { maxTriangles: LIKENESS, tolerance: 0, force: true }).mesh;
  const whole = pieceOf(soupOf(mesh), soupOf(likeness), solid);
  // Cells are too coarse for the volume of thin parts, which is known exactly of the whole.
  solid.weight = total / (filledVolume(solid, whole.low, whole.high) || total);
  const pieces = [pieceOf(whole.fine, whole.coarse, solid)];
  while (pieces.length < PIECES * most) {
    const worst = pieces.reduce((a, b) => (b.waste > a.waste ? b : a));
    if (worst.waste < WORTH * total) break;
    const halves = cut(worst, solid);
    if (halves) pieces.splice(pieces.indexOf(worst), 1, ...halves);
    else worst.waste = 0;
  }
  const hulls = pieces.map(({ fine, low, high }) => hullOf(fine, low, high, solid, tolerance));
  return merge(hulls, most, WORTH * total);
}

function soupOf({ positions, triangles }: Mesh): Float64Array {
  const soup = new Float64Array(3 * triangles.length);
  triangles.forEach((v, c) => {
    for (let k = 0; k < 3; k++) soup[3 * c + k] = positions[3 * v + k]!;
  });
  return soup;
}

/** Merges the two hulls that gain least volume by it, until there are no more than `most` and any other pair gains more than `worth`. */
function merge(hulls: Hull[], most: number, worth: number): Hull[] {
  const both = (a: Hull, b: Hull) => convexHull([...a.positions, ...b.positions], 0)!;
  const gains = new Map<string, number>();
  let named = 0;
  const entries = hulls.map((hull) => ({ hull, volume: volumeOf(hull), id: named++ }));
  for (;;) {
    let best: { a: number; b: number; gain: number } | null = null;
    for (let a = 0; a < entries.length; a++) {
      for (let b = a + 1; b < entries.length; b++) {
        const [p, q] = [entries[a]!, entries[b]!];
        const key = `${p.id} ${q.id}`;
        const gain = gains.get(key) ?? volumeOf(both(p.hull, q.hull)) - p.volume - q.volume;
        gains.set(key, gain);
        if (!best || gain < best.gain) best = { a, b, gain };
      }
    }
    if (!best || (entries.length <= most && best.gain > worth)) return entries.map(({ hull }) => hull);
    const hull = both(entries[best.a]!.hull, entries[best.b]!.hull);
    entries.splice(best.b, 1);
    entries[best.a] = { hull, volume: volumeOf(hull), id: named++ };
  }
}

function pieceOf(fine: Float64Array, coarse: Float64Array, solid: Occupancy): Piece {
  const low: Vec3 = [Infinity, Infinity, Infinity];
  const high: Vec3 = [-Infinity, -Infinity, -Infinity];
  fine.forEach((v, i) => {
    low[i % 3] = Math.min(low[i % 3]!, v);
    high[i % 3] = Math.max(high[i % 3]!, v);
  });
  const hull = coarse.length > 0 ? convexHull(coarse, 0) : null;
  const volume = hull ? volumeOf(hull) : 0;
  return { fine, coarse, low, high, waste: Math.max(0, volume - filledVolume(solid, low, high)) };
}

function hullOf(soup: Float64Array, low: Vec3, high: Vec3, solid: Occupancy, tolerance: number): Hull {
  const corners = Array.from({ length: 8 }, (_, c) => [0, 1, 2].map((k) => ((c >> k) & 1 ? high[k]! : low[k]!)));
  const half = solid.cell / 2;
  const inner = corners.filter((corner) =>
    isFilled(
      solid,
      corner.map((v, k) => (v === low[k] ? v + half : v - half)),
    ),
  );
  return convexHull([...soup, ...inner.flat()], tolerance) ?? slab(low, high, tolerance);
}

/** The box of points in a plane, thick enough to be one. */
function slab(low: Vec3, high: Vec3, tolerance: number): Hull {
  const half = Math.max(tolerance / 2, 1e-6 * Math.max(...high.map((h, k) => h - low[k]!)));
  const points = Array.from({ length: 8 }, (_, c) =>
    [0, 1, 2].map((k) => ((c >> k) & 1 ? high[k]! + half : low[k]! - half)),
  );
  return convexHull(points.flat(), 0)!;
}

/** The two pieces beside the plane that leaves the least volume in hulls; null where there is nothing to cut. */
function cut(piece: Piece, solid: Occupancy): [Piece, Piece] | null {
  let best: (Plane & { volume: number }) | null = null;
  for (const { axis, at } of planesOf(piece, solid)) {
    const volume = split(piece.coarse, axis, at).reduce((sum, half) => sum + hullVolume(half), 0);
    if (!best || volume < best.volume) best = { axis, at, volume };
  }
  if (!best) return null;
  const fine = split(piece.fine, best.axis, best.at);
  const coarse = split(piece.coarse, best.axis, best.at);
  if (fine.some((half) => half.length === 0)) return null;
  return [pieceOf(fine[0], coarse[0], solid), pieceOf(fine[1], coarse[1], solid)];
}

function hullVolume(soup: Float64Array): number {
  const hull = soup.length > 0 ? convexHull(soup, 0) : null;
  return hull ? volumeOf(hull) : 0;
}

/** Planes across the axes that may be worth cutting along. */
function planesOf({ coarse, low, high }: Piece, solid: Occupancy): Plane[] {
  const planes: Plane[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const side = high[axis]! - low[axis]!;
    if (side < 4 * solid.cell) continue;
    const inner = (at: number) => at > low[axis]! + solid.cell && at < high[axis]! - solid.cell;
    for (let i = 0; i < EVEN; i++) {
      planes.push({ axis, at: low[axis]! + side * (MARGIN + ((1 - 2 * MARGIN) * i) / (EVEN - 1)) });
    }
    for (const at of flatPlaces(coarse, axis, solid.cell).filter(inner).slice(0, FLAT)) planes.push({ axis, at });
  }
  return planes;
}

/** Where along an axis the most surface faces it, the most first: a limb begins where a body's side ends. */
function flatPlaces(soup: Float64Array, axis: number, cell: number): number[] {
  const bins = new Map<number, { weight: number; sum: number }>();
  const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
  for (let t = 0; t < soup.length; t += 9) {
    const edge = (from: number, to: number, k: number) => soup[t + to + k]! - soup[t + from + k]!;
    const facing = Math.abs(edge(0, 3, u) * edge(0, 6, v) - edge(0, 3, v) * edge(0, 6, u));
    const places = [soup[t + axis]!, soup[t + 3 + axis]!, soup[t + 6 + axis]!];
    if (Math.max(...places) - Math.min(...places) > cell) continue;
    const place = (places[0]! + places[1]! + places[2]!) / 3;
    const bin = bins.get(Math.floor(place / cell)) ?? { weight: 0, sum: 0 };
    bins.set(Math.floor(place / cell), bin);
    bin.weight += facing;
    bin.sum += facing * place;
  }
  return [...bins.values()]
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ weight, sum }) => sum / weight);
}

/** The triangles on either side of a plane across an axis, those that it crosses cut in two. */
function split(soup: Float64Array, axis: number, at: number): [Float64Array, Float64Array] {
  const sides: [number[], number[]] = [[], []];
  for (let t = 0; t < soup.length; t += 9) {
    const corners = [0, 3, 6].map((c) => [soup[t + c]!, soup[t + c + 1]!, soup[t + c + 2]!]);
    for (const side of [0, 1] as const) {
      const polygon = clip(corners, axis, at, side ? 1 : -1);
      for (let k = 1; k + 1 < polygon.length; k++) sides[side].push(...polygon[0]!, ...polygon[k]!, ...polygon[k + 1]!);
    }
  }
  return [Float64Array.from(sides[0]), Float64Array.from(sides[1])];
}

/** Sutherland & Hodgman's clipping against one plane. */
function clip(polygon: number[][], axis: number, at: number, sign: number): number[][] {
  const out: number[][] = [];
  polygon.forEach((to, i) => {
    const from = polygon[(i + polygon.length - 1) % polygon.length]!;
    const [a, b] = [sign * (from[axis]! - at), sign * (to[axis]! - at)];
    if (a * b < 0) {
      const crossing = from.map((v, k) => v + (a / (a - b)) * (to[k]! - v));
      crossing[axis] = at;
      out.push(crossing);
    }
    if (b >= 0) out.push(to);
  });
  return out;
}
