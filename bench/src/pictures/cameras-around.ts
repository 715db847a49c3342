import type { Camera } from "@maquette/engine/frames";
import { projectVertices } from "@maquette/engine/raster/rasterize";
import type { Mesh } from "@maquette/engine/types";

/** Quarter turns from a little beside the front, so that no tile shows one face alone. */
const AZIMUTHS = [25, 115, 205, 295] as const;
const ELEVATION = 15;
const FIELD_OF_VIEW = 24;
/** Share of the tile that the object fills. */
const FILL = 0.9;

/** Four sides at one scale, as large as the largest of them allows; each side centred. @param mesh normalised */
export function camerasAround(mesh: Mesh, tile: number): Camera[] {
  const distance = 0.5 / Math.sin((FIELD_OF_VIEW * Math.PI) / 360);
  const boxes = AZIMUTHS.map((azimuth) => {
    const camera = { azimuth, elevation: ELEVATION, perspective: 1 / distance, scale: 1, centerX: 0, centerY: 0 };
    const { sx, sy } = projectVertices(mesh.positions, camera);
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let v = 0; v < sx.length; v++) {
      left = Math.min(left, sx[v]);
      right = Math.max(right, sx[v]);
      top = Math.min(top, sy[v]);
      bottom = Math.max(bottom, sy[v]);
    }
    return { camera, left, right, top, bottom };
  });
  const scale = (FILL * tile) / Math.max(...boxes.flatMap((b) => [b.right - b.left, b.bottom - b.top]));
  return boxes.map(({ camera, left, right, top, bottom }) => ({
    ...camera,
    scale,
    centerX: tile / 2 - (scale * (left + right)) / 2,
    centerY: tile / 2 - (scale * (top + bottom)) / 2,
  }));
}
