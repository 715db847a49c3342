import { labelRuns } from "../carve/label-runs.ts";
import type { Field } from "../types.ts";
import { filterSoup, type Soup } from "./clean-soup.ts";
import { fillHoles } from "./fill-holes.ts";
import { normalizeSoup } from "./normalize-soup.ts";
import { solidField } from "./solid-field.ts";

export interface UnwantedOptions {
  keepLoose: boolean;
  keepBase: boolean;
}

export interface Unwanted {
  soup: Soup;
  /** Loose pieces that were dropped. */
  loose: number;
  basePlate: boolean;
}

/** What is unwanted is told by its size, for which a coarse solid is enough. */
const SAMPLES = 64;
/**
 * A piece is a floater below this share of the solid (or number of cells) and of its longest side, if nothing is nearer to it
 * than twice the reach (cells): petals, eyes and flames float too, but close to what they belong to.
 */
const LOOSE = { volume: 0.02, cells: 9, extent: 0.08, reach: 1.4 };
/** A base plate is at most this thick, covers this much of its own outline's box, and loses this much above its top. */
const PLATE = { thickness: 0.06, fill: 0.72, drop: 0.6 };

/**
 * Drops loose crumbs, and the plate on which generators and scanners put models. A foot that belongs to the model is told
 * from a plate by what is above: it does not stick out on all four sides, or it is thicker.
 */
export function dropUnwanted(soup: Soup, options: UnwantedOptions): Unwanted {
  let current = soup;
  let loose = 0;
  let basePlate = false;
  const sweep = () => {
    const dropped = dropLoose(current);
    current = dropped.soup;
    loose += dropped.count;
  };
  // What goes makes the rest larger: the plate is looked for once more without the crumbs.
  if (!options.keepLoose) sweep();
  if (!options.keepBase) {
    const dropped = dropPlate(current);
    current = dropped ?? current;
    basePlate = dropped !== null;
  }
  // Crumbs that were near to nothing but the plate.
  if (basePlate && !options.keepLoose) sweep();
  return { soup: current, loose, basePlate };
}

function coarse(soup: Soup): { solid: Field; placed: Soup } {
  const placed = normalizeSoup(fillHoles(soup).soup, SAMPLES).soup;
  return { solid: solidField(placed, SAMPLES).field, placed };
}

function dropLoose(soup: Soup): { soup: Soup; count: number } {
  const { solid, placed } = coarse(soup);
  const { label, isLoose } = findPieces(solid, LOOSE.reach);
  const count = isLoose.filter(Boolean).length;
  if (count === 0) return { soup, count };
  const kept = filterSoup(soup, (t) => {
    const component = componentAt(placed, t, label, solid.n);
    return component < 0 || !isLoose[component];
  });
  return kept.source.length > 0 ? { soup: kept, count } : { soup, count: 0 };
}

/** Pieces of a solid that lie within twice the reach (cells) of each other, and which of them are loose. */
function findPieces({ n, data }: Field, reach: number): { label: Int32Array; isLoose: boolean[] } {
  const runs = labelRuns({ n, data: data.map((d) => d + reach / SAMPLES) }, true);
  const label = new Int32Array(n ** 3).fill(-1);
  const boxes = runs.volumes.map(() => [n, n, n, 0, 0, 0]);
  for (let i = 0; i < runs.start.length; i++) {
    label.fill(runs.component[i]!, runs.start[i]!, runs.end[i]!);
    const row = Math.floor(runs.start[i]! / n);
    const box = boxes[runs.component[i]!]!;
    const low = [runs.start[i]! % n, row % n, Math.floor(row / n)];
    const high = [(runs.end[i]! - 1) % n, low[1]!, low[2]!];
    for (let k = 0; k < 3; k++) {
      box[k] = Math.min(box[k]!, low[k]!);
      box[3 + k] = Math.max(box[3 + k]!, high[k]!);
    }
  }
  const volumes = runs.volumes.map(() => 0);
  for (let i = 0; i < label.length; i++) if (data[i]! > 0) volumes[label[i]!]!++;
  const total = volumes.reduce((a, b) => a + b, 0);
  const largest = volumes.indexOf(Math.max(...volumes));
  const isLoose = volumes.map((volume, c) => {
    const box = boxes[c]!;
    const extent = Math.max(...[0, 1, 2].map((k) => box[3 + k]! - box[k]! + 1));
    return (
      c !== largest && volume < Math.max(LOOSE.volume * total, LOOSE.cells) && extent < LOOSE.extent * n + 2 * reach
    );
  });
  return { label, isLoose };
}

/** The piece in whose samples the middle of a face lies, or next to which it lies. */
function componentAt({ positions, triangles }: Soup, t: number, label: Int32Array, n: number): number {
  const at = [0, 1, 2].map((k) => {
    const sum = [0, 1, 2].reduce((s, c) => s + positions[3 * triangles[3 * t + c]! + k]!, 0);
    return Math.round((sum / 3 + 0.5) * n - 0.5);
  });
  for (let reach = 0; reach <= 2; reach++) {
    for (let c = 0; c < (2 * reach + 1) ** 3; c++) {
      const side = 2 * reach + 1;
      const [x, y, z] = [
        at[0]! + (c % side) - reach,
        at[1]! + (Math.floor(c / side) % side) - reach,
        at[2]! + Math.floor(c / side / side) - reach,
      ];
      if (x < 0 || y < 0 || z < 0 || x >= n || y >= n || z >= n) continue;
      const found = label[(z * n + y) * n + x]!;
      if (found >= 0) return found;
    }
  }
  return -1;
}

interface Layer {
  area: number;
  low: [number, number];
  high: [number, number];
}

function dropPlate(soup: Soup): Soup | null {
  const { solid, placed } = coarse(soup);
  const n = SAMPLES;
  const isSolid = (i: number) => solid.data[i]! > 0;
  const layers = Array.from({ length: n }, (_, y) => layerOf(solid, y, isSolid));
  const first = layers.findIndex(({ area }) => area > 0);
  const last = layers.findLastIndex(({ area }) => area > 0);
  const bottom = layers[first];
  if (!bottom) return null;
  const boxArea = (bottom.high[0] - bottom.low[0] + 1) * (bottom.high[1] - bottom.low[1] + 1);
  if (bottom.area < PLATE.fill * boxArea) return null;
  const longest = Math.max(last - first, bottom.high[0] - bottom.low[0], bottom.high[1] - bottom.low[1]) + 1;
  const most = Math.max(2, Math.ceil(PLATE.thickness * longest));
  const top = layers.findIndex((layer, y) => y > first && layer.area < PLATE.drop * bottom.area);
  if (top < 0 || top - first > most || top > last) return null;
  // A crumb beside the plate must not pass for what stands on it. Just above the plate everything is within its reach.
  const above = { n, data: solid.data.map((d, i) => (Math.floor(i / n) % n < top ? Number.NEGATIVE_INFINITY : d)) };
  const { label, isLoose } = findPieces(above, 0);
  const isStanding = (i: number) => above.data[i]! > 0 && !isLoose[label[i]!];
  const rest = layers
    .map((_, y) => layerOf(above, y, isStanding))
    .reduce(
      (box, { area, low, high }) =>
        area === 0
          ? box
          : {
              low: [Math.min(box.low[0]!, low[0]), Math.min(box.low[1]!, low[1])],
              high: [Math.max(box.high[0]!, high[0]), Math.max(box.high[1]!, high[1])],
            },
      { low: [n, n], high: [-1, -1] },
    );
  const sticksOut = [0, 1].every((k) => bottom.low[k]! < rest.low[k]! && bottom.high[k]! > rest.high[k]!);
  // What stands on it must be more than a bump of the plate.
  if (!sticksOut || last - top < 2 * (top - first)) return null;
  // The plate ends between the last sample in it and the first above it.
  const height = (top + 0.5) / n - 0.5;
  const kept = filterSoup(soup, (t) =>
    [0, 1, 2].some((c) => placed.positions[3 * placed.triangles[3 * t + c]! + 1]! > height),
  );
  return kept.source.length > 0 ? kept : null;
}

function layerOf({ n }: Field, y: number, counts: (sample: number) => boolean): Layer {
  const layer: Layer = { area: 0, low: [n, n], high: [-1, -1] };
  for (let z = 0; z < n; z++) {
    for (let x = 0; x < n; x++) {
      if (!counts((z * n + y) * n + x)) continue;
      layer.area++;
      layer.low = [Math.min(layer.low[0], x), Math.min(layer.low[1], z)];
      layer.high = [Math.max(layer.high[0], x), Math.max(layer.high[1], z)];
    }
  }
  return layer;
}
