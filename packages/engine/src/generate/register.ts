import type { Camera } from "../frames.ts";
import { type Box, measureBox } from "../pose/measure-box.ts";
import { projectVertices, rasterize } from "../raster/rasterize.ts";
import type { Soup } from "../repair/clean-soup.ts";
import type { Matte, View } from "../types.ts";

/** Directions that are tried all around. */
const STEPS = 24;
/** Side of the outlines that are compared, pixels. */
const SIDE = 96;
/**
 * Overlap by which another direction must be better than the generator's own: outlines from the front and the back mirror
 * each other, and those of round things all look alike.
 */
const GAIN = 0.04;
/** Level views that are looked at, at most. */
const VIEWS = 4;

export interface Registration {
  /** Degrees about +Y at which the model's front is. */
  front: number;
  /** Mean overlap of the outlines seen from there, 0–1. */
  agreement: number;
}

/**
 * Finds the direction from which a model's outlines look like the pictures'. Only turns about the upright axis are tried:
 * which way is up is the generator's custom, which way it faces depends on the picture and the model.
 */
export function register(soup: Soup, views: readonly View[], front: number): Registration {
  const level = views.filter((v) => Math.abs(v.camera.elevation) < 45);
  const judges = (level.length > 0 ? level : views).slice(0, VIEWS);
  const overlap = (degrees: number) =>
    judges.reduce((sum, view) => {
      const turned = { ...view.camera, azimuth: view.camera.azimuth + degrees };
      return sum + overlapOf(soup, fitCamera(soup, turned, measureBox(view.matte)!), view.matte);
    }, 0) / judges.length;
  let best: Registration = { front, agreement: overlap(front) };
  let least = best.agreement + GAIN;
  for (let step = 1; step < STEPS; step++) {
    const degrees = (front + (step * 360) / STEPS) % 360;
    const agreement = overlap(degrees);
    if (agreement > least) {
      best = { front: degrees, agreement };
      least = agreement;
    }
  }
  return best;
}

/** The views with cameras that show the model's outline where the picture's is: direction kept, scale and place by the boxes. */
export function fitCameras(soup: Soup, views: readonly View[]): View[] {
  return views.map((view) => ({ ...view, camera: fitCamera(soup, view.camera, measureBox(view.matte)!) }));
}

/** Scale and place are linear in the picture, so one step is exact; the perspective follows the change of scale. */
function fitCamera(soup: Soup, camera: Camera, box: Box): Camera {
  let fitted = { ...camera };
  for (let round = 0; round < (camera.perspective === 0 ? 1 : 3); round++) {
    const seen = boundsOf(soup, fitted);
    const ratio = Math.sqrt(
      ((box.right - box.left) / Math.max(1e-6, seen.right - seen.left)) *
        ((box.bottom - box.top) / Math.max(1e-6, seen.bottom - seen.top)),
    );
    const scale = fitted.scale * ratio;
    fitted = {
      ...fitted,
      scale,
      centerX: (box.left + box.right) / 2 - ratio * ((seen.left + seen.right) / 2 - fitted.centerX),
      centerY: (box.top + box.bottom) / 2 - ratio * ((seen.top + seen.bottom) / 2 - fitted.centerY),
      perspective: (camera.perspective * scale) / camera.scale,
    };
  }
  return fitted;
}

function boundsOf({ positions, triangles }: Soup, camera: Camera): Box {
  const { sx, sy } = projectVertices(positions, camera);
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const v of triangles) {
    box.left = Math.min(box.left, sx[v]!);
    box.right = Math.max(box.right, sx[v]!);
    box.top = Math.min(box.top, sy[v]!);
    box.bottom = Math.max(box.bottom, sy[v]!);
  }
  return box;
}

function overlapOf(soup: Soup, camera: Camera, matte: Matte): number {
  const zoom = SIDE / Math.max(matte.width, matte.height);
  const width = Math.max(1, Math.round(matte.width * zoom));
  const height = Math.max(1, Math.round(matte.height * zoom));
  const small = {
    ...camera,
    scale: camera.scale * zoom,
    centerX: camera.centerX * zoom,
    centerY: camera.centerY * zoom,
  };
  const { triangle } = rasterize(soup.positions, soup.triangles, small, width, height);
  let [both, either] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.min(matte.width - 1, Math.floor((x + 0.5) / zoom));
      const row = Math.min(matte.height - 1, Math.floor((y + 0.5) / zoom));
      const inPicture = matte.data[row * matte.width + column]! >= 128;
      const inModel = triangle[y * width + x]! >= 0;
      if (inPicture && inModel) both++;
      if (inPicture || inModel) either++;
    }
  }
  return either === 0 ? 0 : both / either;
}
