import type { Document } from "@gltf-transform/core";
import { EXTMeshoptCompression, KHRMeshQuantization } from "@gltf-transform/extensions";
import { MeshoptEncoder } from "meshoptimizer";
import { gltfIo } from "./gltf-document.ts";

/** glTF 2.0 binary: one file with geometry and images. */
export function encodeGlb(document: Document): Promise<Uint8Array> {
  return gltfIo()
    .registerExtensions([EXTMeshoptCompression, KHRMeshQuantization])
    .registerDependencies({ "meshopt.encoder": MeshoptEncoder })
    .writeBinary(document);
}
