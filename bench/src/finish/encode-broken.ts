import { Document, NodeIO } from "@gltf-transform/core";
import type { RenderMesh } from "@maquette/engine/raster/render";
import { LINEAR_OF_SRGB } from "@maquette/engine/raster/srgb";

/** A GLB of loose triangles with their colours at the vertices, as careless exporters write it. */
export async function encodeBroken({ positions, triangles, faceColors }: RenderMesh): Promise<Uint8Array> {
  const document = new Document();
  const buffer = document.createBuffer();
  const colors = new Float32Array(positions.length);
  for (let i = 0; i < triangles.length; i++) {
    for (let k = 0; k < 3; k++) {
      colors[3 * triangles[i]! + k] = LINEAR_OF_SRGB[faceColors?.[3 * Math.floor(i / 3) + k] ?? 200]!;
    }
  }
  const attribute = (array: Float32Array<ArrayBuffer>) =>
    document.createAccessor().setType("VEC3").setArray(array).setBuffer(buffer);
  const primitive = document
    .createPrimitive()
    .setAttribute("POSITION", attribute(new Float32Array(positions)))
    .setAttribute("COLOR_0", attribute(colors))
    .setIndices(document.createAccessor().setType("SCALAR").setArray(new Uint32Array(triangles)).setBuffer(buffer))
    .setMaterial(document.createMaterial());
  document.createScene().addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)));
  return new NodeIO().writeBinary(document);
}
