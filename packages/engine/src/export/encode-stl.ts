import type { PartMesh } from "../types.ts";
import { triangulate } from "./triangulate.ts";

const HEADER = 80;
const TRIANGLE = 50;
/** STL has no unit and every slicer takes it for millimetres. */
const MILLIMETRES = 1000;

/**
 * Binary STL for printing: all parts in one, triangles with their own normals, millimetres, +Z up as printers have it
 * (the object's front faces -Y).
 */
export function encodeStl(parts: readonly PartMesh[]): Uint8Array {
  const triangles = parts.map(triangulate);
  const count = triangles.reduce((sum, corners) => sum + corners.length / 3, 0);
  const out = new Uint8Array(HEADER + 4 + count * TRIANGLE);
  // Must not begin with "solid": that would announce a text file.
  out.set(new TextEncoder().encode("Maquette. Units: millimetres, Z up."));
  const view = new DataView(out.buffer);
  view.setUint32(HEADER, count, true);
  let at = HEADER + 4;
  parts.forEach((part, i) => {
    const corners = triangles[i]!;
    for (let t = 0; t < corners.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => upright(part, part.cornerVertices[corners[t + k]!]!)) as [
        number[],
        number[],
        number[],
      ];
      for (const row of [unitNormal(a, b, c), a, b, c]) {
        for (const value of row) {
          view.setFloat32(at, value, true);
          at += 4;
        }
      }
      at += 2;
    }
  });
  return out;
}

function upright({ positions }: PartMesh, v: number): number[] {
  const [x, y, z] = [positions[3 * v]!, positions[3 * v + 1]!, positions[3 * v + 2]!];
  // 0 - z instead of -z: no negative zero.
  return [x * MILLIMETRES, 0 - z * MILLIMETRES, y * MILLIMETRES];
}

function unitNormal(a: number[], b: number[], c: number[]): number[] {
  const u = a.map((v, k) => b[k]! - v);
  const w = a.map((v, k) => c[k]! - v);
  const n = [u[1]! * w[2]! - u[2]! * w[1]!, u[2]! * w[0]! - u[0]! * w[2]!, u[0]! * w[1]! - u[1]! * w[0]!];
  const length = Math.hypot(n[0]!, n[1]!, n[2]!) || 1;
  return n.map((v) => v / length);
}
