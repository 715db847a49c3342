import { turnAboutY } from "@maquette/engine/fit/turn-about-y";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { RgbaImage, View } from "@maquette/engine/types";
import sharp from "sharp";
import { psnr, silhouetteIou } from "../measure/pictures.ts";

const SIZE = 512;

export interface AtInput {
  /** Silhouette against the matte. */
  iou: number;
  /** Bare base colour against the object in the picture, both on white, dB. */
  psnr: number;
}

/**
 * How an asset looks from where its pictures were taken, at 512 pixels on the longer side.
 * @param asset in the object frame, cube units.
 * @param yaw degrees from the frame of the views to that of the object.
 */
export async function atInputs(asset: RenderMesh, views: readonly View[], yaw: number): Promise<AtInput[]> {
  const mesh = { ...asset, positions: turnAboutY(asset.positions, -yaw), normals: undefined };
  return Promise.all(
    views.map(async (view) => {
      const given = await reduced(view);
      const zoom = given.width / view.image.width;
      const { camera } = view;
      const [scale, centerX, centerY] = [camera.scale * zoom, camera.centerX * zoom, camera.centerY * zoom];
      const seen = renderMesh(mesh, { ...camera, scale, centerX, centerY }, given.width, given.height, { light: null });
      return { iou: silhouetteIou(given, seen), psnr: psnr(given, seen) };
    }),
  );
}

/** The cut-out object. */
async function reduced({ image, matte }: View): Promise<RgbaImage> {
  const pixels = image.data.slice();
  for (let i = 0; i < matte.data.length; i++) pixels[4 * i + 3] = matte.data[i];
  const { data, info } = await sharp(pixels, { raw: { width: image.width, height: image.height, channels: 4 } })
    .resize(SIZE, SIZE, { fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
