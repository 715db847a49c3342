import { type Camera, cubeCamera } from "@maquette/engine/frames";
import type { RgbaImage } from "@maquette/engine/types";
import type { Picture } from "../inputs/cases.ts";

/** A silhouette on an n × n grid over the face of the cube that a front picture shows; rows from below, like +Y. */
export interface FrontSilhouette {
  n: number;
  /** 1 where the object is. */
  inside: Uint8Array;
  image: RgbaImage;
  /** The front camera, as given or as assumed. */
  camera: Camera;
}

/**
 * The first picture taken for a front view. Without its camera it is taken for an orthographic picture of an object
 * whose longer visible side is 1.
 */
export function frontSilhouette(
  pictures: readonly Picture[],
  cameras: readonly Camera[] | null,
  n: number,
): FrontSilhouette {
  const image = pictures[0].cutout;
  const camera = cameras?.[0] ?? assumedCamera(image);
  const inside = new Uint8Array(n * n);
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) {
      const column = Math.floor(camera.centerX + ((x + 0.5) / n - 0.5) * camera.scale);
      const row = Math.floor(camera.centerY - ((y + 0.5) / n - 0.5) * camera.scale);
      if (column < 0 || row < 0 || column >= image.width || row >= image.height) continue;
      if (image.data[4 * (row * image.width + column) + 3] >= 128) inside[y * n + x] = 1;
    }
  }
  return { n, inside, image, camera };
}

function assumedCamera(image: RgbaImage): Camera {
  let [left, top, right, bottom] = [image.width, image.height, 0, 0];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (image.data[4 * (y * image.width + x) + 3] < 128) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  const scale = Math.max(1, right - left, bottom - top);
  return { ...cubeCamera(0, 0, 1), scale, centerX: (left + right) / 2, centerY: (top + bottom) / 2 };
}
