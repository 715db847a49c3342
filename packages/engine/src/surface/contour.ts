import type { Field, QuadMesh } from "../types.ts";

/**
 * Closed, two-manifold quad mesh of the surface where a field changes sign: one vertex per surface patch and cell, one
 * quad per grid edge that the surface crosses.
 *
 * Dual marching cubes (Nielson 2004) with one vertex per patch is manifold except where two cells share an ambiguous
 * face whose two segments belong to one and the same patch in both cells: four quads then meet in one edge. Wenger
 * (Isosurfaces, 2013, section 3) resolves such a face the other way round. That splits the patch in either cell (the
 * cycle e1-e2-P-e3-e4-Q becomes P and Q), so it never creates another such face, and one sweep suffices.
 *
 * Corner c of a cell lies at (c & 1, c >> 1 & 1, c >> 2). Edges 0–3 run along x at (y, z) = (e & 1, e >> 1), edges 4–7
 * along y at (x, z), edges 8–11 along z at (x, y).
 *
 * Samples outside the grid count as outside, so the mesh is closed whatever the field.
 */
export function contour(field: Field): QuadMesh {
  const cells = collectCells(field);
  resolveFaces(cells);
  const { positions, base } = placeVertices(field, cells);
  return { positions, quads: connect(cells, base) };
}

interface Cells {
  count: number;
  /** Integer position of the cell's corner 0, in samples; -1 is the layer before the first sample. */
  x: Int16Array;
  y: Int16Array;
  z: Int16Array;
  /** Bit c set when corner c is inside. */
  config: Uint8Array;
  /** Bit f set when face f joins its segments the other way round. */
  flips: Uint8Array;
  /** Number of the neighbour towards -x, -y, -z, or -1 when it holds no surface. */
  before: [Int32Array, Int32Array, Int32Array];
}

const NONE = 255;

/** Corner numbers of an edge's two ends, the lower coordinate first. */
const EDGE_ENDS: [number, number][] = Array.from({ length: 12 }, (_, e) => {
  const axis = e >> 2;
  const [i, j] = [e & 1, (e >> 1) & 1];
  const low = axis === 0 ? i * 2 + j * 4 : axis === 1 ? i + j * 4 : i + j * 2;
  return [low, low | (1 << axis)];
});

/** Faces 0–5: -x, +x, -y, +y, -z, +z; each as its four corners in cyclic order. */
const FACE_CORNERS: number[][] = Array.from({ length: 6 }, (_, f) => {
  const axis = f >> 1;
  const [u, v] = axis === 0 ? [2, 4] : axis === 1 ? [1, 4] : [1, 2];
  const at = (f & 1) << axis;
  return [at, at + u, at + u + v, at + v];
});

const EDGE_OF_CORNERS = new Map(EDGE_ENDS.map(([a, b], e) => [a * 8 + b, e]));

/** Per face, the four edges between consecutive corners: FACE_EDGES[f][i] joins corners i and i + 1. */
const FACE_EDGES: number[][] = FACE_CORNERS.map((corners) =>
  corners.map((c, i) => {
    const d = corners[(i + 1) % 4];
    return EDGE_OF_CORNERS.get(Math.min(c, d) * 8 + Math.max(c, d))!;
  }),
);

/** patches[config << 6 | flips]: for each edge its patch number (NONE when not crossed), and in slot 12 their count. */
const patchCache: (Uint8Array | undefined)[] = new Array(256 << 6);

function patchesOf(config: number, flips: number): Uint8Array {
  const key = (config << 6) | flips;
  const known = patchCache[key];
  if (known) return known;
  const parent = Array.from({ length: 12 }, (_, e) => e);
  const root = (e: number): number => (parent[e] === e ? e : root(parent[e]));
  const inside = (corner: number) => (config >> corner) & 1;
  for (let f = 0; f < 6; f++) {
    const corners = FACE_CORNERS[f];
    const edges = FACE_EDGES[f];
    const crossed = edges.filter((_, i) => inside(corners[i]) !== inside(corners[(i + 1) % 4]));
    if (crossed.length === 2) parent[root(crossed[0])] = root(crossed[1]);
    if (crossed.length === 4) {
      // Segments cut off the inside corners, or the outside ones when flipped. Edges i - 1 and i meet in corner i.
      const cut = (inside(corners[0]) === 1) !== (((flips >> f) & 1) === 1) ? 0 : 1;
      parent[root(edges[(cut + 3) % 4])] = root(edges[cut]);
      parent[root(edges[(cut + 1) % 4])] = root(edges[cut + 2]);
    }
  }
  const patches = new Uint8Array(13).fill(NONE);
  const numbers = new Map<number, number>();
  for (let e = 0; e < 12; e++) {
    const [a, b] = EDGE_ENDS[e];
    if (inside(a) === inside(b)) continue;
    const r = root(e);
    if (!numbers.has(r)) numbers.set(r, numbers.size);
    patches[e] = numbers.get(r)!;
  }
  patches[12] = numbers.size;
  patchCache[key] = patches;
  return patches;
}

function collectCells(field: Field): Cells {
  const { n, data } = field;
  const side = n + 1;
  let capacity = 1 << 16;
  let cells: Cells = allocate(capacity);
  let count = 0;
  // Signs of the samples below and above the current layer of cells, with a border of outside samples.
  const stride = n + 2;
  let below = new Uint8Array(stride * stride);
  let above = new Uint8Array(stride * stride);
  // Number of the active cell in the current and the previous layer, by (y, x).
  let layer = new Int32Array(side * side).fill(-1);
  let previous = new Int32Array(side * side).fill(-1);
  for (let z = -1; z < n; z++) {
    above.fill(0);
    if (z + 1 < n) {
      for (let y = 0; y < n; y++) {
        let from = ((z + 1) * n + y) * n;
        let to = (y + 1) * stride + 1;
        for (let x = 0; x < n; x++, from++, to++) above[to] = data[from] > 0 ? 1 : 0;
      }
    }
    for (let y = -1; y < n; y++) {
      const row = (y + 1) * stride;
      const slot = (y + 1) * side;
      for (let x = -1; x < n; x++) {
        const i = row + x + 1;
        const config =
          below[i] |
          (below[i + 1] << 1) |
          (below[i + stride] << 2) |
          (below[i + stride + 1] << 3) |
          (above[i] << 4) |
          (above[i + 1] << 5) |
          (above[i + stride] << 6) |
          (above[i + stride + 1] << 7);
        if (config === 0 || config === 255) continue;
        if (count === capacity) {
          capacity *= 2;
          cells = grow(cells, allocate(capacity));
        }
        const at = slot + x + 1;
        cells.x[count] = x;
        cells.y[count] = y;
        cells.z[count] = z;
        cells.config[count] = config;
        cells.before[0][count] = x >= 0 ? layer[at - 1] : -1;
        cells.before[1][count] = y >= 0 ? layer[at - side] : -1;
        cells.before[2][count] = previous[at];
        layer[at] = count++;
      }
    }
    [below, above] = [above, below];
    [previous, layer] = [layer, previous];
    layer.fill(-1);
  }
  cells.count = count;
  return cells;
}

function allocate(capacity: number): Cells {
  const numbers = () => new Int32Array(capacity);
  return {
    count: 0,
    x: new Int16Array(capacity),
    y: new Int16Array(capacity),
    z: new Int16Array(capacity),
    config: new Uint8Array(capacity),
    flips: new Uint8Array(capacity),
    before: [numbers(), numbers(), numbers()],
  };
}

function grow(from: Cells, to: Cells): Cells {
  to.x.set(from.x);
  to.y.set(from.y);
  to.z.set(from.z);
  to.config.set(from.config);
  for (let axis = 0; axis < 3; axis++) to.before[axis].set(from.before[axis]);
  return to;
}

/** Turns each ambiguous face over whose two segments lie in a single patch on both of its sides. */
function resolveFaces(cells: Cells): void {
  for (let a = 0; a < cells.count; a++) {
    for (let axis = 0; axis < 3; axis++) {
      const b = cells.before[axis][a];
      if (b < 0) continue;
      const face = 2 * axis;
      const corners = FACE_CORNERS[face];
      const config = cells.config[a];
      const s0 = (config >> corners[0]) & 1;
      const s1 = (config >> corners[1]) & 1;
      if (s0 === s1 || s0 !== ((config >> corners[2]) & 1) || s1 !== ((config >> corners[3]) & 1)) continue;
      const mine = patchesOf(config, cells.flips[a]);
      const theirs = patchesOf(cells.config[b], cells.flips[b]);
      // Edges 0 and 2 of a face never share a segment: they lie in one patch exactly when both segments do.
      const [p, q] = [FACE_EDGES[face][0], FACE_EDGES[face][2]];
      const [r, s] = [FACE_EDGES[face + 1][0], FACE_EDGES[face + 1][2]];
      if (mine[p] === mine[q] && theirs[r] === theirs[s]) {
        cells.flips[a] |= 1 << face;
        cells.flips[b] |= 1 << (face + 1);
      }
    }
  }
}

function placeVertices(field: Field, cells: Cells): { positions: Float32Array; base: Int32Array } {
  const { n, data } = field;
  const base = new Int32Array(cells.count);
  let vertices = 0;
  for (let c = 0; c < cells.count; c++) {
    base[c] = vertices;
    vertices += patchesOf(cells.config[c], cells.flips[c])[12];
  }
  const positions = new Float32Array(3 * vertices);
  const value = new Float64Array(8);
  const sum = new Float64Array(4 * 4);
  for (let c = 0; c < cells.count; c++) {
    const x = cells.x[c];
    const y = cells.y[c];
    const z = cells.z[c];
    const patches = patchesOf(cells.config[c], cells.flips[c]);
    for (let k = 0; k < 8; k++) {
      const [i, j, l] = [x + (k & 1), y + ((k >> 1) & 1), z + (k >> 2)];
      const within = i >= 0 && j >= 0 && l >= 0 && i < n && j < n && l < n;
      value[k] = within ? data[(l * n + j) * n + i] : Number.NEGATIVE_INFINITY;
    }
    sum.fill(0);
    for (let e = 0; e < 12; e++) {
      const patch = patches[e];
      if (patch === NONE) continue;
      const [a, b] = EDGE_ENDS[e];
      const va = value[a];
      const vb = value[b];
      // Zero counts as outside. Keep off the very ends: a crossing in a corner would be shared by several edges and
      // give faces without area.
      let t = va === Number.NEGATIVE_INFINITY ? 1 : vb === Number.NEGATIVE_INFINITY ? 0 : va / (va - vb);
      t = Math.min(0.999, Math.max(0.001, t));
      const axis = e >> 2;
      sum[4 * patch] += (a & 1) + (axis === 0 ? t : 0);
      sum[4 * patch + 1] += ((a >> 1) & 1) + (axis === 1 ? t : 0);
      sum[4 * patch + 2] += (a >> 2) + (axis === 2 ? t : 0);
      sum[4 * patch + 3] += 1;
    }
    for (let p = 0; p < patches[12]; p++) {
      const at = 3 * (base[c] + p);
      const count = sum[4 * p + 3];
      positions[at] = (x + sum[4 * p] / count + 0.5) / n - 0.5;
      positions[at + 1] = (y + sum[4 * p + 1] / count + 0.5) / n - 0.5;
      positions[at + 2] = (z + sum[4 * p + 2] / count + 0.5) / n - 0.5;
    }
  }
  return { positions, base };
}

/**
 * A cell owns its three edges at corner 0. Around the edge along x, the cells are (y, z), (y - 1, z), (y - 1, z - 1),
 * (y, z - 1), in which the edge has the numbers below; likewise, with axes rotated, for y and z.
 */
const AROUND = [0, 1, 2].map((axis) => {
  const u = (axis + 1) % 3;
  const v = (axis + 2) % 3;
  const edge = (du: number, dv: number) => {
    const low = (du << u) | (dv << v);
    return EDGE_OF_CORNERS.get(low * 8 + (low | (1 << axis)))!;
  };
  return { axis, u, v, edges: [edge(0, 0), edge(1, 0), edge(1, 1), edge(0, 1)] as const };
});

function connect(cells: Cells, base: Int32Array): Uint32Array {
  const quads = new Uint32Array(4 * countQuads(cells));
  let q = 0;
  for (let c = 0; c < cells.count; c++) {
    const config = cells.config[c];
    for (const { axis, u, v, edges } of AROUND) {
      const low = config & 1;
      if (low === ((config >> (1 << axis)) & 1)) continue;
      const cu = cells.before[u][c];
      const cv = cells.before[v][c];
      const cuv = cells.before[v][cu];
      const vertex = (cell: number, edge: number) =>
        base[cell] + patchesOf(cells.config[cell], cells.flips[cell])[edge];
      const v0 = vertex(c, edges[0]);
      const v1 = vertex(cu, edges[1]);
      const v2 = vertex(cuv, edges[2]);
      const v3 = vertex(cv, edges[3]);
      // Inside at the lower end: the surface faces along +axis, and (u, v) turn counter-clockwise seen from there.
      quads[q] = v0;
      quads[q + 1] = low ? v1 : v3;
      quads[q + 2] = v2;
      quads[q + 3] = low ? v3 : v1;
      q += 4;
    }
  }
  return quads;
}

function countQuads(cells: Cells): number {
  let count = 0;
  for (let c = 0; c < cells.count; c++) {
    const config = cells.config[c];
    for (let axis = 0; axis < 3; axis++) if ((config & 1) !== ((config >> (1 << axis)) & 1)) count++;
  }
  return count;
}
