/** Charts in one plane, not yet placed: each for itself, counter-clockwise as on the surface where v points up. */
export interface FlatCharts {
  /** 2 per UV, in the units of the surface. */
  points: Float64Array;
  /** UV number of each triangle corner. */
  cornerUvs: Uint32Array;
  /** Chart of each triangle. */
  charts: Uint32Array;
  chartCount: number;
}

/** Twice the signed area of a triangle: positive where a, b, c go round counter-clockwise. */
export function turn(points: ArrayLike<number>, a: number, b: number, c: number): number {
  const [x, y] = [points[2 * a]!, points[2 * a + 1]!];
  return (points[2 * b]! - x) * (points[2 * c + 1]! - y) - (points[2 * c]! - x) * (points[2 * b + 1]! - y);
}
