/** Positions as seen from a part's own origin; the very same array where that is the asset's. */
export function aboutPivot<T extends Float32Array>(positions: T, pivot: readonly [number, number, number]): T {
  if (pivot.every((v) => v === 0)) return positions;
  return positions.map((v, i) => v - pivot[i % 3]!) as T;
}
