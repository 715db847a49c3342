import { cubeCamera, LABEL_DIRECTIONS, type ViewLabel } from "@maquette/engine/frames";
import type { SidesModel } from "@maquette/engine/models";
import { judgeNamings } from "@maquette/engine/pose/judge-namings";
import { nameViews } from "@maquette/engine/pose/name-views";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { Cutout } from "@maquette/engine/types";
import { colorDifference, silhouetteIou } from "@maquette/engine/views/compare-sketches";
import { sketchView } from "@maquette/engine/views/sketch";
import { shuffled } from "../random.ts";

/** The level sides, each a quarter turn from the one before. */
const RING: readonly ViewLabel[] = ["front", "right", "back", "left"];
const SIZE = 192;
/** Two sides that look so alike (mean Lab difference, overlap) bear either name. */
const SAME_COLOR = 2;
const SAME_OUTLINE = 0.97;

/** What came of naming four sides of an object that were given in random order, shares of 1. */
export interface Naming {
  /** Sides that got their own name. */
  named: number;
  /** Whether opposite sides were found, and whether the sides follow each other: right but for a turn of the whole. */
  pairs: number;
  ring: number;
}

/** Renders four sides, framed at random, and lets the engine name them without hints. */
export async function nameFourSides(mesh: RenderMesh, next: () => number, sides: SidesModel | null): Promise<Naming> {
  const order = shuffled([0, 1, 2, 3], next);
  const cutouts = order.map((side): Cutout => {
    const { azimuth } = LABEL_DIRECTIONS[RING[side]];
    const image = renderMesh(mesh, cubeCamera(azimuth, 0, SIZE, 0.6 + 0.35 * next()), SIZE, SIZE);
    const data = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => image.data[4 * i + 3]);
    return { image, matte: { width: SIZE, height: SIZE, data }, source: "alpha", confidence: 1 };
  });
  const sketches = cutouts.map(sketchView);
  const { hints } = await nameViews(sketches, [], sides && judgeNamings(cutouts, sides));
  const named = hints.map((hint) => RING.indexOf(hint as ViewLabel));
  const bySide = order.map((_, side) => sketches[order.indexOf(side)]);
  const alike = bySide.map((a, i) =>
    bySide.map(
      (b, j) => i === j || (silhouetteIou(a, b, false) >= SAME_OUTLINE && colorDifference(a, b, false) <= SAME_COLOR),
    ),
  );
  const right = (turn: number) => order.filter((side, i) => alike[side][(named[i] + turn) % 4]).length;
  const facing = order.every((side, i) => {
    const other = order[named.indexOf((named[i] + 2) % 4)];
    return alike[(side + 2) % 4][other];
  });
  const ring = [0, 1, 2, 3].some((turn) => right(turn) === 4);
  return { named: right(0) / 4, pairs: facing || ring ? 1 : 0, ring: ring ? 1 : 0 };
}
