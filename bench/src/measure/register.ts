import { type Camera, projector } from "@maquette/engine/frames";
import { rasterize } from "@maquette/engine/raster/rasterize";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import { psnr } from "./pictures.ts";

/** Silhouettes are compared at this size in the search, and at the second to find the exact angle. */
const COARSE = 96;
const FINE = 256;
const YAW_STEP = 10;
const ELEVATIONS = [0, 15, 30] as const;
/** So many of the best views are followed up. */
const KEPT = 4;
/** Views whose silhouettes fit the picture equally well, up to this IoU, are told apart by their colours. */
const TIE = 0.03;

/**
 * The camera from which a result in a frame of its own shows a picture best: all yaws and elevations from level to 30°,
 * scale and place by the silhouette's box. A maker who was not told where the picture was taken from is not at fault for
 * placing the object otherwise; this asks whether the picture is found in the result at all.
 *
 * @param mesh centred, longest side 1.
 * @param camera of the picture, for its perspective.
 */
export function registerCamera(mesh: RenderMesh, cutout: RgbaImage, camera: Camera): Camera {
  const coarse = new Target(mesh, shrink(cutout, COARSE), camera);
  const fine = new Target(mesh, shrink(cutout, FINE), camera);
  const grid: View[] = [];
  for (let azimuth = 0; azimuth < 360; azimuth += YAW_STEP) {
    for (const elevation of ELEVATIONS) grid.push(coarse.view(azimuth, elevation));
  }
  const best = grid
    .sort(byIou)
    .slice(0, KEPT)
    .map((view) => coarse.climb(view, YAW_STEP / 2, 3))
    .sort(byIou);
  let chosen = best[0];
  let likeness = Number.NEGATIVE_INFINITY;
  for (const view of [...best, ...grid]) {
    if (!view.camera || view.iou < best[0].iou - TIE) continue;
    const now = psnr(coarse.picture, renderMesh(mesh, view.camera, COARSE, COARSE, { samples: 1 }));
    if (now > likeness) {
      likeness = now;
      chosen = view;
    }
  }
  const exact = fine.climb(fine.view(chosen.azimuth, chosen.elevation), YAW_STEP / 4, 4).camera;
  return exact ? magnified(exact, cutout.width / FINE) : camera;
}

interface View {
  azimuth: number;
  elevation: number;
  /** Null when nothing of the mesh can be seen. */
  camera: Camera | null;
  iou: number;
}

const byIou = (a: View, b: View) => b.iou - a.iou;

/** A picture to be found, at one size. */
class Target {
  readonly picture: RgbaImage;
  private readonly mesh: Mesh;
  private readonly camera: Camera;
  private readonly box: Box | null;

  constructor(mesh: Mesh, picture: RgbaImage, camera: Camera) {
    this.mesh = mesh;
    this.picture = picture;
    this.camera = camera;
    this.box = boxOf(picture);
  }

  view(azimuth: number, elevation: number): View {
    const camera = this.box && fitToBox(this.mesh, { ...this.camera, azimuth, elevation }, this.box);
    return { azimuth, elevation, camera, iou: camera ? this.overlap(camera) : 0 };
  }

  /** Walks to the neighbour that fits best, with a step that is halved so many times. */
  climb(start: View, step: number, halvings: number): View {
    let best = start;
    for (let i = 0; i < halvings; i++, step /= 2) {
      const { azimuth: a, elevation: e } = best;
      const around = [
        this.view(a - step, e),
        this.view(a + step, e),
        this.view(a, e - 1.5 * step),
        this.view(a, e + 1.5 * step),
      ];
      best = [best, ...around].sort(byIou)[0];
    }
    return best;
  }

  private overlap(camera: Camera): number {
    const { width, height, data } = this.picture;
    const { triangle } = rasterize(this.mesh.positions, this.mesh.triangles, camera, width, height);
    let both = 0;
    let either = 0;
    for (let i = 0; i < triangle.length; i++) {
      const inside = triangle[i] >= 0;
      const wanted = data[4 * i + 3] >= 128;
      if (inside && wanted) both++;
      if (inside || wanted) either++;
    }
    return either > 0 ? both / either : 0;
  }
}

/** A smaller copy, by the pixel at the middle of each block. */
function shrink(image: RgbaImage, size: number): RgbaImage {
  const step = image.width / size;
  const data = new Uint8Array(size * size * 4);
  for (let i = 0; i < size * size; i++) {
    const x = Math.floor(((i % size) + 0.5) * step);
    const y = Math.floor((Math.floor(i / size) + 0.5) * step);
    const from = 4 * (y * image.width + x);
    data.set(image.data.subarray(from, from + 4), 4 * i);
  }
  return { width: size, height: size, data };
}

function magnified(camera: Camera, factor: number): Camera {
  return {
    ...camera,
    scale: camera.scale * factor,
    centerX: camera.centerX * factor,
    centerY: camera.centerY * factor,
  };
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Of what is opaque. */
function boxOf({ width, height, data }: RgbaImage): Box | null {
  const box = { left: width, top: height, right: -1, bottom: -1 };
  for (let i = 0; i < width * height; i++) {
    if (data[4 * i + 3] < 128) continue;
    box.left = Math.min(box.left, i % width);
    box.right = Math.max(box.right, (i % width) + 1);
    box.top = Math.min(box.top, Math.floor(i / width));
    box.bottom = Math.max(box.bottom, Math.floor(i / width) + 1);
  }
  return box.right < 0 ? null : box;
}

/** The camera with the scale and centre that lay the mesh's box over the given one, as well as one scale can. */
function fitToBox(mesh: Mesh, camera: Camera, box: Box): Camera | null {
  const m = projector({ ...camera, scale: 1, centerX: 0, centerY: 0 });
  const p = mesh.positions;
  const own = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < p.length; i += 3) {
    const w = 1 - m.perspective * (p[i] * m.zx + p[i + 1] * m.zy + p[i + 2] * m.zz);
    const x = (p[i] * m.xx + p[i + 1] * m.xy + p[i + 2] * m.xz) / w;
    const y = -(p[i] * m.yx + p[i + 1] * m.yy + p[i + 2] * m.yz) / w;
    if (x < own.left) own.left = x;
    if (x > own.right) own.right = x;
    if (y < own.top) own.top = y;
    if (y > own.bottom) own.bottom = y;
  }
  const area = (own.right - own.left) * (own.bottom - own.top);
  const scale = Math.sqrt(((box.right - box.left) * (box.bottom - box.top)) / area);
  if (!(scale > 0 && scale < Infinity)) return null;
  return {
    ...camera,
    scale,
    centerX: (box.left + box.right) / 2 - (scale * (own.left + own.right)) / 2,
    centerY: (box.top + box.bottom) / 2 - (scale * (own.top + own.bottom)) / 2,
  };
}
