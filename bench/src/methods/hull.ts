import { projector } from "@maquette/engine/frames";
import type { Method } from "./method.ts";
import { paintVertices } from "./paint.ts";
import { polygonize } from "./polygonize.ts";

const RESOLUTION = 128;

/** Floor: the plain visual hull. A voxel stays when its centre lies inside every silhouette. */
export const hull: Method = {
  name: "hull",
  cases: ["M2", "M3", "M4", "M6", "M2r", "M4r", "M6r"],
  async run(pictures, cameras) {
    if (!cameras) throw new Error("the visual hull needs cameras");
    const n = RESOLUTION;
    const views = pictures.map(({ cutout }, i) => ({ ...cutout, m: projector(cameras[i]) }));
    const field = new Float32Array(n ** 3);
    for (let k = 0, i = 0; k < n; k++) {
      const z = (k + 0.5) / n - 0.5;
      for (let j = 0; j < n; j++) {
        const y = (j + 0.5) / n - 0.5;
        for (let h = 0; h < n; h++, i++) {
          const x = (h + 0.5) / n - 0.5;
          field[i] = 1;
          for (const { m, width, height, data } of views) {
            const w = 1 - m.perspective * (x * m.zx + y * m.zy + z * m.zz);
            const column = Math.floor(m.cx + (x * m.xx + y * m.xy + z * m.xz) / w);
            const row = Math.floor(m.cy - (x * m.yx + y * m.yy + z * m.yz) / w);
            const seen = column >= 0 && row >= 0 && column < width && row < height;
            if (seen && data[4 * (row * width + column) + 3] >= 128) continue;
            field[i] = -1;
            break;
          }
        }
      }
    }
    return paintVertices(
      polygonize(field, n),
      pictures.map((p) => p.cutout),
      cameras,
    );
  },
};
