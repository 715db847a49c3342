import type { Mesh } from "@maquette/engine/types";

/**
 * Faces that another face of the mesh cuts through. Two triangles intersect when an edge of one passes through the inside
 * of the other; with a corner in common, only the edges opposite to it are looked at, and neighbours over an edge never
 * count. Faces that merely touch or lie in one plane do not. Candidates come from a grid about as coarse as the faces.
 *
 * @param mesh with vertices welded.
 */
export function selfIntersections({ positions, triangles }: Mesh): number {
  const count = triangles.length / 3;
  const low = new Float64Array(3 * count);
  const high = new Float64Array(3 * count);
  let extent = 0;
  for (let t = 0; t < count; t++) {
    for (let k = 0; k < 3; k++) {
      const [a, b, c] = [0, 1, 2].map((i) => positions[3 * triangles[3 * t + i] + k]);
      low[3 * t + k] = Math.min(a, b, c);
      high[3 * t + k] = Math.max(a, b, c);
      extent += high[3 * t + k] - low[3 * t + k];
    }
  }
  const cell = Math.max((2 * extent) / (3 * count), 1e-9);
  const cells = new Map<number, number[]>();
  const cellOf = (value: number) => Math.floor(value / cell);
  const key = (x: number, y: number, z: number) => ((x + 8192) * 16384 + y + 8192) * 16384 + z + 8192;
  for (let t = 0; t < count; t++) {
    const [x0, y0, z0] = [0, 1, 2].map((k) => cellOf(low[3 * t + k]));
    const [x1, y1, z1] = [0, 1, 2].map((k) => cellOf(high[3 * t + k]));
    for (let x = x0; x <= x1; x++) {
      for (let y = y0; y <= y1; y++) {
        for (let z = z0; z <= z1; z++) {
          const list = cells.get(key(x, y, z));
          if (list) list.push(t);
          else cells.set(key(x, y, z), [t]);
        }
      }
    }
  }
  const cut = new Uint8Array(count);
  for (const list of cells.values()) {
    for (let i = 0; i < list.length; i++) {
      for (let j = i + 1; j < list.length; j++) {
        const [s, t] = [list[i], list[j]];
        if ((cut[s] && cut[t]) || !boxesMeet(low, high, s, t)) continue;
        if (trianglesCross(positions, triangles, s, t)) {
          cut[s] = 1;
          cut[t] = 1;
        }
      }
    }
  }
  return cut.reduce((sum, one) => sum + one, 0);
}

function boxesMeet(low: Float64Array, high: Float64Array, s: number, t: number): boolean {
  for (let k = 0; k < 3; k++) {
    if (low[3 * s + k] > high[3 * t + k] || low[3 * t + k] > high[3 * s + k]) return false;
  }
  return true;
}

function trianglesCross(p: Float32Array, triangles: Uint32Array, s: number, t: number): boolean {
  const [a, b] = [corners(triangles, s), corners(triangles, t)];
  const shared = a.filter((v) => b.includes(v));
  if (shared.length > 1) return false;
  const crosses = (edges: readonly number[], face: readonly number[]) =>
    [0, 1, 2].some((k) => {
      const [from, to] = [edges[k], edges[(k + 1) % 3]];
      return from !== shared[0] && to !== shared[0] && passesThrough(p, from, to, face[0], face[1], face[2]);
    });
  return crosses(a, b) || crosses(b, a);
}

function corners(triangles: Uint32Array, t: number): [number, number, number] {
  return [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]];
}

/** Whether the segment p–q passes through the inside of triangle a b c. */
function passesThrough(at: Float32Array, p: number, q: number, a: number, b: number, c: number): boolean {
  const above = orientation(at, a, b, c, p);
  const below = orientation(at, a, b, c, q);
  if (!(above * below < 0)) return false;
  const one = orientation(at, p, q, a, b);
  const two = orientation(at, p, q, b, c);
  const three = orientation(at, p, q, c, a);
  return (one > 0 && two > 0 && three > 0) || (one < 0 && two < 0 && three < 0);
}

/** Six times the signed volume of the tetrahedron; coordinates are float32, so that doubles hold it to 29 bits more. */
function orientation(at: Float32Array, a: number, b: number, c: number, d: number): number {
  const [x, y, z] = [at[3 * d], at[3 * d + 1], at[3 * d + 2]];
  const [ax, ay, az] = [at[3 * a] - x, at[3 * a + 1] - y, at[3 * a + 2] - z];
  const [bx, by, bz] = [at[3 * b] - x, at[3 * b + 1] - y, at[3 * b + 2] - z];
  const [cx, cy, cz] = [at[3 * c] - x, at[3 * c + 1] - y, at[3 * c + 2] - z];
  return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
}
