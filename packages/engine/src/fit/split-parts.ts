import { compactPart } from "../export/compact-part.ts";
import type { PartMesh } from "../types.ts";
import type { FoundParts } from "./find-parts.ts";

/**
 * Takes a mesh apart into its parts, in the order of their labels.
 *
 * @param parts number of the part of each vertex; the vertices of a face all have the same.
 */
export function splitParts(mesh: PartMesh, { parts, labels }: FoundParts): PartMesh[] {
  if (labels.length === 1) return [{ ...mesh, ...labels[0] }];
  const sizes: number[][] = labels.map(() => []);
  const corners: number[][] = labels.map(() => []);
  let corner = 0;
  for (const size of mesh.sizes) {
    const part = parts[mesh.cornerVertices[corner]!]!;
    sizes[part]!.push(size);
    for (const end = corner + size; corner < end; corner++) corners[part]!.push(corner);
  }
  return labels.map((label, part) => {
    const pick = (numbers: Uint32Array) => Uint32Array.from(corners[part]!, (c) => numbers[c]!);
    return compactPart({
      ...mesh,
      ...label,
      sizes: Uint8Array.from(sizes[part]!),
      cornerVertices: pick(mesh.cornerVertices),
      cornerUvs: pick(mesh.cornerUvs),
      cornerNormals: pick(mesh.cornerNormals),
    });
  });
}
