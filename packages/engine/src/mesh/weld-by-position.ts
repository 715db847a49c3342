import type { Polygons } from "./half-edges.ts";

/**
 * Merges vertices at the same position, for checking files whose vertices are split at seams. With a tolerance (in the
 * unit of the positions) those in the same cell of a grid of that size are merged too, which is for text formats and
 * may part neighbours at a cell's border; 0 merges equal numbers only.
 *
 * Polygons keep their corners, so a face that collapses counts as degenerate in `checkMesh`.
 */
export function weldByPosition(mesh: Polygons, tolerance = 0): Polygons {
  const { positions, corners } = mesh;
  const count = positions.length / 3;
  const keys = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i++) {
    // + 0 turns -0 into 0.
    keys[i] = (tolerance > 0 ? Math.round(positions[i]! / tolerance) : positions[i]!) + 0;
  }
  const words = new Uint32Array(keys.buffer);
  let size = 16;
  while (size < count * 2) size *= 2;
  const table = new Int32Array(size).fill(-1);
  const number = new Uint32Array(count);
  const kept: number[] = [];
  for (let v = 0; v < count; v++) {
    let slot = hash(words, v) & (size - 1);
    for (;;) {
      const other = table[slot]!;
      if (other < 0) {
        table[slot] = kept.length;
        number[v] = kept.push(v) - 1;
        break;
      }
      const o = kept[other]! * 3;
      if (keys[o] === keys[v * 3] && keys[o + 1] === keys[v * 3 + 1] && keys[o + 2] === keys[v * 3 + 2]) {
        number[v] = other;
        break;
      }
      slot = (slot + 1) & (size - 1);
    }
  }
  const welded = new Float32Array(kept.length * 3);
  for (let i = 0; i < kept.length; i++) welded.set(positions.subarray(kept[i]! * 3, kept[i]! * 3 + 3), i * 3);
  return { positions: welded, sizes: mesh.sizes, corners: corners.map((v) => number[v]!) };
}

function hash(words: Uint32Array, vertex: number): number {
  let h = 0x9e3779b1;
  for (let i = vertex * 6; i < vertex * 6 + 6; i++) {
    h = Math.imul(h ^ words[i]!, 0x85ebca6b);
    h ^= h >>> 13;
  }
  return h ^ (h >>> 16);
}
