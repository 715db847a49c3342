import type { RenderMesh } from "@maquette/engine/raster/render";
import { flattenDocument, gltfIO } from "@maquette/engine/read/read-glb";

export { gltfIO, readGlb as loadGlb } from "@maquette/engine/read/read-glb";

/** A `.glb` or `.gltf` file; the latter brings its neighbours along. */
export async function loadGltfFile(path: string): Promise<RenderMesh> {
  return flattenDocument(await (await gltfIO()).read(path));
}
