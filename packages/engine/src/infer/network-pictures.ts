import { type Camera, cameraBasis } from "../frames.ts";
import type { Box } from "../pose/measure-box.ts";
import type { Cutout } from "../types.ts";

/** Which part of a picture the network's picture shows: a square, pixel coordinates of the source. */
export interface Crop {
  centerX: number;
  centerY: number;
  side: number;
}

/** The crop in which a box is centred and its longer side fills the given share. */
export function boxCrop(box: Box, share: number): Crop {
  return {
    centerX: (box.left + box.right) / 2,
    centerY: (box.top + box.bottom) / 2,
    side: Math.max(box.right - box.left, box.bottom - box.top) / share,
  };
}

/**
 * A cutout cropped and reduced to `size`² by area averages, as planes R, G, B (premultiplied sRGB) and coverage, 0–1.
 * What lies outside the picture is empty.
 */
export function cropForNetwork({ image, matte }: Cutout, crop: Crop, size: number): Float32Array {
  const { width, height, data } = image;
  const planes = new Float32Array(4 * size * size);
  const step = crop.side / size;
  const left = crop.centerX - crop.side / 2;
  const top = crop.centerY - crop.side / 2;
  for (let j = 0; j < size; j++) {
    const y0 = top + j * step;
    const y1 = y0 + step;
    for (let i = 0; i < size; i++) {
      const x0 = left + i * step;
      const x1 = x0 + step;
      let [r, g, b, coverage] = [0, 0, 0, 0];
      for (let y = Math.max(0, Math.floor(y0)); y < Math.min(height, y1); y++) {
        const tall = Math.min(y + 1, y1) - Math.max(y, y0);
        for (let x = Math.max(0, Math.floor(x0)); x < Math.min(width, x1); x++) {
          const at = y * width + x;
          const a = tall * (Math.min(x + 1, x1) - Math.max(x, x0)) * matte.data[at];
          if (a === 0) continue;
          r += a * data[4 * at];
          g += a * data[4 * at + 1];
          b += a * data[4 * at + 2];
          coverage += a;
        }
      }
      const at = j * size + i;
      const area = step * step * 255;
      planes[at] = r / (area * 255);
      planes[size * size + at] = g / (area * 255);
      planes[2 * size * size + at] = b / (area * 255);
      planes[3 * size * size + at] = coverage / area;
    }
  }
  return planes;
}

/** The camera of a crop's network picture. */
export function cropCamera(camera: Camera, crop: Crop, size: number): Camera {
  const zoom = size / crop.side;
  return {
    ...camera,
    scale: camera.scale * zoom,
    centerX: (camera.centerX - crop.centerX) * zoom + size / 2,
    centerY: (camera.centerY - crop.centerY) * zoom + size / 2,
  };
}

/** A camera of a `size`² picture as the network wants it: rows u, v, w, depth over (x, y, z, 1); ±1 are the edges. */
export function cameraMatrix(camera: Camera, size: number): number[] {
  const { right, up, towards } = cameraBasis(camera);
  const half = size / 2;
  const w = [...towards.map((t) => -camera.perspective * t), 1];
  const row = (axis: readonly number[], scale: number, center: number) =>
    w.map((wk, k) => (k < 3 ? axis[k] * scale : 0) + (center / half - 1) * wk);
  return [
    ...row(right, camera.scale / half, camera.centerX),
    ...row(up, -camera.scale / half, camera.centerY),
    ...w,
    ...towards,
    0,
  ];
}
