import { ascendingOrder } from "../../mesh/ascending-order.ts";
import { CollapsibleMesh } from "../../mesh/collapsible-mesh.ts";
import { minimizeQuadrics, QUADRIC, vertexQuadrics } from "../../mesh/quadrics.ts";
import type { Mesh } from "../../types.ts";
import type { GraphLevel } from "./hierarchy.ts";
import { continueArm, LatticeFit } from "./lattice-field.ts";

/**
 * Pull of the lattice on a vertex, relative to the planes of the surface that it replaces: enough to keep it from
 * sliding along a plane or an edge, too little to pull it off them.
 */
const LATTICE_PULL = 0.01;

/** Vertices move no farther from their lattice point than this share of its squares' side, whatever the planes say. */
const REACH = 0.75;

/**
 * Merges all vertices of a mesh that belong to one and the same lattice vertex. What is left has its vertices on the
 * lattice, its edges along the arms of the crosses, and a diagonal in each square.
 *
 * Instant Meshes builds its result from a graph of lattice vertices, which need not be a manifold. Here the mesh itself
 * is contracted, edge by edge under the link condition, so that a closed manifold stays one.
 *
 * @param origins the lattice vertex of each vertex of the mesh.
 */
export function collapseToLattice(
  mesh: Mesh,
  level: GraphLevel,
  cross: Float64Array,
  origins: Float64Array,
  edge: number,
): Mesh {
  const topology = new CollapsibleMesh(mesh.triangles, level.count);
  const { edges, order } = coincidentEdges(level, cross, origins, edge);
  const into = Int32Array.from({ length: level.count }, (_, i) => i);
  const find = (i: number) => {
    while (into[i] !== i) {
      into[i] = into[into[i]];
      i = into[i];
    }
    return i;
  };
  const quadrics = vertexQuadrics(mesh);
  // Area-weighted sums of lattice points.
  const sums = new Float64Array(4 * level.count);
  for (let i = 0; i < level.count; i++) {
    const w = level.areas[i] + 1e-12;
    for (let c = 0; c < 3; c++) sums[4 * i + c] = w * origins[3 * i + c];
    sums[4 * i + 3] = w;
  }
  // What cannot go yet is tried again, until nothing goes any more.
  let waiting = order.length;
  for (let progress = true; progress; ) {
    progress = false;
    const tried = waiting;
    waiting = 0;
    for (let k = 0; k < tried; k++) {
      const e = order[k];
      const a = find(edges[2 * e]);
      const b = find(edges[2 * e + 1]);
      if (a === b) continue;
      if (!topology.adjacent(a, b) || !topology.canCollapse(a, b)) {
        order[waiting++] = e;
        continue;
      }
      topology.collapse(a, b);
      into[b] = a;
      for (let k = 0; k < QUADRIC; k++) quadrics[QUADRIC * a + k] += quadrics[QUADRIC * b + k];
      for (let k = 0; k < 4; k++) sums[4 * a + k] += sums[4 * b + k];
      progress = true;
    }
  }
  const { triangles, vertices } = topology.compact();
  const positions = new Float32Array(3 * vertices.length);
  const spot = new Float64Array(3);
  vertices.forEach((v, i) => {
    const [x, y, z] = [0, 1, 2].map((c) => sums[4 * v + c] / sums[4 * v + 3]);
    minimizeQuadrics(quadrics, QUADRIC * v, QUADRIC * v, x, y, z, LATTICE_PULL, spot);
    const away = Math.hypot(spot[0] - x, spot[1] - y, spot[2] - z);
    const share = Math.min(1, (REACH * edge) / (away || 1));
    positions[3 * i] = x + share * (spot[0] - x);
    positions[3 * i + 1] = y + share * (spot[1] - y);
    positions[3 * i + 2] = z + share * (spot[2] - z);
  });
  return { positions, triangles };
}

/** Edges of the mesh whose ends have the same lattice vertex, and their order by how well the lattices agree. */
function coincidentEdges(level: GraphLevel, cross: Float64Array, origins: Float64Array, edge: number) {
  const fit = new LatticeFit(level, edge);
  const arm = new Float64Array(3);
  const edges = new Uint32Array(level.neighbours.length);
  const errors = new Float32Array(level.neighbours.length / 2);
  let found = 0;
  for (let i = 0; i < level.count; i++) {
    for (let e = level.start[i]; e < level.start[i + 1]; e++) {
      const j = level.neighbours[e];
      if (j < i) continue;
      continueArm(level, cross, i, j, arm);
      fit.match(i, cross, origins, 3 * i, j, arm, 0, origins);
      if (fit.steps[0] !== 0 || fit.steps[1] !== 0) continue;
      edges[2 * found] = i;
      edges[2 * found + 1] = j;
      errors[found++] = fit.error;
    }
  }
  return { edges, order: ascendingOrder(errors, found) };
}
