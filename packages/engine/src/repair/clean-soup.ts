import type { RenderMesh } from "../raster/render.ts";

/** Triangles as a repair works on them: vertices welded, nothing twice, each with the triangle of the source it is. */
export interface Soup {
  /** 3 per vertex. */
  positions: Float64Array;
  triangles: Uint32Array;
  /** Number of each triangle in the source; -1 for those that a repair added. */
  source: Int32Array;
}

export interface CleanCounts {
  vertices: number;
  /** Faces that repeat another one, whichever way it faces. */
  duplicateFaces: number;
  /** Faces without area, or with coordinates that are no numbers. */
  brokenFaces: number;
}

/** Vertices closer than this share of the model's diagonal are one: float32 exporters part them by less. */
const WELD = 1e-5;

/** Welds vertices, and drops faces that are broken or there twice. */
export function cleanSoup(mesh: RenderMesh): { soup: Soup; counts: CleanCounts } {
  const { positions: p, triangles } = mesh;
  const finite = (v: number) => Number.isFinite(p[3 * v]! + p[3 * v + 1]! + p[3 * v + 2]!);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const v of triangles) {
    if (!finite(v)) continue;
    for (let k = 0; k < 3; k++) {
      low[k] = Math.min(low[k]!, p[3 * v + k]!);
      high[k] = Math.max(high[k]!, p[3 * v + k]!);
    }
  }
  const diagonal = Math.hypot(high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!);
  const step = diagonal > 0 && Number.isFinite(diagonal) ? diagonal * WELD : 1;
  const number = new Int32Array(p.length / 3).fill(-1);
  const cells = new Map<string, number>();
  const kept: number[] = [];
  const numberOf = (v: number): number => {
    if (number[v]! >= 0) return number[v]!;
    const key = [0, 1, 2].map((k) => Math.round((p[3 * v + k]! - low[k]!) / step)).join();
    let known = cells.get(key);
    if (known === undefined) {
      known = kept.push(v) - 1;
      cells.set(key, known);
    }
    number[v] = known;
    return known;
  };
  const out: number[] = [];
  const source: number[] = [];
  const seen = new Set<string>();
  const counts: CleanCounts = { vertices: 0, duplicateFaces: 0, brokenFaces: 0 };
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    if (!corners.every(finite)) {
      counts.brokenFaces++;
      continue;
    }
    const [a, b, c] = corners.map(numberOf) as [number, number, number];
    if (a === b || b === c || c === a) {
      counts.brokenFaces++;
      continue;
    }
    const key = [a, b, c].sort((x, y) => x - y).join();
    if (seen.has(key)) {
      counts.duplicateFaces++;
      continue;
    }
    seen.add(key);
    out.push(a, b, c);
    source.push(t / 3);
  }
  counts.vertices = p.length / 3 - kept.length;
  const positions = new Float64Array(3 * kept.length);
  for (const [i, v] of kept.entries()) positions.set(p.subarray(3 * v, 3 * v + 3), 3 * i);
  return { soup: { positions, triangles: Uint32Array.from(out), source: Int32Array.from(source) }, counts };
}

/** Keeps the triangles that pass, and every vertex where it is. */
export function filterSoup(soup: Soup, keep: (triangle: number) => boolean): Soup {
  const kept: number[] = [];
  for (let t = 0; t < soup.source.length; t++) if (keep(t)) kept.push(t);
  return {
    positions: soup.positions,
    triangles: Uint32Array.from(kept.flatMap((t) => [...soup.triangles.subarray(3 * t, 3 * t + 3)])),
    source: Int32Array.from(kept, (t) => soup.source[t]!),
  };
}

/** Component of each triangle: pieces that hang together by shared vertices. */
export function soupComponents({ positions, triangles }: Soup): { of: Int32Array; count: number } {
  const parent = Int32Array.from({ length: positions.length / 3 }, (_, i) => i);
  const find = (v: number): number => {
    let i = v;
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!;
      i = parent[i]!;
    }
    return i;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    const a = find(triangles[t]!);
    parent[find(triangles[t + 1]!)] = a;
    parent[find(triangles[t + 2]!)] = a;
  }
  const numbers = new Map<number, number>();
  const of = new Int32Array(triangles.length / 3);
  for (let t = 0; t < of.length; t++) {
    const root = find(triangles[3 * t]!);
    let n = numbers.get(root);
    if (n === undefined) {
      n = numbers.size;
      numbers.set(root, n);
    }
    of[t] = n;
  }
  return { of, count: numbers.size };
}

/** Twice the area vector of a triangle. */
export function areaVector({ positions: p, triangles }: Pick<Soup, "positions" | "triangles">, t: number): number[] {
  const [a, b, c] = [3 * triangles[3 * t]!, 3 * triangles[3 * t + 1]!, 3 * triangles[3 * t + 2]!];
  const ux = p[b]! - p[a]!;
  const uy = p[b + 1]! - p[a + 1]!;
  const uz = p[b + 2]! - p[a + 2]!;
  const vx = p[c]! - p[a]!;
  const vy = p[c + 1]! - p[a + 1]!;
  const vz = p[c + 2]! - p[a + 2]!;
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}
