import type { PartMesh } from "../types.ts";
import { triangulate } from "./triangulate.ts";
import { uniqueTriples } from "./unique.ts";

/** A part as a graphics card takes it: one number for a vertex with all its attributes. */
export interface VertexBuffers {
  /** 3 vertex numbers per triangle. */
  triangles: Uint32Array<ArrayBuffer>;
  positions: Float32Array<ArrayBuffer>;
  normals: Float32Array<ArrayBuffer>;
  uvs: Float32Array<ArrayBuffer>;
  /** Vertex of the part from which each came. */
  origins: Uint32Array<ArrayBuffer>;
  /** 4 per vertex: direction of +u, and the sign w with `bitangent = cross(normal, tangent) * w` up in the texture. */
  tangents?: Float32Array<ArrayBuffer>;
}

/**
 * Triangulates a part and gives each distinct combination of vertex, UV and normal one number, in the order of first
 * use. With `tangents`, vertices where the texture is mirrored on one side are split as well, since the sign differs.
 */
export function weldCorners(part: PartMesh, tangents: boolean): VertexBuffers {
  const corners = triangulate(part);
  const vertex = gather(part.cornerVertices, corners);
  const uv = gather(part.cornerUvs, corners);
  const normal = gather(part.cornerNormals, corners);
  if (!tangents) return buffers(part, vertex, uv, normal, uniqueTriples(vertex, uv, normal));
  const signed = new Uint32Array(normal.length);
  for (let c = 0; c < normal.length; c++) {
    const t = c - (c % 3);
    signed[c] = normal[c]! * 2 + (uvArea(part.uvs, uv[t]!, uv[t + 1]!, uv[t + 2]!) > 0 ? 1 : 0);
  }
  const welded = buffers(part, vertex, uv, normal, uniqueTriples(vertex, uv, signed));
  return { ...welded, tangents: vertexTangents(welded) };
}

function gather(values: Uint32Array, corners: Uint32Array): Uint32Array {
  const out = new Uint32Array(corners.length);
  for (let i = 0; i < corners.length; i++) out[i] = values[corners[i]!]!;
  return out;
}

function buffers(
  part: PartMesh,
  vertex: Uint32Array,
  uv: Uint32Array,
  normal: Uint32Array,
  unique: ReturnType<typeof uniqueTriples>,
): VertexBuffers {
  const count = unique.first.length;
  const positions = new Float32Array(count * 3);
  const normals = new Float32Array(count * 3);
  const uvs = new Float32Array(count * 2);
  const origins = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const corner = unique.first[i]!;
    origins[i] = vertex[corner]!;
    const [p, n, t] = [vertex[corner]! * 3, normal[corner]! * 3, uv[corner]! * 2];
    for (let k = 0; k < 3; k++) positions[i * 3 + k] = part.positions[p + k]!;
    for (let k = 0; k < 3; k++) normals[i * 3 + k] = part.normals[n + k]!;
    for (let k = 0; k < 2; k++) uvs[i * 2 + k] = part.uvs[t + k]!;
  }
  return { triangles: unique.index, positions, normals, uvs, origins };
}

/** Twice the signed area in the texture, v down: positive where the texture is mirrored on the surface. */
function uvArea(uvs: Float32Array, a: number, b: number, c: number): number {
  const [x, y] = [uvs[a * 2]!, uvs[a * 2 + 1]!];
  return (uvs[b * 2]! - x) * (uvs[c * 2 + 1]! - y) - (uvs[c * 2]! - x) * (uvs[b * 2 + 1]! - y);
}

/**
 * Tangents after Mikkelsen (Simulation of Wrinkled Surfaces Revisited, 2008), the basis that glTF and the engines
 * prescribe: each triangle's direction of +u in the plane of the vertex normal, weighted by the corner's angle. On
 * vertices whose triangles form one fan, which is how the parts are built, this is the published algorithm.
 */
function vertexTangents(mesh: VertexBuffers): Float32Array<ArrayBuffer> {
  const { positions: p, normals, uvs, triangles } = mesh;
  const out = new Float32Array((p.length / 3) * 4);
  const side = [0, 0, 0];
  const next = [0, 0, 0];
  const previous = [0, 0, 0];
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    const area = uvArea(uvs, a, b, c);
    const sign = area > 0 ? -1 : 1;
    const dv1 = (uvs[b * 2 + 1]! - uvs[a * 2 + 1]!) * -sign;
    const dv2 = (uvs[c * 2 + 1]! - uvs[a * 2 + 1]!) * -sign;
    for (let k = 0; k < 3; k++) {
      side[k] = (p[b * 3 + k]! - p[a * 3 + k]!) * dv2 - (p[c * 3 + k]! - p[a * 3 + k]!) * dv1;
    }
    for (let k = 0; k < 3; k++) {
      const [v, w, u] = [triangles[t + k]!, triangles[t + ((k + 1) % 3)]!, triangles[t + ((k + 2) % 3)]!];
      out[v * 4 + 3] = sign;
      if (area === 0) continue;
      for (let i = 0; i < 3; i++) {
        next[i] = p[w * 3 + i]! - p[v * 3 + i]!;
        previous[i] = p[u * 3 + i]! - p[v * 3 + i]!;
      }
      const direction = projectUnit(side, normals, v);
      const one = projectUnit(next, normals, v);
      const two = projectUnit(previous, normals, v);
      const cosine = one[0] * two[0] + one[1] * two[1] + one[2] * two[2];
      const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
      for (let i = 0; i < 3; i++) out[v * 4 + i]! += direction[i]! * angle;
    }
  }
  for (let v = 0; v < out.length / 4; v++) {
    const [x, y, z] = projectUnit([out[v * 4]!, out[v * 4 + 1]!, out[v * 4 + 2]!], normals, v);
    const known = x !== 0 || y !== 0 || z !== 0;
    out.set(known ? [x, y, z] : anyPerpendicular(normals, v), v * 4);
  }
  return out;
}

/** The part of `d` in the plane of normal `v`, at unit length; zero where nothing is left. */
function projectUnit(d: readonly number[], normals: Float32Array, v: number): [number, number, number] {
  const [nx, ny, nz] = [normals[v * 3]!, normals[v * 3 + 1]!, normals[v * 3 + 2]!];
  const along = d[0]! * nx + d[1]! * ny + d[2]! * nz;
  const [x, y, z] = [d[0]! - nx * along, d[1]! - ny * along, d[2]! - nz * along];
  const length = Math.sqrt(x * x + y * y + z * z);
  return length > 1e-30 ? [x / length, y / length, z / length] : [0, 0, 0];
}

function anyPerpendicular(normals: Float32Array, v: number): [number, number, number] {
  const alongX = Math.abs(normals[v * 3]!) > 0.9;
  return projectUnit(alongX ? [0, 1, 0] : [1, 0, 0], normals, v);
}
