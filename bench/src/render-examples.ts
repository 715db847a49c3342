/** npm run examples — renders the pictures of `examples/` from the procedural objects in `examples/objects.ts`. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cubeCamera, LABEL_DIRECTIONS, type ViewLabel } from "@maquette/engine/frames";
import { renderMesh, SOFT_LIGHT, type Visibility } from "@maquette/engine/raster/render";
import { LINEAR_OF_SRGB, srgbOfLinear } from "@maquette/engine/raster/srgb";
import type { RgbaImage } from "@maquette/engine/types";
import sharp from "sharp";
import { type MeshedSolid, meshSolid } from "./examples/mesh-solid.ts";
import { type ExampleObject, OBJECTS } from "./examples/objects.ts";
import { hex } from "./examples/solid.ts";
import { groundShadow } from "./inputs/background.ts";
import { framedCamera } from "./inputs/cases.ts";
import { lightsAround, ShadowMaps } from "./inputs/shadow.ts";

const PICTURE = 896;
const VIEW = 640;
const FIELD_OF_VIEW = 28;
const LABELS: readonly ViewLabel[] = ["front", "right", "back", "left"];

const { values, positionals } = parseArgs({
  options: { out: { type: "string", default: fileURLToPath(new URL("../../examples", import.meta.url)) } },
  allowPositionals: true,
});
const chosen = OBJECTS.filter((object) => positionals.length === 0 || positionals.includes(object.name));
for (const object of chosen) {
  const started = performance.now();
  const directory = join(values.out, object.name);
  mkdirSync(directory, { recursive: true });
  const meshed = meshSolid(object.solid);
  await save(renderPicture(meshed, object), join(directory, "picture.png"));
  if (object.views) {
    for (const label of LABELS) {
      await save(renderView(meshed, label, object.views.backdrop), join(directory, `${label}.png`));
    }
  }
  console.log(`${object.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** One attractive picture in perspective, with soft shadows. */
function renderPicture(meshed: MeshedSolid, { azimuth, elevation, backdrop }: ExampleObject): RgbaImage {
  const { mesh, paint } = meshed;
  const camera = framedCamera(mesh, azimuth, elevation, 0.86, { size: PICTURE, fieldOfView: FIELD_OF_VIEW });
  const lamp = { azimuth: azimuth - 40, elevation: 48 };
  const cutout = renderMesh(mesh, camera, PICTURE, PICTURE, {
    paint,
    light: SOFT_LIGHT,
    visibility: visibilityOf(meshed, lamp),
    samples: 2,
  });
  if (backdrop === null) return cutout;
  return onBackdrop(cutout, backdrop, groundShadow(mesh, camera, PICTURE, PICTURE, lamp));
}

/** One side as in a character sheet: orthographic, light from the camera, no shadow on any ground. */
function renderView(meshed: MeshedSolid, label: ViewLabel, backdrop: string | null): RgbaImage {
  const { azimuth, elevation } = LABEL_DIRECTIONS[label];
  const camera = cubeCamera(azimuth, elevation, VIEW, 0.88);
  return renderMesh(meshed.mesh, camera, VIEW, VIEW, {
    paint: meshed.paint,
    visibility: visibilityOf(meshed, { azimuth: azimuth - 30, elevation: 50 }),
    samples: 2,
    background: backdrop === null ? null : bytesOf(backdrop),
  });
}

function visibilityOf({ mesh }: MeshedSolid, lamp: { azimuth: number; elevation: number }): Visibility {
  const key = new ShadowMaps(mesh, lightsAround(lamp, 12, 12), 0.87, 0.02);
  const sky = new ShadowMaps(mesh, lightsAround({ azimuth: 0, elevation: 90 }, 88, 48), 0.87, 0.02);
  return {
    key: (x, y, z) => 0.25 + 0.75 * key.visible(x, y, z),
    // Light that comes back from the surroundings fills what the sky does not reach.
    sky: (x, y, z) => 0.55 + 0.45 * Math.min(1, 1.6 * sky.visible(x, y, z)),
  };
}

/** A wall that grows a little darker to the sides, with the shadow on its floor. */
function onBackdrop(cutout: RgbaImage, backdrop: string, shadow: Float32Array): RgbaImage {
  const { width, height } = cutout;
  const color = bytesOf(backdrop).map((v) => LINEAR_OF_SRGB[v]);
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const alpha = cutout.data[4 * i + 3] / 255;
    const r = Math.hypot((i % width) / width - 0.5, Math.floor(i / width) / height - 0.45);
    const lit = (1 - 0.3 * r * r) * (1 - 0.62 * shadow[i]);
    for (let c = 0; c < 3; c++) {
      const value = alpha * LINEAR_OF_SRGB[cutout.data[4 * i + c]] + (1 - alpha) * color[c] * lit;
      data[4 * i + c] = srgbOfLinear(value);
    }
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

function bytesOf(code: string): [number, number, number] {
  const [r, g, b] = hex(code);
  return [Math.round(255 * r), Math.round(255 * g), Math.round(255 * b)];
}

/** A palette keeps the files small; transparent pixels carry no colour. */
async function save(image: RgbaImage, path: string): Promise<void> {
  await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 4 } })
    .png({ palette: true, colours: 256, quality: 95, dither: 0.6, compressionLevel: 9, effort: 10 })
    .toFile(path);
}
