/** What an importer made of a file, in the object frame (+Y up, +Z front), metres. */
export interface ImportFacts {
  /** Path as given. */
  file: string;
  min: Vec3;
  max: Vec3;
  size: Vec3;
  /** Meshes in the order of the importer. */
  parts: PartFacts[];
  polygons: number;
  quads: number;
  /** Once every polygon is split into triangles. */
  triangles: number;
  textures: TextureFacts[];
  /** Points spread over the surface; empty when none were asked for. */
  samples: SurfaceSample[];
}

export interface PartFacts {
  name: string;
  /** The object above it in the hierarchy, such as an LOD group. */
  parent: string | null;
  /** Where its own origin lies. */
  origin: Vec3;
  vertices: number;
  polygons: number;
  quads: number;
  triangles: number;
}

export interface TextureFacts {
  slot: "baseColor" | "normal";
  width: number;
  height: number;
}

/** A point of a face, half-way between one of its corners and its centre. */
export interface SurfaceSample {
  part: string;
  point: Vec3;
  /** Shading normal of the corner. */
  normal: Vec3;
  /** Base colour texture there, sRGB bytes; null without a texture. */
  texture: Vec3 | null;
  /** Vertex colour of the corner, sRGB bytes; null without one. */
  color: Vec3 | null;
}

export type Vec3 = [number, number, number];

export interface ImportOptions {
  /** Faces a part of which samples are taken; 0 takes none and is much quicker for large files. */
  sampledFaces?: number;
  /** Milliseconds for all files together. */
  timeout?: number;
}

export const IMPORT_DEFAULTS: Required<ImportOptions> = { sampledFaces: 200, timeout: 300_000 };

/** Size and totals from the parts. */
export function sumFacts(
  facts: Pick<ImportFacts, "file" | "min" | "max" | "parts" | "textures" | "samples">,
): ImportFacts {
  const sum = (key: "polygons" | "quads" | "triangles") => facts.parts.reduce((total, part) => total + part[key], 0);
  return {
    ...facts,
    size: facts.max.map((high, k) => high - facts.min[k]!) as Vec3,
    polygons: sum("polygons"),
    quads: sum("quads"),
    triangles: sum("triangles"),
  };
}
