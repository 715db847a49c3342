import type { Mesh } from "@maquette/engine/types";

/**
 * The surface of a field > 0 by naive surface nets (Gibson 1998): one vertex for each cell that the surface crosses, at
 * the mean of the crossings on its edges, and nothing smoothed after. The field has n³ samples at the centres of the
 * cells of the cube [-0.5, 0.5]³, `(z · n + y) · n + x`; beyond the cube it is outside, so the mesh is closed.
 */
export function polygonize(field: Float32Array, n: number): Mesh {
  // One layer of outside all around, as deep as the sample beside it is high: the surface then ends at the cube's face.
  const m = n + 2;
  const padded = new Float32Array(m ** 3);
  const clamp = (i: number) => Math.min(Math.max(i - 1, 0), n - 1);
  for (let z = 0; z < m; z++) {
    for (let y = 0; y < m; y++) {
      const row = (clamp(z) * n + clamp(y)) * n;
      const to = (z * m + y) * m;
      const beside = z === 0 || y === 0 || z === m - 1 || y === m - 1;
      if (beside) for (let x = 0; x < m; x++) padded[to + x] = -Math.abs(field[row + clamp(x)]);
      else padded.set(field.subarray(row, row + n), to + 1);
      padded[to] = -Math.abs(field[row]);
      padded[to + m - 1] = -Math.abs(field[row + n - 1]);
    }
  }
  // Cell (x, y, z) has its corners at x, x + 1, and so on; it carries the number of its lowest corner.
  const steps = Int32Array.from({ length: 8 }, (_, c) => (c & 1) + ((c >> 1) & 1) * m + (c >> 2) * m * m);
  const vertexOf = new Int32Array(m ** 3).fill(-1);
  const positions: number[] = [];
  for (let z = 0; z < m - 1; z++) {
    for (let y = 0; y < m - 1; y++) {
      for (let x = 0, at = (z * m + y) * m; x < m - 1; x++, at++) {
        const first = padded[at] > 0;
        let mixed = false;
        for (let c = 1; c < 8 && !mixed; c++) mixed = padded[at + steps[c]] > 0 !== first;
        if (!mixed) continue;
        let [sx, sy, sz, crossings] = [0, 0, 0, 0];
        for (let c = 0; c < 8; c++) {
          for (let axis = 1; axis < 8; axis <<= 1) {
            if (c & axis) continue;
            const a = padded[at + steps[c]];
            const b = padded[at + steps[c | axis]];
            if (a > 0 === b > 0) continue;
            const t = a / (a - b);
            sx += (c & 1) + (axis === 1 ? t : 0);
            sy += ((c >> 1) & 1) + (axis === 2 ? t : 0);
            sz += (c >> 2) + (axis === 4 ? t : 0);
            crossings++;
          }
        }
        vertexOf[at] = positions.length / 3;
        positions.push(
          (x - 0.5 + sx / crossings) / n - 0.5,
          (y - 0.5 + sy / crossings) / n - 0.5,
          (z - 0.5 + sz / crossings) / n - 0.5,
        );
      }
    }
  }
  // Each edge between an inner and an outer sample is surrounded by four cells: one quad, wound to face the outside.
  const triangles: number[] = [];
  for (let z = 0; z < m - 1; z++) {
    for (let y = 0; y < m - 1; y++) {
      for (let x = 0, at = (z * m + y) * m; x < m - 1; x++, at++) {
        const inside = padded[at] > 0;
        for (let axis = 0; axis < 3; axis++) {
          if (padded[at + steps[1 << axis]] > 0 === inside) continue;
          const u = steps[1 << ((axis + 1) % 3)];
          const v = steps[1 << ((axis + 2) % 3)];
          const [a, b, c, d] = [at - u - v, at - v, at, at - u].map((cell) => vertexOf[cell]);
          if (inside) triangles.push(a, b, c, a, c, d);
          else triangles.push(a, c, b, a, d, c);
        }
      }
    }
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}
