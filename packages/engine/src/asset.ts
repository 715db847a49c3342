import type { EngineError } from "./errors.ts";
import type { Generator, GeneratorReport } from "./generator.ts";
import type { AssetFile, Collision, Compression, Pivot, Quality, Topology, ViewHint } from "./types.ts";
import type { LayoutFigures } from "./unwrap/measure-layout.ts";

/** The stages in the order in which they run. */
export const STAGES = [
  "ingest",
  "segment",
  "inspect",
  "pose",
  "infer",
  "carve",
  "surface",
  "simplify",
  "unwrap",
  "bake",
  "fit",
  "export",
] as const;
export type Stage = (typeof STAGES)[number];

/** How a project's assets look. */
export interface Style {
  shading: "smooth" | "flat" | "angle";
  /** Number of colours to which the texture is reduced; null keeps all. */
  palette: number | null;
  /** `none` delivers geometry in plain grey. */
  texturing: "projected" | "painted" | "vertex" | "none";
}

export const STYLE_DEFAULTS: Style = { shading: "angle", palette: null, texturing: "projected" };

export interface AssetOptions {
  quality: Quality;
  /** Upper limit of triangles in every file; by default the level's. */
  polycount?: number;
  /** Centimetres. Height 200 when none is given; one given: the others follow in proportion; several: each is met. */
  height?: number;
  width?: number;
  depth?: number;
  /** Parallel to the pictures. */
  views?: ViewHint[];
  topology?: Topology;
  pivot?: Pivot;
  /** Texels a side; by default the level's. */
  textureSize?: number;
  /** Number of coarser levels of detail to add. */
  lods?: number;
  /** `convex` adds hulls for physics engines to GLB, glTF and FBX. */
  collision?: Collision;
  /** `meshopt` packs the geometry of GLB files; who reads them must know EXT_meshopt_compression. */
  compression?: Compression;
  seed?: number;
  /** An identifier: letters, digits, underscore; file names derive from it. */
  name: string;
  style?: Partial<Style>;
  /** False keeps the learned prior out and uses silhouettes alone. */
  prior?: boolean;
  /** Name of the generator that shall make the shape; `builtin` for the engine itself, where another is the default. */
  generator?: string;
}

/** Which axis of a model points up, with its sign. */
export type UpAxis = "x" | "-x" | "y" | "-y" | "z" | "-z";

export const UP_AXES: readonly UpAxis[] = ["y", "z", "x", "-y", "-z", "-x"];

/** What may be asked for when a model is finished. Without a size it keeps its own. */
export interface FinishOptions extends Omit<AssetOptions, "views" | "prior" | "generator"> {
  /** Axis of the file that points up; what its format says, or +Y, unless given. */
  up?: UpAxis;
  /** Keeps small pieces that are far from everything else. */
  keepLoose?: boolean;
  /** Keeps the plate on which the model stands. */
  keepBase?: boolean;
}

export interface Progress {
  stage: Stage;
  /** 0–1 of the whole asset. */
  fraction: number;
}

export interface Hooks {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** What the pipeline did and measured; plain JSON. */
export interface AssetReport {
  options: AssetOptions;
  /** One entry per picture: what was seen of it and how it was used. */
  pictures: PictureReport[];
  /** Version of the learned prior that took part; null when silhouettes alone decided. */
  prior: string | null;
  /** The generator that made the shape; null when the built-in engine did. */
  generator: GeneratorReport | null;
  warnings: string[];
  checks: MeshChecks;
  triangles: number;
  vertices: number;
  /** The objects of the files, the main one first. */
  parts: PartReport[];
  /**
   * The upright plane about which every vertex has its reflection, as the azimuth of its normal in degrees (90: left and right
   * are alike); null when the asset is not symmetric.
   */
  symmetry: { azimuth: number } | null;
  /** Triangles of each coarser level of detail. */
  lods: number[];
  /** The hulls for physics, and by how many centimetres the surface may stand out of them; null where none were asked for. */
  collision: { hulls: number; triangles: number; tolerance: number } | null;
  /** Share of polygons with four corners in the files that keep polygons. */
  quadShare: number;
  /** Centimetres, as delivered. */
  size: { height: number; width: number; depth: number };
  texture: { size: number; coverage: number };
  /** The UV layout; null for the test cube. */
  layout: LayoutFigures | null;
}

export interface PictureReport {
  width: number;
  height: number;
  format: string;
  matte: { source: string; confidence: number; coverage: number };
  /** Measurements of the inspection, by check. */
  inspection: Record<string, number>;
  /** How its first view was used; null when the picture repeats another one. */
  pose: ViewReport | null;
  /** One entry per view: none when the picture repeats another one, several of a turnaround sheet. */
  views: ViewReport[];
}

/** How one side of the object was used. Degrees; `posedBy` is `hint`, `order` or `estimate`. */
export interface ViewReport {
  label: string | null;
  azimuth: number;
  elevation: number;
  posedBy: string;
  /** Where in the picture it was seen, pixels. */
  box: { left: number; top: number; width: number; height: number };
}

/** A part of the asset, as it is called in every file that has objects. */
export interface PartReport {
  name: string;
  triangles: number;
  /** Centimetres, of its own box. */
  size: { height: number; width: number; depth: number };
  /** Where its origin lies, centimetres from the asset's. */
  pivot: { x: number; y: number; z: number };
}

export interface MeshChecks {
  /** Edges of one face only. */
  openEdges: number;
  nonManifoldEdges: number;
  nonManifoldVertices: number;
  degenerateFaces: number;
  components: number;
}

export interface Asset {
  files: AssetFile[];
  report: AssetReport;
}

/**
 * One unit of work for an engine process: an asset from pictures (encoded bytes, each a PNG, JPEG, …), with the shape by a
 * generator if one is given; from a model (GLB, glTF, OBJ, FBX, with the files that it names, by their lower-case names);
 * or the test cube.
 */
export type EngineJob =
  | { kind: "finish"; model: Uint8Array; companions: [string, Uint8Array][]; options: FinishOptions }
  | {
      kind: "asset";
      pictures: Uint8Array[];
      options: AssetOptions;
      /** The process that runs the engine asks its parent for the model. */
      generator?: Omit<Generator, "generate">;
    }
  | { kind: "cube"; options: AssetOptions };

export type EngineOutcome = { ok: true; asset: Asset } | { ok: false; error: EngineError };
