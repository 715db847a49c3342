import { halfEdges } from "../mesh/half-edges.ts";
import { triangleArea } from "../mesh/triangle-area.ts";
import type { Mesh } from "../types.ts";
import { type FlatCharts, turn } from "./flat-charts.ts";

/** Twice the area of a corner of a face in the plane, over the face's area on the surface, below which it is mended. */
const FLAT = 0.02;
/** Sweeps over the corners of a face that is mended. */
const SWEEPS = 12;
/** Overlaps by less than this share of the face's size are rounding. */
const TOUCHING = 1e-6;

/**
 * Charts that cover no point twice. A face that is mirrored, has no area or, being a quad, is not convex is mended by
 * moving its corners, or made a chart of its own; a chart of which two faces overlap is split into as large pieces as
 * can be grown without any. So the layout is right by construction, whatever it was.
 *
 * @param mates triangle with which each triangle makes a quad, or -1; quads are kept whole, so that they may be split
 *   along either diagonal.
 * @returns UVs of which none belongs to two charts.
 */
export function splitOverlaps(mesh: Mesh, flat: FlatCharts, mates: Int32Array): FlatCharts {
  const faces = new Faces(mesh, flat, mates);
  for (let f = 0; f < faces.count; f++) if (!faces.isSound(f)) faces.mend(f);
  const pieces = new Int32Array(faces.count).fill(-1);
  let count = 0;
  for (const members of faces.byChart(flat.chartCount)) {
    const sound = members.filter((f) => faces.isSound(f));
    const overlaps = faces.overlapsAmong(sound);
    count = growPieces(faces, sound, overlaps, pieces, count);
  }
  return separate(mesh, faces, pieces, count);
}

/** Quads and triangles of a layout, by number. */
class Faces {
  readonly points: Float64Array;
  readonly cornerUvs: Uint32Array;
  /** The triangles of each face: one, or two of which the second is -1. */
  readonly triangles: Int32Array;
  /** Four UVs a face, counter-clockwise; the last is -1 for a triangle. */
  readonly uvs: Int32Array;
  readonly count: number;
  private readonly charts: Uint32Array;
  private readonly faceOf: Int32Array;
  private readonly twin: Int32Array;
  private readonly areas: Float64Array;
  /** Faces around each UV: `around[start[uv] … start[uv + 1])`. */
  private readonly start: Uint32Array;
  private readonly around: Uint32Array;

  constructor(mesh: Mesh, flat: FlatCharts, mates: Int32Array) {
    const { triangles } = mesh;
    this.points = flat.points.slice();
    this.cornerUvs = flat.cornerUvs;
    this.charts = flat.charts;
    const trianglesOf: number[] = [];
    const uvs: number[] = [];
    const areas: number[] = [];
    this.faceOf = new Int32Array(mates.length);
    this.twin = halfEdges({
      positions: mesh.positions,
      sizes: new Uint8Array(mates.length).fill(3),
      corners: triangles,
    }).twin;
    for (let t = 0; t < mates.length; t++) {
      const u = mates[t]!;
      const seam = u < 0 ? -1 : this.joint(t, u);
      if (seam >= 0 && u < t) continue;
      const face = areas.length;
      this.faceOf[t] = face;
      const own = [0, 1, 2].map((k) => flat.cornerUvs[3 * t + k]!);
      if (seam < 0) {
        trianglesOf.push(t, -1);
        uvs.push(own[0]!, own[1]!, own[2]!, -1);
        areas.push(triangleArea(mesh.positions, triangles, 3 * t));
      } else {
        this.faceOf[u] = face;
        const k = seam % 3;
        const across = flat.cornerUvs[previous(this.twin[seam]!)]!;
        trianglesOf.push(t, u);
        uvs.push(own[(k + 1) % 3]!, own[(k + 2) % 3]!, own[k]!, across);
        areas.push(triangleArea(mesh.positions, triangles, 3 * t) + triangleArea(mesh.positions, triangles, 3 * u));
      }
    }
    this.count = areas.length;
    this.triangles = Int32Array.from(trianglesOf);
    this.uvs = Int32Array.from(uvs);
    this.areas = Float64Array.from(areas);
    this.start = new Uint32Array(this.points.length / 2 + 1);
    for (const uv of this.uvs) if (uv >= 0) this.start[uv + 1]!++;
    for (let uv = 1; uv < this.start.length; uv++) this.start[uv]! += this.start[uv - 1]!;
    this.around = new Uint32Array(this.start[this.start.length - 1]!);
    const fill = this.start.slice();
    this.uvs.forEach((uv, i) => {
      if (uv >= 0) this.around[fill[uv]!++] = i >> 2;
    });
  }

  /** The half-edge of t over which it makes a quad with u, if the layout does not cut them apart there; or -1. */
  private joint(t: number, u: number): number {
    if (this.charts[t] !== this.charts[u]) return -1;
    for (let c = 3 * t; c < 3 * t + 3; c++) {
      if (((this.twin[c]! / 3) | 0) === u) return this.connects(c) ? c : -1;
    }
    return -1;
  }

  /** Whether the triangles on both sides of a half-edge have its UVs in common. */
  private connects(c: number): boolean {
    const d = this.twin[c]!;
    if (d < 0 || this.charts[(c / 3) | 0] !== this.charts[(d / 3) | 0]) return false;
    const { cornerUvs } = this;
    return cornerUvs[c] === cornerUvs[following(d)] && cornerUvs[following(c)] === cornerUvs[d];
  }

  sides(f: number): number {
    return this.uvs[4 * f + 3]! < 0 ? 3 : 4;
  }

  isSound(f: number): boolean {
    return this.soundness(f) > FLAT;
  }

  /** The smallest of the face's corners. */
  private soundness(f: number): number {
    const n = this.sides(f);
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < n; k++) {
      const [a, b, c] = [this.uvs[4 * f + k]!, this.uvs[4 * f + ((k + 1) % n)]!, this.uvs[4 * f + ((k + 2) % n)]!];
      least = Math.min(least, turn(this.points, a, b, c));
    }
    return least / this.areas[f]!;
  }

  /** Moves the face's corners to where the quads around them would have them, as far as that betters the worst of those. */
  mend(f: number): void {
    const { points } = this;
    for (let sweep = 0; sweep < SWEEPS && !this.isSound(f); sweep++) {
      for (let k = 0; k < this.sides(f); k++) {
        const uv = this.uvs[4 * f + k]!;
        const [x, y] = [points[2 * uv]!, points[2 * uv + 1]!];
        const [wantedX, wantedY] = this.wanted(uv);
        const before = this.worstAround(uv);
        for (const share of [1, 0.5, 0.25]) {
          points[2 * uv] = x + share * (wantedX - x);
          points[2 * uv + 1] = y + share * (wantedY - y);
          if (this.worstAround(uv) > before) break;
          points[2 * uv] = x;
          points[2 * uv + 1] = y;
        }
      }
    }
  }

  private worstAround(uv: number): number {
    let worst = Number.POSITIVE_INFINITY;
    for (let i = this.start[uv]!; i < this.start[uv + 1]!; i++) {
      worst = Math.min(worst, this.soundness(this.around[i]!));
    }
    return worst;
  }

  /** The mean of the points that would make parallelograms of the quads around. */
  private wanted(uv: number): [number, number] {
    const { points, uvs } = this;
    let [x, y, count] = [0, 0, 0];
    for (let i = this.start[uv]!; i < this.start[uv + 1]!; i++) {
      const f = this.around[i]!;
      if (this.sides(f) === 3) continue;
      const k = [0, 1, 2, 3].find((at) => uvs[4 * f + at] === uv)!;
      const [a, b, c] = [1, 2, 3].map((step) => uvs[4 * f + ((k + step) % 4)]!) as [number, number, number];
      x += points[2 * a]! + points[2 * c]! - points[2 * b]!;
      y += points[2 * a + 1]! + points[2 * c + 1]! - points[2 * b + 1]!;
      count++;
    }
    return count ? [x / count, y / count] : [points[2 * uv]!, points[2 * uv + 1]!];
  }

  byChart(chartCount: number): number[][] {
    const members: number[][] = Array.from({ length: chartCount }, () => []);
    for (let f = 0; f < this.count; f++) members[this.charts[this.triangles[2 * f]!]!]!.push(f);
    return members;
  }

  /** Faces that the layout joins to a face over an edge. */
  neighbours(f: number): number[] {
    const found: number[] = [];
    for (let i = 2 * f; i < 2 * f + 2; i++) {
      const t = this.triangles[i]!;
      for (let c = 3 * t; t >= 0 && c < 3 * t + 3; c++) {
        if (!this.connects(c)) continue;
        const other = this.faceOf[(this.twin[c]! / 3) | 0]!;
        if (other !== f) found.push(other);
      }
    }
    return found;
  }

  /** The faces that each one overlaps; those that overlap none are left out. Candidates come from a grid. */
  overlapsAmong(members: readonly number[]): Map<number, number[]> {
    const boxes = new Float64Array(4 * members.length);
    let extent = 0;
    members.forEach((f, i) => {
      let [left, bottom, right, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1e300, -1e300];
      for (let k = 0; k < this.sides(f); k++) {
        const uv = this.uvs[4 * f + k]!;
        left = Math.min(left, this.points[2 * uv]!);
        right = Math.max(right, this.points[2 * uv]!);
        bottom = Math.min(bottom, this.points[2 * uv + 1]!);
        top = Math.max(top, this.points[2 * uv + 1]!);
      }
      boxes.set([left, bottom, right, top], 4 * i);
      extent += right - left + top - bottom;
    });
    const cell = Math.max(extent / members.length, 1e-12);
    const cells = new Map<number, number[]>();
    const overlaps = new Map<number, number[]>();
    const note = (f: number, g: number) => {
      const known = overlaps.get(f);
      if (!known) overlaps.set(f, [g]);
      else if (!known.includes(g)) known.push(g);
    };
    members.forEach((f, i) => {
      const [x0, y0, x1, y1] = [0, 1, 2, 3].map((k) => Math.floor(boxes[4 * i + k]! / cell)) as [
        number,
        number,
        number,
        number,
      ];
      for (let x = x0; x <= x1; x++) {
        for (let y = y0; y <= y1; y++) {
          const key = x * 67_108_864 + y;
          const list = cells.get(key) ?? [];
          if (!list.length) cells.set(key, list);
          for (const j of list) {
            const apart =
              boxes[4 * i]! >= boxes[4 * j + 2]! ||
              boxes[4 * j]! >= boxes[4 * i + 2]! ||
              boxes[4 * i + 1]! >= boxes[4 * j + 3]! ||
              boxes[4 * j + 1]! >= boxes[4 * i + 3]!;
            if (apart || !this.overlap(f, members[j]!)) continue;
            note(f, members[j]!);
            note(members[j]!, f);
          }
          list.push(i);
        }
      }
    });
    return overlaps;
  }

  /** Whether two convex faces have a part of the plane in common: no side of either has the other outside of it. */
  private overlap(f: number, g: number): boolean {
    return !this.liesOutside(f, g) && !this.liesOutside(g, f);
  }

  private liesOutside(f: number, g: number): boolean {
    const { points, uvs } = this;
    const [n, m] = [this.sides(f), this.sides(g)];
    for (let k = 0; k < n; k++) {
      const [a, b] = [uvs[4 * f + k]!, uvs[4 * f + ((k + 1) % n)]!];
      let outside = true;
      for (let l = 0; l < m && outside; l++) {
        const c = uvs[4 * g + l]!;
        outside = c === a || c === b || turn(points, a, b, c) <= TOUCHING * this.areas[f]!;
      }
      if (outside) return true;
    }
    return false;
  }
}

/**
 * Numbers the connected pieces of a chart's faces so that none overlaps itself. Each grows from the face that is the
 * farthest from any overlap, so that what is cut off is small.
 */
function growPieces(
  faces: Faces,
  members: readonly number[],
  overlaps: Map<number, number[]>,
  pieces: Int32Array,
  count: number,
): number {
  const steps = distancesFrom(faces, overlaps.keys());
  const order = members.slice().sort((f, g) => (steps.get(g) ?? Infinity) - (steps.get(f) ?? Infinity) || f - g);
  const allowed = new Set(members);
  for (const seed of order) {
    if (pieces[seed]! >= 0) continue;
    const queue = [seed];
    pieces[seed] = count;
    for (let i = 0; i < queue.length; i++) {
      for (const g of faces.neighbours(queue[i]!)) {
        if (pieces[g]! >= 0 || !allowed.has(g)) continue;
        if (overlaps.get(g)?.some((other) => pieces[other] === count)) continue;
        pieces[g] = count;
        queue.push(g);
      }
    }
    count++;
  }
  return count;
}

/** Steps from face to face to the nearest of `sources`, for all that can be reached. */
function distancesFrom(faces: Faces, sources: Iterable<number>): Map<number, number> {
  const steps = new Map<number, number>();
  for (const f of sources) steps.set(f, 0);
  for (const [f, step] of steps) {
    for (const g of faces.neighbours(f)) if (!steps.has(g)) steps.set(g, step + 1);
  }
  return steps;
}

/** Gives each piece UVs of its own. Faces in none, which could not be mended, are laid out in their true shape. */
function separate(mesh: Mesh, faces: Faces, pieces: Int32Array, count: number): FlatCharts {
  const points: number[] = [];
  const cornerUvs = new Uint32Array(mesh.triangles.length);
  const charts = new Uint32Array(mesh.triangles.length / 3);
  const numbers = new Map<number, number>();
  let chartCount = count;
  for (let f = 0; f < faces.count; f++) {
    for (let i = 2 * f; i < 2 * f + 2; i++) {
      const t = faces.triangles[i]!;
      if (t < 0) continue;
      if (pieces[f]! < 0) {
        charts[t] = chartCount++;
        for (let k = 0; k < 3; k++) cornerUvs[3 * t + k] = points.length / 2 + k;
        points.push(...trueShape(mesh, t));
        continue;
      }
      charts[t] = pieces[f]!;
      for (let c = 3 * t; c < 3 * t + 3; c++) {
        const uv = faces.cornerUvs[c]!;
        const key = pieces[f]! * (faces.points.length / 2) + uv;
        const known = numbers.get(key);
        cornerUvs[c] = known ?? points.length / 2;
        if (known !== undefined) continue;
        numbers.set(key, points.length / 2);
        points.push(faces.points[2 * uv]!, faces.points[2 * uv + 1]!);
      }
    }
  }
  return { points: Float64Array.from(points), cornerUvs, charts, chartCount };
}

function trueShape({ positions: p, triangles }: Mesh, t: number): number[] {
  const [a, b, c] = [3 * triangles[3 * t]!, 3 * triangles[3 * t + 1]!, 3 * triangles[3 * t + 2]!];
  const base = Math.hypot(p[b]! - p[a]!, p[b + 1]! - p[a + 1]!, p[b + 2]! - p[a + 2]!);
  const side2 = (p[c]! - p[a]!) ** 2 + (p[c + 1]! - p[a + 1]!) ** 2 + (p[c + 2]! - p[a + 2]!) ** 2;
  const far2 = (p[c]! - p[b]!) ** 2 + (p[c + 1]! - p[b + 1]!) ** 2 + (p[c + 2]! - p[b + 2]!) ** 2;
  const along = (side2 - far2 + base * base) / (2 * base);
  return [0, 0, base, 0, along, Math.sqrt(Math.max(0, side2 - along * along))];
}

function following(corner: number): number {
  return corner % 3 === 2 ? corner - 2 : corner + 1;
}

function previous(corner: number): number {
  return corner % 3 === 0 ? corner + 2 : corner - 1;
}
