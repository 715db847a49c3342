import type { Quality } from "./types.ts";

/** What a level of quality means. It sets how finely the same pipeline works, never which stages run. */
export interface Level {
  /** Longest side to which pictures are reduced, pixels. */
  picture: number;
  /** Samples a side of the carved field. */
  field: number;
  /** Texture side, texels. */
  texture: number;
  /** Simplification stops when the surface would move by more than this, cube units. */
  tolerance: number;
  /** Side of the squares of a quad mesh, samples of the field. */
  quad: number;
  /** Triangles below which a quad mesh has smaller squares. */
  enough: number;
  /** Upper limit of triangles when the request names none (contract, section 3). */
  polycount: number;
}

export const LEVELS: Readonly<Record<Quality, Level>> = {
  standard: {
    picture: 1024,
    field: 128,
    texture: 1024,
    tolerance: 1 / 700,
    quad: 2.6,
    enough: 8_000,
    polycount: 30_000,
  },
  high: {
    picture: 1280,
    field: 224,
    texture: 2048,
    tolerance: 1 / 1400,
    quad: 2.8,
    enough: 20_000,
    polycount: 100_000,
  },
  ultra: {
    picture: 1536,
    field: 352,
    texture: 4096,
    tolerance: 1 / 2400,
    quad: 3.2,
    enough: 40_000,
    polycount: 300_000,
  },
};
