import type { ColorVolume } from "../bake/color-volume.ts";
import { SilhouetteCone } from "../carve/silhouette.ts";
import type { Models } from "../models.ts";
import { measureBox } from "../pose/measure-box.ts";
import { LINEAR_OF_SRGB } from "../raster/srgb.ts";
import type { Field, View } from "../types.ts";
import { fillFlatSides } from "./fill-flat-sides.ts";
import type { Inference } from "./infer.ts";
import { boxCrop, type Crop, cameraMatrix, cropCamera, cropForNetwork } from "./network-pictures.ts";
import { raiseToSilhouettes } from "./raise-to-silhouettes.ts";
import { stretchToSilhouette } from "./stretch-to-silhouette.ts";

/** Samples a side of the network's answers. */
const OCCUPANCY_CELLS = 64;
const COLOR_CELLS = 32;

/**
 * Cells over which the answer to a single picture is smoothed: nothing finer in it is knowledge, and it shows as ripples.
 * Silhouettes bring the outline back.
 */
const SMOOTHING_SINGLE = 1.2;

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
  const believed =
    views.length === 1
      ? stretchToSilhouette(smoothed(toDistances(occupancy), SMOOTHING_SINGLE), views[0])
      : toDistances(raisedToSilhouettes(occupancy, views));
  return { shape: believed, colors: toVolume(colors) };
}

function raisedToSilhouettes(logits: Float32Array, views: readonly View[]): Float32Array {
  const cones = views.map(({ matte, camera }) => new SilhouetteCone(matte, camera, OCCUPANCY_CELLS));
  return raiseToSilhouettes(fillFlatSides(logits, OCCUPANCY_CELLS, cones), OCCUPANCY_CELLS, cones);
}

/**
 * Orthographic pictures show the face of the cube; others are framed by the silhouette, as the network learnt them: it
 * looks everything up through the cameras, so that what matters is a familiar size of the object in the picture.
 */
function networkCrop({ camera, matte }: View, framed: number): Crop {
  if (camera.perspective === 0) {
    return { centerX: camera.centerX, centerY: camera.centerY, side: camera.scale };
  }
  return boxCrop(measureBox(matte)!, framed);
}

/**
 * The network was taught which share of each cell is filled, so its chance less one half is about the distance to the
 * surface in cells, and says so within one cell of it. Interpolated log-odds would do worse: a cell that is certainly
 * empty outvotes thin parts beside it (M2 IoU of ten objects 0.666, CD 0.096; with chances 0.672, 0.097; S1 0.498, 0.161
 * and 0.510, 0.154).
 */
function toDistances(logits: Float32Array): Field {
  return { n: OCCUPANCY_CELLS, data: logits.map((v) => (1 / (1 + Math.exp(-v)) - 0.5) / OCCUPANCY_CELLS) };
}

function smoothed({ n, data }: Field, sigma: number): Field {
  const reach = Math.ceil(2.5 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((a, b) => a + b, 0);
  let from = data;
  for (const step of [1, n, n * n]) {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      const cell = Math.floor(i / step) % n;
      let sum = 0;
      for (let d = -reach; d <= reach; d++) {
        sum += kernel[d + reach] * from[i + (Math.min(n - 1, Math.max(0, cell + d)) - cell) * step];
      }
      to[i] = sum / total;
    }
    from = to;
  }
  return { n, data: from };
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
