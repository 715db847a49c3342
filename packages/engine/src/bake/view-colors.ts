import { type Camera, type Projector, projector } from "../frames.ts";
import { squaredDistances } from "../image/distance-transform.ts";
import { signedDistance } from "../image/signed-distance.ts";
import { rasterize } from "../raster/rasterize.ts";
import type { Mesh, View } from "../types.ts";
import { removeInnerDetails } from "./remove-inner-details.ts";

/** A view made ready for looking up colours of surface points. */
export interface ViewColors {
  width: number;
  height: number;
  /** sRGB bytes, 3 a pixel; valid beyond the outline, too. */
  colors: Uint8Array;
  /** The same as the far side has them: without details that do not reach the outline. */
  readonly through: Uint8Array;
  /** Signed distance to the outline, pixels, positive inside. */
  edge: Float32Array;
  /** Depth of the nearest surface within a pixel's neighbourhood; -Infinity off the mesh. */
  nearest: Float32Array;
  camera: Camera;
  projector: Projector;
}

/** Pixels within this distance of the outline mix with the background or belong to a drawn outline; they take the colour of the nearest pixel deeper inside. */
const RIM = 2;

export function prepareViewColors(view: View, mesh: Mesh): ViewColors {
  const { width, height } = view.image;
  const edge = signedDistance(view.matte.data, width, height);
  const raster = rasterize(mesh.positions, mesh.triangles, view.camera, width, height);
  const colors = spreadInnerColors(view, edge);
  // Found when first asked for: a view that nothing looks at from behind needs none.
  let through: Uint8Array | null = null;
  return {
    width,
    height,
    colors,
    get through() {
      through ??= removeInnerDetails(colors, edge, width, height);
      return through;
    },
    edge,
    nearest: dilateDepth(raster.depth, width, height),
    camera: view.camera,
    projector: projector(view.camera),
  };
}

/** Replaces colours near and beyond the outline by those of the nearest pixels safely inside it. */
function spreadInnerColors(view: View, edge: Float32Array): Uint8Array {
  const { width, height, data } = view.image;
  const inner = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const d = edge[i];
      // In parts thinner than the rim the middle line is the best there is.
      const ridge =
        d > 0 &&
        d >= (x > 0 ? edge[i - 1] : -1) &&
        d >= (x + 1 < width ? edge[i + 1] : -1) &&
        d >= (y > 0 ? edge[i - width] : -1) &&
        d >= (y + 1 < height ? edge[i + width] : -1);
      if (d >= RIM || ridge) inner[i] = 1;
    }
  }
  const source = new Int32Array(width * height);
  squaredDistances(inner, width, height, source);
  const colors = new Uint8Array(3 * width * height);
  for (let i = 0; i < source.length; i++) {
    const from = 4 * (source[i] < 0 ? i : source[i]);
    colors[3 * i] = data[from];
    colors[3 * i + 1] = data[from + 1];
    colors[3 * i + 2] = data[from + 2];
  }
  return colors;
}

/** Largest depth within one pixel around, so that points just beside a nearer part do not take that part's colours. */
function dilateDepth(depth: Float32Array, width: number, height: number): Float32Array {
  const across = depth.slice();
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 1; x + 1 < width; x++) {
      across[row + x] = Math.max(depth[row + x - 1], depth[row + x], depth[row + x + 1]);
    }
  }
  const out = across.slice();
  for (let y = 1; y + 1 < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      out[row + x] = Math.max(across[row + x - width], across[row + x], across[row + x + width]);
    }
  }
  return out;
}
