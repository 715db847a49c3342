import type { Mesh } from "@maquette/engine/types";
import { random } from "../random.ts";

/** Points on a surface with the unit normals of their faces, 3 numbers each. */
export interface Samples {
  points: Float32Array;
  normals: Float32Array;
}

/**
 * Uniform random samples of a surface. Systematic over the running area (one jittered point per equal share), which
 * has less noise than independent draws, and lets every k-th sample stand for the whole.
 *
 * A mesh without area gives the same point over and over: its first vertex, or the origin.
 */
export function sampleSurface(mesh: Mesh, count: number, seed: number): Samples {
  const { positions: p, triangles } = mesh;
  const next = random(seed);
  const faces = triangles.length / 3;
  const until = new Float64Array(faces);
  const unit = new Float32Array(3 * faces);
  let total = 0;
  for (let t = 0; t < faces; t++) {
    const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]];
    const ux = p[b] - p[a];
    const uy = p[b + 1] - p[a + 1];
    const uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a];
    const vy = p[c + 1] - p[a + 1];
    const vz = p[c + 2] - p[a + 2];
    const x = uy * vz - uz * vy;
    const y = uz * vx - ux * vz;
    const z = ux * vy - uy * vx;
    const length = Math.sqrt(x * x + y * y + z * z);
    if (length > 0) unit.set([x / length, y / length, z / length], 3 * t);
    total += length;
    until[t] = total;
  }
  const points = new Float32Array(3 * count);
  const normals = new Float32Array(3 * count);
  if (!(total > 0)) {
    const first = faces > 0 ? p.subarray(3 * triangles[0], 3 * triangles[0] + 3) : new Float32Array(3);
    for (let i = 0; i < count; i++) points.set(first, 3 * i);
    return { points, normals };
  }
  let t = 0;
  for (let i = 0; i < count; i++) {
    const area = ((i + next()) / count) * total;
    while (until[t] < area && t < faces - 1) t++;
    const root = Math.sqrt(next());
    const v = next() * root;
    const [wa, wb, wc] = [1 - root, root - v, v];
    const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]];
    for (let k = 0; k < 3; k++) {
      points[3 * i + k] = wa * p[a + k] + wb * p[b + k] + wc * p[c + k];
      normals[3 * i + k] = unit[3 * t + k];
    }
  }
  return { points, normals };
}

/** Every k-th sample, `count` of them. */
export function thin(samples: Samples, count: number): Samples {
  const all = samples.points.length / 3;
  const points = new Float32Array(3 * count);
  const normals = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const from = 3 * Math.floor((i * all) / count);
    points.set(samples.points.subarray(from, from + 3), 3 * i);
    normals.set(samples.normals.subarray(from, from + 3), 3 * i);
  }
  return { points, normals };
}
