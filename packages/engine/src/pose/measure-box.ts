import type { Matte } from "../types.ts";

/** A rectangle in pixel coordinates: left < right, top < bottom. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * The silhouette's bounding box to a fraction of a pixel: partial coverage of the outermost column or row moves its
 * side by as much. Null for an empty matte.
 */
export function measureBox(matte: Matte): Box | null {
  const { width, height, data } = matte;
  const columns = new Uint8Array(width);
  const rows = new Uint8Array(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const c = data[y * width + x];
      if (c > columns[x]) columns[x] = c;
      if (c > rows[y]) rows[y] = c;
    }
  }
  const across = extent(columns);
  const down = extent(rows);
  return across && down && { left: across[0], right: across[1], top: down[0], bottom: down[1] };
}

/** From and to where coverage reaches one half, the partial pixel just outside counted by its coverage. */
function extent(coverage: Uint8Array): [number, number] | null {
  const first = coverage.findIndex((c) => c >= 128);
  const last = coverage.findLastIndex((c) => c >= 128);
  if (first < 0) return null;
  const before = first > 0 ? coverage[first - 1] / 255 : 0;
  const after = last + 1 < coverage.length ? coverage[last + 1] / 255 : 0;
  return [first + 1 - coverage[first] / 255 - before, last + coverage[last] / 255 + after];
}
