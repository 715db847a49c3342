import type { Polygons } from "@maquette/engine/mesh/half-edges";

export interface PolygonFigures {
  polygons: number;
  /** Share of polygons with four corners. */
  quadShare: number;
  /** Share of vertices at which other than four edges meet: the poles of a quad mesh. */
  irregularShare: number;
}

/** Figures of a closed mesh. */
export function measurePolygons({ sizes, corners }: Pick<Polygons, "sizes" | "corners">): PolygonFigures {
  // On a closed mesh as many edges as faces meet in a vertex.
  const valence = new Map<number, number>();
  for (const v of corners) valence.set(v, (valence.get(v) ?? 0) + 1);
  const irregular = [...valence.values()].filter((count) => count !== 4).length;
  return {
    polygons: sizes.length,
    quadShare: sizes.reduce((count, size) => count + (size === 4 ? 1 : 0), 0) / sizes.length,
    irregularShare: irregular / valence.size,
  };
}
