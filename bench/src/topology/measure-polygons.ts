export interface PolygonFigures {
  polygons: number;
  /** Share of polygons with four corners. */
  quadShare: number;
  /** Share of vertices at which other than four edges meet: the poles of a quad mesh. */
  irregularShare: number;
}

/** Figures of a closed mesh, from the text of its OBJ file. */
export function measurePolygons(obj: string): PolygonFigures {
  const faces = obj
    .split("\n")
    .filter((line) => line.startsWith("f "))
    .map((line) =>
      line
        .slice(2)
        .trim()
        .split(/\s+/)
        .map((corner) => Number.parseInt(corner, 10)),
    );
  // On a closed mesh as many edges as faces meet in a vertex.
  const valence = new Map<number, number>();
  for (const face of faces) for (const v of face) valence.set(v, (valence.get(v) ?? 0) + 1);
  const irregular = [...valence.values()].filter((count) => count !== 4).length;
  return {
    polygons: faces.length,
    quadShare: faces.filter((face) => face.length === 4).length / faces.length,
    irregularShare: irregular / valence.size,
  };
}
