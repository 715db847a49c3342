import { type Camera, cameraBasis, cubeCamera, LABEL_DIRECTIONS, type ViewLabel } from "@maquette/engine/frames";
import { type RenderMesh, renderMesh } from "@maquette/engine/raster/render";
import type { RgbaImage } from "@maquette/engine/types";
import sharp from "sharp";
import { random, seedOf, shuffled } from "../random.ts";
import { composeBackground } from "./background.ts";

/** The inputs of the protocol (docs/quality.md). */
export const CASES = ["S1", "M2", "M3", "M4", "M6", "M2r", "M4r", "M6r", "M4?", "W1"] as const;
export type CaseName = (typeof CASES)[number];

/** How a result is laid over the truth before it is compared. */
export type Alignment = "none" | "quarter" | "similarity";

export const CASE_ALIGNMENT: Readonly<Record<CaseName, Alignment>> = {
  S1: "similarity",
  W1: "similarity",
  M2: "none",
  M3: "none",
  M4: "none",
  M6: "none",
  M2r: "none",
  M4r: "none",
  M6r: "none",
  "M4?": "quarter",
};

const MULTI_VIEW: Readonly<Partial<Record<CaseName, readonly ViewLabel[]>>> = {
  M2: ["front", "right"],
  M3: ["front", "right", "back"],
  M4: ["front", "right", "back", "left"],
  M6: ["front", "right", "back", "left", "top", "bottom"],
  M2r: ["front", "right"],
  M4r: ["front", "right", "back", "left"],
  M6r: ["front", "right", "back", "left", "top", "bottom"],
  "M4?": ["front", "right", "back", "left"],
};

/** How far the pictures of the rough cases are off: shares of the cube's side, and of their scale. */
const ROUGH = { shift: 0.02, scale: 0.06 } as const;

/** Pixels a side of every picture. */
export const PICTURE_SIZE = 512;

/** Labelled pictures show the unit cube with a margin, as people draw them: an object at the border would be cut off. */
const CUBE_ZOOM = 0.9;

/** Horizontal and vertical field of view of the single pictures, degrees. */
const FIELD_OF_VIEW = 40;

/** Single pictures: the object reaches this share of the way from the middle to the border. */
const FILL = [0.78, 0.92] as const;

/** One picture as a method gets it. */
export interface Picture {
  /** The file, encoded. */
  bytes: Uint8Array;
  /** Its pixels, background included. */
  image: RgbaImage;
  /** The object cut out of it without error, for methods that cannot segment. */
  cutout: RgbaImage;
  label: ViewLabel | null;
}

/** The input of one case, with what only the bench knows. */
export interface CaseInput {
  case: CaseName;
  pictures: Picture[];
  /** The cameras, when the methods may know them; parallel to the pictures. */
  cameras: Camera[] | null;
  /** The true cameras. */
  truth: Camera[];
}

/** Renders the pictures of a case from a normalised model; the same seed and name give the same bytes. */
export async function renderCase(mesh: RenderMesh, name: CaseName, seed: number, object: string): Promise<CaseInput> {
  const labels = MULTI_VIEW[name];
  if (labels) {
    const order = name === "M4?" ? shuffled(labels, random(seedOf(seed, name, object))) : labels;
    const cameras = order.map((label) => {
      const { azimuth, elevation } = LABEL_DIRECTIONS[label];
      return cubeCamera(azimuth, elevation, PICTURE_SIZE, CUBE_ZOOM);
    });
    const hidden = name === "M4?";
    const next = random(seedOf(seed, name, object));
    const truth = name.endsWith("r") ? cameras.map((camera) => roughened(camera, next)) : cameras;
    const pictures = await Promise.all(
      truth.map(async (camera, i): Promise<Picture> => {
        const image = renderMesh(mesh, camera, PICTURE_SIZE, PICTURE_SIZE);
        return { image, cutout: image, bytes: await encodePng(image), label: hidden ? null : order[i] };
      }),
    );
    return { case: name, pictures, cameras: hidden ? null : cameras, truth };
  }
  // S1 and W1 of an object show it from the same place, so that their difference is the background's.
  const next = random(seedOf(seed, "S1", object));
  const camera = framedCamera(mesh, 360 * next(), 30 * next(), FILL[0] + (FILL[1] - FILL[0]) * next());
  const cutout = renderMesh(mesh, camera, PICTURE_SIZE, PICTURE_SIZE);
  const picture: Picture = { image: cutout, cutout, bytes: await encodePng(cutout), label: null };
  if (name === "W1") {
    picture.image = composeBackground(mesh, camera, cutout, random(seedOf(seed, name, object)));
    picture.bytes = await encodeJpeg(picture.image);
  }
  return { case: name, pictures: [picture], cameras: null, truth: [camera] };
}

/** A camera as a person draws from it who meant to draw from the given one. */
function roughened(camera: Camera, next: () => number): Camera {
  const even = () => 2 * next() - 1;
  const shift = ROUGH.shift * camera.scale;
  return {
    ...camera,
    scale: camera.scale * (1 + ROUGH.scale * even()),
    centerX: camera.centerX + shift * even(),
    centerY: camera.centerY + shift * even(),
  };
}

/** A perspective camera that looks at the origin from where the mesh fills the given share of the picture. */
export function framedCamera(
  mesh: RenderMesh,
  azimuth: number,
  elevation: number,
  fill: number,
  { size = PICTURE_SIZE, fieldOfView = FIELD_OF_VIEW } = {},
): Camera {
  const { right, up, towards } = cameraBasis({ azimuth, elevation });
  const half = Math.tan((fieldOfView * Math.PI) / 360);
  const tangent = fill * half;
  // A point stays inside when |x| ≤ tangent · (distance - depth).
  let distance = 0;
  for (const v of mesh.triangles) {
    const p = mesh.positions.subarray(3 * v, 3 * v + 3);
    const along = (axis: readonly number[]) => axis[0] * p[0] + axis[1] * p[1] + axis[2] * p[2];
    const aside = Math.max(Math.abs(along(right)), Math.abs(along(up)));
    distance = Math.max(distance, aside / tangent + along(towards));
  }
  return {
    azimuth,
    elevation,
    perspective: 1 / distance,
    scale: size / (2 * half * distance),
    centerX: size / 2,
    centerY: size / 2,
  };
}

export async function encodePng(image: RgbaImage): Promise<Uint8Array> {
  const raw = { width: image.width, height: image.height, channels: 4 as const };
  return new Uint8Array(await sharp(image.data, { raw }).png({ compressionLevel: 3 }).toBuffer());
}

async function encodeJpeg(image: RgbaImage): Promise<Uint8Array> {
  const raw = { width: image.width, height: image.height, channels: 4 as const };
  return new Uint8Array(await sharp(image.data, { raw }).removeAlpha().jpeg({ quality: 92 }).toBuffer());
}
