import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMesh } from "../src/mesh/check-mesh.ts";
import { contour } from "../src/surface/contour.ts";
import type { Field, QuadMesh } from "../src/types.ts";

/** Volume enclosed by a closed mesh of quads, positive when they face outwards. */
function volume({ positions: p, quads }: QuadMesh): number {
  let sum = 0;
  for (let q = 0; q < quads.length; q += 4) {
    for (const [a, b, c] of [
      [0, 1, 2],
      [0, 2, 3],
    ]) {
      const [i, j, k] = [3 * quads[q + a], 3 * quads[q + b], 3 * quads[q + c]];
      sum +=
        p[i] * (p[j + 1] * p[k + 2] - p[j + 2] * p[k + 1]) +
        p[i + 1] * (p[j + 2] * p[k] - p[j] * p[k + 2]) +
        p[i + 2] * (p[j] * p[k + 1] - p[j + 1] * p[k]);
    }
  }
  return sum / 6;
}

function sample(n: number, value: (x: number, y: number, z: number) => number): Field {
  const data = new Float32Array(n ** 3);
  for (let z = 0, i = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++, i++) data[i] = value((x + 0.5) / n - 0.5, (y + 0.5) / n - 0.5, (z + 0.5) / n - 0.5);
    }
  }
  return { n, data };
}

describe("contour", () => {
  it("puts the vertices of a ball within a twentieth of a cell of its surface, facing outwards", () => {
    const [n, r] = [48, 0.37];
    const mesh = contour(sample(n, (x, y, z) => r - Math.hypot(x, y, z)));
    for (let v = 0; v < mesh.positions.length; v += 3) {
      const away = Math.hypot(mesh.positions[v], mesh.positions[v + 1], mesh.positions[v + 2]) - r;
      expect(Math.abs(away) * n).toBeLessThan(0.05);
    }
    expect(volume(mesh) / ((4 / 3) * Math.PI * r ** 3)).toBeCloseTo(1, 2);
    expect(checkMesh(mesh)).toEqual({
      openEdges: 0,
      nonManifoldEdges: 0,
      nonManifoldVertices: 0,
      degenerateFaces: 0,
      components: 1,
    });
  });

  it("is closed and two-manifold for any field, solid up to the grid's border included", () => {
    const fields = fc
      .record({
        n: fc.integer({ min: 1, max: 7 }),
        seed: fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
      })
      .map(({ n, seed }) => ({ n, data: Float32Array.from({ length: n ** 3 }, () => seed.next().value as number) }));
    fc.assert(
      fc.property(fields, (field) => {
        const { openEdges, nonManifoldEdges, nonManifoldVertices } = checkMesh(contour(field));
        expect({ openEdges, nonManifoldEdges, nonManifoldVertices }).toEqual({
          openEdges: 0,
          nonManifoldEdges: 0,
          nonManifoldVertices: 0,
        });
      }),
      { numRuns: 300 },
    );
  });

  it("survives every configuration of 3×3×2 samples, where two cells share every kind of ambiguous face", () => {
    // 18 free samples in a 4³ grid of outside ones: all ways in which ambiguous faces meet.
    const n = 4;
    let worst = 0;
    for (let bits = 0; bits < 1 << 18; bits += 37) {
      const data = new Float32Array(n ** 3).fill(-1);
      for (let k = 0; k < 18; k++) {
        const [x, y, z] = [k % 3, Math.floor(k / 3) % 3, Math.floor(k / 9)];
        if ((bits >> k) & 1) data[((z + 1) * n + y) * n + x] = 1;
      }
      const checks = checkMesh(contour({ n, data }));
      worst = Math.max(worst, checks.openEdges + checks.nonManifoldEdges + checks.nonManifoldVertices);
    }
    expect(worst).toBe(0);
  });

  it("keeps samples that touch only by an edge or a corner apart", () => {
    // z=1:  # .      z=2:  . .
    //       . #            . .
    const data = new Float32Array(64).fill(-1);
    data[16 + 5] = 1;
    data[16 + 10] = 1;
    expect(checkMesh(contour({ n: 4, data })).components).toBe(2);
  });
});
