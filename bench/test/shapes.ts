import type { Mesh } from "@maquette/engine/types";

type Vector = readonly [number, number, number];

/** A box of the given size about a point. */
export function box(size: Vector, center: Vector = [0, 0, 0]): Mesh {
  const positions: number[] = [];
  for (let i = 0; i < 8; i++) {
    for (let k = 0; k < 3; k++) positions.push(center[k] + size[k] * (((i >> k) & 1) - 0.5));
  }
  const quads = [
    [4, 5, 7, 6],
    [1, 0, 2, 3],
    [5, 1, 3, 7],
    [0, 4, 6, 2],
    [6, 7, 3, 2],
    [0, 1, 5, 4],
  ];
  return {
    positions: Float32Array.from(positions),
    triangles: Uint32Array.from(quads.flatMap(([a, b, c, d]) => [a, b, c, a, c, d])),
  };
}

/** A sphere about a point, as an octahedron split `splits` times (each triangle into four). */
export function sphere(radius: number, splits: number, center: Vector = [0, 0, 0]): Mesh {
  let corners: Vector[][] = [];
  for (const x of [-1, 1]) {
    for (const y of [-1, 1]) {
      for (const z of [-1, 1]) {
        const [a, b, c]: Vector[] = [
          [x, 0, 0],
          [0, y, 0],
          [0, 0, z],
        ];
        corners.push(x * y * z > 0 ? [a, b, c] : [a, c, b]);
      }
    }
  }
  const middle = (u: Vector, v: Vector): Vector => {
    const sum = [u[0] + v[0], u[1] + v[1], u[2] + v[2]];
    const length = Math.hypot(...sum);
    return [sum[0] / length, sum[1] / length, sum[2] / length];
  };
  for (let i = 0; i < splits; i++) {
    corners = corners.flatMap(([a, b, c]) => {
      const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
      return [
        [a, ab, ca],
        [ab, b, bc],
        [ca, bc, c],
        [ab, bc, ca],
      ];
    });
  }
  const points = corners.flat();
  return {
    positions: Float32Array.from(points.flatMap((p) => p.map((v, k) => center[k] + radius * v))),
    triangles: Uint32Array.from({ length: points.length }, (_, i) => i),
  };
}

/** A rectangle in the plane z = `z`. */
export function plane(width: number, height: number, z: number): Mesh {
  const [x, y] = [width / 2, height / 2];
  return {
    positions: Float32Array.of(-x, -y, z, x, -y, z, x, y, z, -x, y, z),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
  };
}

/** Several meshes as one. */
export function merge(...meshes: Mesh[]): Mesh {
  const positions: number[] = [];
  const triangles: number[] = [];
  for (const mesh of meshes) {
    const first = positions.length / 3;
    positions.push(...mesh.positions);
    for (const v of mesh.triangles) triangles.push(first + v);
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

/** An object without any symmetry: a foot, a mast off its centre, an arm towards +X and a nose towards +Z. */
export function crane(): Mesh {
  return merge(
    box([0.6, 0.2, 0.4], [0, -0.4, 0]),
    box([0.15, 0.8, 0.15], [-0.15, 0.1, 0]),
    box([0.5, 0.12, 0.12], [0.2, 0.4, 0]),
    box([0.1, 0.1, 0.3], [-0.15, 0.1, 0.2]),
  );
}
