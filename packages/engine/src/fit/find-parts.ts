import { triangleArea } from "../mesh/triangle-area.ts";
import type { Mesh, PartMesh, Pivot } from "../types.ts";

export interface FindPartsOptions {
  /** What the names of parts begin with. */
  name: string;
  pivot: Pivot;
}

/** Parts of a mesh: what stands apart from everything else, and what lies next to it and is too small for that. */
export interface FoundParts {
  /** Part of each vertex. */
  parts: Uint16Array;
  /** The one with the largest surface first. */
  labels: Pick<PartMesh, "name" | "pivot">[];
}

/**
 * A piece whose box has a diagonal of at least this share of the whole's is a part of its own: wheels and lids are, rivets
 * and crumbs go with what is nearest to them.
 */
const LEAST = 0.08;

/** An artist wants no hundred objects of a bush: beyond these the smaller pieces go with the nearest ones. */
const MOST = 16;

/** A part is named after the side on which it lies when it is off the main one's middle by this share of the whole. */
const ASIDE = 0.1;

/** Leaves room in the names that formats allow for what comes behind. */
const LONGEST_STEM = 40;

/** The names of the sides, per axis, the positive one first; +X is the object's own left. */
const SIDES = [
  ["left", "right"],
  ["top", "bottom"],
  ["front", "back"],
] as const;

type Vec3 = [number, number, number];

interface Piece {
  vertices: number[];
  area: number;
  low: Vec3;
  high: Vec3;
}

/**
 * Tells the parts of a finished mesh (metres, object frame) apart: pieces that no face connects. A single part keeps the
 * asset's own name and pivot; several are named `<name>_main` and by where they lie beside it (`<name>_left`, …), and have
 * their pivots in the middle, or in the middle of the base, of their own boxes.
 */
export function findParts(mesh: Mesh, { name, pivot }: FindPartsOptions): FoundParts {
  const pieces = collectPieces(mesh).sort((a, b) => b.area - a.area || a.vertices[0]! - b.vertices[0]!);
  const whole = pieces.reduce<Pick<Piece, "low" | "high">>(unite, EMPTY);
  const least = LEAST * diagonal(whole);
  const chosen = pieces.filter((piece, i) => i === 0 || diagonal(piece) >= least).slice(0, MOST);
  const parts = new Uint16Array(mesh.positions.length / 3);
  chosen.forEach((piece, number) => {
    for (const v of piece.vertices) parts[v] = number;
  });
  for (const piece of pieces) {
    if (chosen.includes(piece)) continue;
    const number = chosen.length > 1 ? nearest(mesh, chosen, piece) : 0;
    for (const v of piece.vertices) parts[v] = number;
  }
  if (chosen.length === 1) return { parts, labels: [{ name, pivot: [0, 0, 0] }] };
  const boxes = chosen.map((_, number) =>
    pieces.filter((piece) => parts[piece.vertices[0]!] === number).reduce<Pick<Piece, "low" | "high">>(unite, EMPTY),
  );
  const taken = new Map<string, number>();
  const labels = boxes.map((box, number) => {
    const place = number === 0 ? "main" : placeOf(middle(box), middle(boxes[0]!), whole);
    const count = (taken.get(place) ?? 0) + 1;
    taken.set(place, count);
    const [x, y, z] = middle(box);
    return {
      name: `${name.slice(0, LONGEST_STEM)}_${place}${count > 1 ? `_${count}` : ""}`,
      // What a float can say, so that files of single and of double precision agree.
      pivot: [x, pivot === "base" ? box.low[1] : y, z].map(Math.fround) as Vec3,
    };
  });
  return { parts, labels };
}

const EMPTY: Pick<Piece, "low" | "high"> = {
  low: [Infinity, Infinity, Infinity],
  high: [-Infinity, -Infinity, -Infinity],
};

function collectPieces({ positions: p, triangles }: Mesh): Piece[] {
  const parent = Int32Array.from({ length: p.length / 3 }, (_, v) => v);
  const root = (v: number): number => {
    while (parent[v]! !== v) {
      parent[v] = parent[parent[v]!]!;
      v = parent[v]!;
    }
    return v;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 1; k < 3; k++) {
      const [a, b] = [root(triangles[t]!), root(triangles[t + k]!)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const pieces = new Map<number, Piece>();
  for (let v = 0; v < parent.length; v++) {
    const r = root(v);
    const piece = pieces.get(r) ?? { vertices: [], area: 0, ...EMPTY };
    const at: Vec3 = [p[3 * v]!, p[3 * v + 1]!, p[3 * v + 2]!];
    pieces.set(r, piece);
    piece.vertices.push(v);
    Object.assign(piece, unite(piece, { low: at, high: at }));
  }
  for (let t = 0; t < triangles.length; t += 3) pieces.get(root(triangles[t]!))!.area += triangleArea(p, triangles, t);
  return [...pieces.values()];
}

function unite(a: Pick<Piece, "low" | "high">, b: Pick<Piece, "low" | "high">): Pick<Piece, "low" | "high"> {
  return {
    low: a.low.map((v, k) => Math.min(v, b.low[k]!)) as Vec3,
    high: a.high.map((v, k) => Math.max(v, b.high[k]!)) as Vec3,
  };
}

function diagonal({ low, high }: Pick<Piece, "low" | "high">): number {
  return Math.hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
}

function middle({ low, high }: Pick<Piece, "low" | "high">): Vec3 {
  return low.map((v, k) => (v + high[k]!) / 2) as Vec3;
}

/** The part with the vertex that is nearest to the middle of a piece. */
function nearest({ positions: p }: Mesh, chosen: readonly Piece[], piece: Piece): number {
  const [x, y, z] = middle(piece);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  chosen.forEach(({ vertices }, number) => {
    for (const v of vertices) {
      const away = (p[3 * v]! - x) ** 2 + (p[3 * v + 1]! - y) ** 2 + (p[3 * v + 2]! - z) ** 2;
      if (away >= least) continue;
      least = away;
      best = number;
    }
  });
  return best;
}

function placeOf(at: Vec3, main: Vec3, { low, high }: Pick<Piece, "low" | "high">): string {
  const aside = at.map((v, k) => (v - main[k]!) / (high[k]! - low[k]! || 1));
  const axis = [0, 1, 2].reduce((most, k) => (Math.abs(aside[k]!) > Math.abs(aside[most]!) ? k : most), 0);
  if (Math.abs(aside[axis]!) < ASIDE) return "inner";
  return SIDES[axis]![aside[axis]! > 0 ? 0 : 1];
}
