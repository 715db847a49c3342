import { type Projector, projector } from "@maquette/engine/frames";
import { rasterize } from "@maquette/engine/raster/rasterize";
import type { Mesh } from "@maquette/engine/types";

/** Shadows are soft: maps need no more pixels than this a side. */
const MAP_SIZE = 256;

/** A direction towards a light, degrees. */
export interface LightDirection {
  azimuth: number;
  elevation: number;
}

/** Depth of a mesh from many lights at infinity; their average visibility at a point is a soft shadow. */
export class ShadowMaps {
  private readonly maps: { projector: Projector; depth: Float32Array }[];
  private readonly bias: number;

  /** @param radius of a sphere about the origin that holds the mesh. */
  constructor(mesh: Mesh, lights: readonly LightDirection[], radius: number, bias = 0.012) {
    this.bias = bias;
    this.maps = lights.map(({ azimuth, elevation }) => {
      const scale = MAP_SIZE / (2.1 * radius);
      const camera = { azimuth, elevation, perspective: 0, scale, centerX: MAP_SIZE / 2, centerY: MAP_SIZE / 2 };
      return {
        projector: projector(camera),
        depth: rasterize(mesh.positions, mesh.triangles, camera, MAP_SIZE, MAP_SIZE).depth,
      };
    });
  }

  /** Share of the lights that a point sees, each smoothed over four texels. */
  visible(x: number, y: number, z: number): number {
    let sum = 0;
    for (const { projector: m, depth } of this.maps) {
      const px = m.cx + x * m.xx + y * m.xy + z * m.xz - 0.5;
      const py = m.cy - (x * m.yx + y * m.yy + z * m.yz) - 0.5;
      const own = x * m.zx + y * m.zy + z * m.zz + this.bias;
      const i = Math.floor(px);
      const j = Math.floor(py);
      if (i < 0 || j < 0 || i >= MAP_SIZE - 1 || j >= MAP_SIZE - 1) {
        sum++;
        continue;
      }
      const at = j * MAP_SIZE + i;
      const fx = px - i;
      const fy = py - j;
      const top = (own >= depth[at] ? 1 - fx : 0) + (own >= depth[at + 1] ? fx : 0);
      const bottom = (own >= depth[at + MAP_SIZE] ? 1 - fx : 0) + (own >= depth[at + MAP_SIZE + 1] ? fx : 0);
      sum += (1 - fy) * top + fy * bottom;
    }
    return sum / this.maps.length;
  }
}

/** Directions evenly over a cap of the sphere about a direction (Fibonacci lattice). */
export function lightsAround(center: LightDirection, capDegrees: number, count: number): LightDirection[] {
  const a = (center.azimuth * Math.PI) / 180;
  const e = (center.elevation * Math.PI) / 180;
  const n = [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
  const u = [Math.cos(a), 0, -Math.sin(a)];
  const v = [-Math.sin(a) * Math.sin(e), Math.cos(e), -Math.cos(a) * Math.sin(e)];
  const least = Math.cos((capDegrees * Math.PI) / 180);
  return Array.from({ length: count }, (_, i) => {
    const c = 1 - ((i + 0.5) / count) * (1 - least);
    const s = Math.sqrt(1 - c * c);
    const around = i * Math.PI * (3 - Math.sqrt(5));
    const d = [0, 1, 2].map((k) => c * n[k] + s * (Math.cos(around) * u[k] + Math.sin(around) * v[k]));
    return {
      azimuth: (Math.atan2(d[0], d[2]) * 180) / Math.PI,
      elevation: (Math.asin(Math.max(-1, Math.min(1, d[1]))) * 180) / Math.PI,
    };
  });
}
