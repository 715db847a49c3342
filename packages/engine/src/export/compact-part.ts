import { EngineError } from "../errors.ts";
import type { PartMesh } from "../types.ts";
import { uniqueRows } from "./unique.ts";

/**
 * The same part without unreferenced vertices and with equal UVs and equal normals stored once, all numbered in the
 * order of first use. Vertices are never merged: two at one place are two on purpose (touching shells stay two-manifold).
 *
 * @throws EngineError `internal` when the arrays contradict each other, so that no exporter writes a broken file.
 */
export function compactPart(part: PartMesh): PartMesh {
  checkPart(part);
  const vertices = compactVertices(part);
  const uvs = uniqueRows(part.uvs, 2, part.cornerUvs);
  const normals = uniqueRows(part.normals, 3, part.cornerNormals);
  return {
    name: part.name,
    pivot: part.pivot,
    sizes: part.sizes,
    positions: vertices.positions,
    colors: vertices.colors,
    cornerVertices: vertices.corners,
    uvs: uvs.rows,
    cornerUvs: uvs.corners,
    normals: normals.rows,
    cornerNormals: normals.corners,
  };
}

function compactVertices(part: PartMesh): { positions: Float32Array; colors: Uint8Array; corners: Uint32Array } {
  const number = new Int32Array(part.positions.length / 3).fill(-1);
  const corners = new Uint32Array(part.cornerVertices.length);
  const kept: number[] = [];
  for (let c = 0; c < corners.length; c++) {
    const v = part.cornerVertices[c]!;
    if (number[v]! < 0) number[v] = kept.push(v) - 1;
    corners[c] = number[v]!;
  }
  const positions = new Float32Array(kept.length * 3);
  const colors = new Uint8Array(kept.length * 3);
  for (let i = 0; i < kept.length; i++) {
    const from = kept[i]! * 3;
    for (let k = 0; k < 3; k++) {
      // + 0 turns -0 into 0, which would read as another value in text and in bytes.
      positions[i * 3 + k] = part.positions[from + k]! + 0;
      colors[i * 3 + k] = part.colors[from + k]!;
    }
  }
  return { positions, colors, corners };
}

function checkPart(part: PartMesh): void {
  let corners = 0;
  for (const size of part.sizes) {
    if (size !== 3 && size !== 4) fail(part, `has a polygon with ${size} corners`);
    corners += size;
  }
  if (corners === 0) fail(part, "has no polygons");
  if (part.colors.length !== part.positions.length) {
    fail(part, `has ${part.positions.length / 3} vertices but ${part.colors.length / 3} vertex colours`);
  }
  checkIndices(part, "vertex", part.cornerVertices, corners, part.positions.length / 3);
  checkIndices(part, "UV", part.cornerUvs, corners, part.uvs.length / 2);
  checkIndices(part, "normal", part.cornerNormals, corners, part.normals.length / 3);
  for (const array of [part.positions, part.uvs, part.normals]) {
    for (let i = 0; i < array.length; i++) if (!Number.isFinite(array[i]!)) fail(part, `has a coordinate ${array[i]}`);
  }
}

function checkIndices(part: PartMesh, what: string, indices: Uint32Array, corners: number, count: number): void {
  if (indices.length !== corners) fail(part, `has ${corners} corners but ${indices.length} ${what} numbers`);
  for (const index of indices) if (index >= count) fail(part, `uses ${what} ${index} of ${count}`);
}

function fail(part: PartMesh, what: string): never {
  throw new EngineError("internal", `export: part ${JSON.stringify(part.name)} ${what}`);
}
