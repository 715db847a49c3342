import { TriangleTree } from "@maquette/engine/mesh/triangle-tree";
import type { Mesh } from "@maquette/engine/types";
import { sampleSurface } from "../measure/sample.ts";

const SAMPLES = 20_000;

/** Distances between two surfaces, in their unit, over samples of both. */
export interface SurfaceDistance {
  /** Mean of the nearest distances, of the two directions' means. */
  mean: number;
  /** The larger of the two directions' 99th percentiles. */
  most: number;
  /** The largest of all: Hausdorff's, as far as samples find it. */
  worst: number;
}

export function surfaceDistance(a: Mesh, b: Mesh): SurfaceDistance {
  const [there, back] = [oneWay(a, b), oneWay(b, a)];
  return {
    mean: (there.mean + back.mean) / 2,
    most: Math.max(there.most, back.most),
    worst: Math.max(there.worst, back.worst),
  };
}

function oneWay(from: Mesh, to: Mesh): SurfaceDistance {
  const tree = new TriangleTree(Float64Array.from(to.positions), to.triangles);
  const { points } = sampleSurface(from, SAMPLES, 1);
  const distances = new Float64Array(SAMPLES);
  let guess = -1;
  for (let i = 0; i < SAMPLES; i++) {
    const [x, y, z] = [points[3 * i], points[3 * i + 1], points[3 * i + 2]];
    guess = tree.find(x, y, z, guess);
    distances[i] = Math.hypot(tree.point[0] - x, tree.point[1] - y, tree.point[2] - z);
  }
  distances.sort();
  return {
    mean: distances.reduce((sum, d) => sum + d, 0) / SAMPLES,
    most: distances[Math.floor(0.99 * SAMPLES)],
    worst: distances[SAMPLES - 1],
  };
}
