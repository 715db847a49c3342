import type { ColorVolume } from "../bake/color-volume.ts";
import type { Models } from "../models.ts";
import { measureBox } from "../pose/measure-box.ts";
import { LINEAR_OF_SRGB } from "../raster/srgb.ts";
import type { Field, View } from "../types.ts";
import type { Inference } from "./infer.ts";
import { type Crop, cameraMatrix, cropCamera, cropForNetwork } from "./network-pictures.ts";

/** Samples a side of the network's answers. */
const OCCUPANCY_CELLS = 64;
const COLOR_CELLS = 32;

/**
 * Cells of the network's grid that one unit of log-odds is worth as a distance. Silhouettes cut the field by taking the
 * smaller of both distances, so only the place of zero matters, and roughly comparable slopes around it.
 */
const CELLS_PER_LOGIT = 0.35;

/** Asks the shape network for the object's occupancy and colours, from all views at once. */
export async function runPrior(views: View[], { constants, shape }: Models): Promise<Inference> {
  const size = constants.pictureSize;
  const pictures = new Float32Array(views.length * 4 * size * size);
  const cameras = new Float32Array(views.length * 16);
  views.forEach((view, i) => {
    const crop = networkCrop(view, constants.framed / size);
    pictures.set(cropForNetwork(view, crop, size), i * 4 * size * size);
    cameras.set(cameraMatrix(cropCamera(view.camera, crop, size), size), 16 * i);
  });
  const { occupancy, colors } = await shape.run(pictures, cameras);
  return { shape: toDistances(occupancy), colors: toVolume(colors) };
}

/**
 * Orthographic pictures show the face of the cube; others are framed by the silhouette, as the network learnt them: it
 * looks everything up through the cameras, so that what matters is a familiar size of the object in the picture.
 */
function networkCrop({ camera, matte }: View, framed: number): Crop {
  if (camera.perspective === 0) {
    return { centerX: camera.centerX, centerY: camera.centerY, side: camera.scale };
  }
  const box = measureBox(matte)!;
  return {
    centerX: (box.left + box.right) / 2,
    centerY: (box.top + box.bottom) / 2,
    side: Math.max(box.right - box.left, box.bottom - box.top) / framed,
  };
}

function toDistances(logits: Float32Array): Field {
  const scale = CELLS_PER_LOGIT / OCCUPANCY_CELLS;
  return { n: OCCUPANCY_CELLS, data: logits.map((v) => v * scale) };
}

function toVolume(colors: Float32Array): ColorVolume {
  const cells = COLOR_CELLS ** 3;
  const data = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = LINEAR_OF_SRGB[Math.round(255 * clamp(colors[c * cells + i]))];
  }
  return { n: COLOR_CELLS, data };
}

function clamp(v: number): number {
  return v < 0 ? 0 : v > 1 ? 1 : v;
}
