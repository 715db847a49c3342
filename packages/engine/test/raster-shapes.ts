import type { Mesh } from "../src/types.ts";

/** A UV sphere of the given radius about a point; triangles face outwards. */
export function sphere(radius: number, rings: number, center: [number, number, number] = [0, 0, 0]): Mesh {
  const segments = 2 * rings;
  const positions: number[] = [];
  for (let i = 0; i <= rings; i++) {
    for (let j = 0; j < segments; j++) {
      const polar = (Math.PI * i) / rings;
      const around = (2 * Math.PI * j) / segments;
      positions.push(
        center[0] + radius * Math.sin(polar) * Math.sin(around),
        center[1] + radius * Math.cos(polar),
        center[2] + radius * Math.sin(polar) * Math.cos(around),
      );
    }
  }
  const triangles: number[] = [];
  for (let i = 0; i < rings; i++) {
    for (let j = 0; j < segments; j++) {
      const a = i * segments + j;
      const b = i * segments + ((j + 1) % segments);
      triangles.push(a, a + segments, b, b, a + segments, b + segments);
    }
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

/** A box of the given size about a point; triangles face outwards, corners are shared. */
export function box(size: [number, number, number], center: [number, number, number] = [0, 0, 0]): Mesh {
  const positions: number[] = [];
  for (let i = 0; i < 8; i++) {
    positions.push(
      center[0] + size[0] * ((i & 1) - 0.5),
      center[1] + size[1] * (((i >> 1) & 1) - 0.5),
      center[2] + size[2] * ((i >> 2) - 0.5),
    );
  }
  const quads = [
    [4, 5, 7, 6],
    [1, 0, 2, 3],
    [5, 1, 3, 7],
    [0, 4, 6, 2],
    [6, 7, 3, 2],
    [0, 1, 5, 4],
  ];
  const triangles = quads.flatMap(([a, b, c, d]) => [a!, b!, c!, a!, c!, d!]);
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}
