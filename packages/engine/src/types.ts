import type { Camera, ViewLabel } from "./frames.ts";

/** 8-bit sRGB with straight alpha, 4 bytes a pixel, rows from the top. */
export interface RgbaImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Coverage of the object, one byte a pixel (0 background, 255 object), rows from the top. */
export interface Matte {
  width: number;
  height: number;
  data: Uint8Array;
}

export type MatteSource = "alpha" | "border" | "learned";

/** A picture once the object has been cut out of it. */
export interface Cutout {
  image: RgbaImage;
  matte: Matte;
  source: MatteSource;
  /** 0–1: how far the matte can be trusted. */
  confidence: number;
}

/** What the user said of a picture: a label, an explicit direction in degrees, or nothing. */
export type ViewHint = ViewLabel | "auto" | { azimuth: number; elevation: number };

/** A cutout whose camera is known (or estimated). */
export interface View extends Cutout {
  camera: Camera;
  /** Index of the picture among those given. */
  picture: number;
  label: ViewLabel | null;
  /** Whether the camera came from the user or was estimated. */
  posedBy: "hint" | "order" | "estimate";
}

/**
 * A scalar field on the cube [-0.5, 0.5]³: `data[(z * n + y) * n + x]`, sampled at cell centres
 * `(i + 0.5) / n - 0.5`. Inside is > 0.
 */
export interface Field {
  n: number;
  data: Float32Array;
}

/** A closed triangle mesh with shared vertices, counter-clockwise seen from outside. Cube units until `fit`, metres after it. */
export interface Mesh {
  /** 3 per vertex. */
  positions: Float32Array;
  /** 3 vertex numbers per triangle. */
  triangles: Uint32Array;
}

/** A closed mesh of quads, 4 vertex numbers each, counter-clockwise seen from outside. */
export interface QuadMesh {
  positions: Float32Array;
  quads: Uint32Array;
}

/**
 * A mesh of polygons (3 or 4 corners) with separately indexed attributes, as exporters take it.
 * UVs have their origin at the top left of the texture, v down (glTF's convention).
 */
export interface PartMesh {
  name: string;
  /** Where files that have objects put the origin of this one, metres, object frame; positions stay in the object frame. */
  pivot: readonly [number, number, number];
  /** 3 per vertex, metres, object frame. */
  positions: Float32Array;
  /** 3 per vertex, sRGB bytes: the base colour baked to vertices. */
  colors: Uint8Array;
  /** 3 per normal, unit length. */
  normals: Float32Array;
  /** 2 per UV. */
  uvs: Float32Array;
  /** Corner counts, 3 or 4 per polygon. */
  sizes: Uint8Array;
  /** Vertex, UV and normal number of each corner, polygons one after another. */
  cornerVertices: Uint32Array;
  cornerUvs: Uint32Array;
  cornerNormals: Uint32Array;
}

export interface Material {
  name: string;
  /** sRGB, opaque. */
  baseColor: RgbaImage;
  /** Tangent-space, +Y up (OpenGL), linear. */
  normal?: RgbaImage;
  /** Ambient occlusion in red, linear. */
  occlusion?: RgbaImage;
  roughness: number;
  metallic: number;
}

/** A convex hull that stands for a part, or a piece of it, in physics. */
export interface Collider {
  /** Number of the part among the scene's. */
  part: number;
  /** Metres, object frame. */
  hull: Mesh;
}

/** The finished asset in memory, before it becomes files. */
export interface AssetScene {
  /** An identifier: letters, digits, underscore. */
  name: string;
  /** Level of detail 0, in named parts. */
  parts: PartMesh[];
  /** Coarser levels, from fine to coarse, sharing the material. */
  lods: PartMesh[][];
  /** Left out where none were asked for. */
  colliders?: Collider[];
  material: Material;
}

export type Quality = "standard" | "high" | "ultra";
export type Topology = "quad" | "triangle";
export type Pivot = "center" | "base";
export type Collision = "none" | "convex";
export type Compression = "none" | "meshopt";
export type FileFormat = "glb" | "gltf" | "obj" | "mtl" | "fbx" | "usdz" | "stl" | "zip" | "preview" | "texture";

export interface AssetFile {
  /** File name with extension, safe on every file system. */
  name: string;
  format: FileFormat;
  mime: string;
  data: Uint8Array;
}
