import { EngineError } from "../errors.ts";

export type ModelFormat = "glb" | "gltf" | "obj" | "fbx";

const GLB_MAGIC = 0x46546c67;
const FBX_MAGIC = "Kaydara FBX Binary";

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

export function isZip(data: Uint8Array): boolean {
  return data.length >= 4 && data[0] === 0x50 && data[1] === 0x4b && data[2] === 0x03 && data[3] === 0x04;
}
