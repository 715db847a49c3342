import { EngineError } from "../errors.ts";
import type { RenderMesh } from "../raster/render.ts";
import { refuseTooLarge } from "./most-triangles.ts";
import { readFbx } from "./read-fbx.ts";
import { readGlb, readGltf } from "./read-glb.ts";
import { readObj } from "./read-obj.ts";
import { isZip, type ModelFormat, sniffModel } from "./sniff-model.ts";
import { unzipModel } from "./unzip-model.ts";

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

/**
 * Reads a GLB, glTF (self-contained), OBJ or binary FBX file, told apart by what is in it; or a zip of one with the files
 * that it names.
 * @param companions files beside it, by their names without folders: what an OBJ's `mtllib` and pictures name.
 * @throws EngineError `model_unsupported`, `model_corrupt`, `model_too_large` or `model_empty`
 */
export async function readModel(bytes: Uint8Array, companions: Companions = new Map()): Promise<SourceModel> {
  if (isZip(bytes)) {
    const packed = unzipModel(bytes);
    return readModel(packed.model, new Map([...companions, ...packed.companions]));
  }
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
  refuseTooLarge(model.mesh.triangles.length / 3);
  if (model.mesh.triangles.length === 0) throw new EngineError("model_empty", format.toUpperCase());
  return model;
}
