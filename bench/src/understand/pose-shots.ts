import type { Models } from "@maquette/engine/models";
import { guessPose } from "@maquette/engine/pose/guess-pose";
import { SURE_OF_FRONT } from "@maquette/engine/pose/pose-single";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { Cutout } from "@maquette/engine/types";
import { framedCamera } from "../inputs/cases.ts";

const SIZE = 256;
/** Degrees above the horizon, and share of the picture's half that objects reach. */
const ELEVATION = [0, 30] as const;
const FILL = [0.6, 0.9] as const;

/** How far the engine is from the camera of a photograph, degrees. */
export interface Shot {
  /** About the object's own axis. */
  turn: number;
  /** Whether it was sure enough to turn the asset. */
  sure: boolean;
  elevation: number;
}

/** Photographs an object from anywhere around it and lets the engine estimate the camera. */
export async function poseShot(mesh: RenderMesh, next: () => number, prior: Models): Promise<Shot> {
  const azimuth = 360 * next();
  const elevation = ELEVATION[0] + (ELEVATION[1] - ELEVATION[0]) * next();
  const camera = framedCamera(mesh, azimuth, elevation, FILL[0] + (FILL[1] - FILL[0]) * next(), { size: SIZE });
  const image = renderMesh(mesh, camera, SIZE, SIZE);
  const data = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => image.data[4 * i + 3]);
  const cutout: Cutout = { image, matte: { width: SIZE, height: SIZE, data }, source: "alpha", confidence: 1 };
  const guess = await guessPose(cutout, prior);
  const off = (((guess.azimuth - azimuth) % 360) + 540) % 360;
  return {
    turn: Math.abs(off - 180),
    sure: guess.confidence >= SURE_OF_FRONT,
    elevation: Math.abs(guess.elevation - elevation),
  };
}
