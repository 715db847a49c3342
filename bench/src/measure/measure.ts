import type { Camera } from "@maquette/engine/frames";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { RgbaImage } from "@maquette/engine/types";
import { type Alignment, type CaseInput, PICTURE_SIZE } from "../inputs/cases.ts";
import { extentOf, moveMesh, normalizeMesh, type Similarity, withNormals } from "../shape.ts";
import { alignSamples, bestQuarterTurn } from "./align.ts";
import { compareSamples, type SampleTree, withTree } from "./distances.ts";
import { psnr, silhouetteIou, ssim } from "./pictures.ts";
import { registerCamera } from "./register.ts";
import { sampleSurface } from "./sample.ts";
import { type Solid, volumeIou, voxelize } from "./voxelize.ts";

/** Surface samples of each shape. */
const SAMPLES = 16_384;

/** New views: every 45°, from a little above. */
const VIEWS = { count: 8, elevation: 15, size: 256 } as const;

/** What is measured of one result. Everything but `cd` is better when larger. */
export interface Metrics {
  iou: number;
  cd: number;
  f005: number;
  f010: number;
  f020: number;
  normal: number;
  viewIou: number;
  viewPsnr: number;
  viewSsim: number;
  inputIou: number;
  inputPsnr: number;
}

export const METRICS = [
  "iou",
  "cd",
  "f005",
  "f010",
  "f020",
  "normal",
  "viewIou",
  "viewPsnr",
  "viewSsim",
  "inputIou",
  "inputPsnr",
] as const satisfies readonly (keyof Metrics)[];

/** A normalised ground-truth model with everything that is measured on it once. */
export interface Truth {
  mesh: RenderMesh;
  solid: Solid;
  samples: SampleTree;
  cameras: Camera[];
  views: RgbaImage[];
}

export function prepareTruth(mesh: RenderMesh, seed: number): Truth {
  let radius = 0;
  for (const v of mesh.triangles) {
    const p = mesh.positions.subarray(3 * v, 3 * v + 3);
    radius = Math.max(radius, Math.hypot(p[0], p[1], p[2]));
  }
  const { count, elevation, size } = VIEWS;
  const cameras = Array.from({ length: count }, (_, i): Camera => {
    // Room for results that are larger than the truth.
    const scale = (0.8 * size) / (2 * radius);
    return { azimuth: (360 * i) / count, elevation, perspective: 0, scale, centerX: size / 2, centerY: size / 2 };
  });
  return {
    mesh,
    solid: voxelize(mesh),
    samples: withTree(sampleSurface(mesh, SAMPLES, seed)),
    cameras,
    views: cameras.map((camera) => renderMesh(mesh, camera, size, size)),
  };
}

export interface Measured {
  metrics: Metrics;
  /** The result as the inputs show it, for pictures of it: in the truth's frame where that is known, otherwise in its own. */
  shown: RenderMesh;
  /** The cameras from which it is to look like the inputs. */
  cameras: Camera[];
}

/**
 * Measures a result against the truth. A result without triangles is measured as a point at the origin: no overlap, no
 * silhouette, and the distances that such a point has.
 */
export function measure(
  truth: Truth,
  result: RenderMesh,
  input: Pick<CaseInput, "pictures" | "truth">,
  alignment: Alignment,
  seed: number,
): Measured {
  const raw = sampleSurface(result, SAMPLES, seed + 1);
  const pose = poseFor(alignment, truth, raw);
  const aligned = withNormals(pose ? moveMesh(result, pose) : result);
  const samples = withTree(pose ? sampleSurface(aligned, SAMPLES, seed + 1) : raw);
  const views = truth.cameras.map((camera) => renderMesh(aligned, camera, VIEWS.size, VIEWS.size));
  const cutouts = input.pictures.map((picture) => picture.cutout);
  // Where the frame is free, what fits best in space may show another side: look for the picture in the result itself.
  const free = alignment === "similarity" && extentOf(result).some((side) => side > 0);
  const shown = free ? withNormals(normalizeMesh(result)) : aligned;
  const cameras = free ? input.truth.map((camera, i) => registerCamera(shown, cutouts[i], camera)) : input.truth;
  const inputs = cameras.map((camera) => renderMesh(shown, camera, PICTURE_SIZE, PICTURE_SIZE));
  return {
    shown,
    cameras,
    metrics: {
      iou: volumeIou(truth.solid, voxelize(aligned)),
      ...compareSamples(truth.samples, samples),
      viewIou: mean(views, (view, i) => silhouetteIou(truth.views[i], view)),
      viewPsnr: mean(views, (view, i) => psnr(truth.views[i], view)),
      viewSsim: mean(views, (view, i) => ssim(truth.views[i], view)),
      inputIou: mean(inputs, (view, i) => silhouetteIou(cutouts[i], view)),
      inputPsnr: mean(inputs, (view, i) => psnr(cutouts[i], view)),
    },
  };
}

function poseFor(alignment: Alignment, truth: Truth, raw: ReturnType<typeof sampleSurface>): Similarity | null {
  if (alignment === "similarity") return alignSamples(truth.samples, raw);
  return alignment === "quarter" ? bestQuarterTurn(truth.samples, raw) : null;
}

function mean<T>(items: readonly T[], value: (item: T, i: number) => number): number {
  return items.reduce((sum, item, i) => sum + value(item, i), 0) / items.length;
}
