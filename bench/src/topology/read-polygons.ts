import type { Polygons } from "@maquette/engine/mesh/half-edges";

/** The polygons of an OBJ file of ours, as they are. */
export function readPolygons(obj: string): Polygons {
  const positions: number[] = [];
  const sizes: number[] = [];
  const corners: number[] = [];
  for (const line of obj.split("\n")) {
    const [key, ...rest] = line.trim().split(/\s+/);
    if (key === "v") positions.push(...rest.slice(0, 3).map(Number));
    if (key !== "f") continue;
    sizes.push(rest.length);
    for (const corner of rest) corners.push(Number.parseInt(corner, 10) - 1);
  }
  return {
    positions: Float32Array.from(positions),
    sizes: Uint8Array.from(sizes),
    corners: Uint32Array.from(corners),
  };
}

/** Each polygon as a fan of triangles. */
export function fanTriangles({ sizes, corners }: Pick<Polygons, "sizes" | "corners">): Uint32Array {
  const triangles: number[] = [];
  let first = 0;
  for (const size of sizes) {
    for (let k = 1; k + 1 < size; k++) triangles.push(corners[first]!, corners[first + k]!, corners[first + k + 1]!);
    first += size;
  }
  return Uint32Array.from(triangles);
}
