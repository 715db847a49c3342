import { EngineError } from "../errors.ts";
import type { RenderMesh } from "../raster/render.ts";
import { readFbx } from "./read-fbx.ts";
import { readGlb, readGltf } from "./read-glb.ts";
import { readObj } from "./read-obj.ts";

export type ModelFormat = "glb" | "gltf" | "obj" | "fbx";

/** A model as somebody else made it: a soup of triangles with whatever gives it its colours. */
export interface SourceModel {
  mesh: RenderMesh;
  format: ModelFormat;
  /** Metres of one unit of `mesh`, where the format says so. */
  metres: number | null;
  /** Whether the format says which way is up; `mesh` is then turned to +Y. */
  upright: boolean;
}

/** Files that a model refers to, by name: material libraries and pictures. */
export type Companions = ReadonlyMap<string, Uint8Array>;

const GLB_MAGIC = 0x46546c67;
const FBX_MAGIC = "Kaydara FBX Binary";

/**
 * Reads a GLB, glTF (self-contained), OBJ or binary FBX file, told apart by what is in it.
 * @param companions files beside it, by their names without folders: what an OBJ's `mtllib` and pictures name.
 * @throws EngineError `model_unsupported` or `model_corrupt`
 */
export async function readModel(bytes: Uint8Array, companions: Companions = new Map()): Promise<SourceModel> {
  const format = sniffModel(bytes);
  let model: SourceModel;
  try {
    if (format === "glb") model = { mesh: await readGlb(bytes), format, metres: 1, upright: true };
    else if (format === "gltf") model = { mesh: await readGltf(bytes), format, metres: 1, upright: true };
    else if (format === "obj") {
      model = { mesh: await readObj(bytes, companions), format, metres: null, upright: false };
    } else model = { ...(await readFbx(bytes, companions)), format, upright: true };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("model_corrupt", `${format.toUpperCase()}: ${(error as Error).message}`);
  }
  if (model.mesh.triangles.length === 0) throw new EngineError("model_empty", format.toUpperCase());
  return model;
}

/** @throws EngineError `model_unsupported` */
export function sniffModel(bytes: Uint8Array): ModelFormat {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  if (bytes.length >= 12 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === GLB_MAGIC) return "glb";
  if (head.startsWith(FBX_MAGIC)) return "fbx";
  if (/^\s*;?\s*FBX \d/m.test(head) || /^FBXHeaderExtension:/m.test(head)) {
    throw new EngineError("model_unsupported", "an FBX file in its text form. Export it as binary FBX, GLB or OBJ");
  }
  if (
    /^\uFEFF?\s*\{/.test(head) &&
    /"asset"|"meshes"|"buffers"|"accessors"/.test(Buffer.from(bytes).toString("latin1"))
  ) {
    return "gltf";
  }
  if (/^\s*(?:v|vn|vt|o|g|f|mtllib|usemtl)\s+\S/m.test(head)) return "obj";
  throw new EngineError("model_unsupported", bytes.length === 0 ? "an empty file" : "neither GLB, glTF, OBJ nor FBX");
}
