import type { Mesh, QuadMesh } from "../types.ts";

/** Splits each quad along its shorter diagonal. */
export function triangulateQuads({ positions: p, quads }: QuadMesh): Mesh {
  const triangles = new Uint32Array((quads.length / 4) * 6);
  for (let q = 0, t = 0; q < quads.length; q += 4, t += 6) {
    const [a, b, c, d] = [quads[q], quads[q + 1], quads[q + 2], quads[q + 3]];
    const ac = squared(p, a, c);
    const bd = squared(p, b, d);
    triangles.set(ac <= bd ? [a, b, c, a, c, d] : [a, b, d, b, c, d], t);
  }
  return { positions: p, triangles };
}

function squared(p: Float32Array, a: number, b: number): number {
  return (p[3 * a] - p[3 * b]) ** 2 + (p[3 * a + 1] - p[3 * b + 1]) ** 2 + (p[3 * a + 2] - p[3 * b + 2]) ** 2;
}
