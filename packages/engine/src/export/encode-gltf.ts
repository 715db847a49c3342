import { type Document, ImageUtils } from "@gltf-transform/core";
import { gltfIo } from "./gltf-document.ts";

/** glTF 2.0 as one self-contained JSON text: the buffer and the images are data URIs. */
export async function encodeGltf(document: Document): Promise<Uint8Array> {
  const { json, resources } = await gltfIo().writeJSON(document, { basename: "asset" });
  for (const buffer of json.buffers ?? []) {
    buffer.uri = dataUri("application/octet-stream", resources[buffer.uri!]!);
  }
  for (const image of json.images ?? []) {
    const data = resources[image.uri!]!;
    image.mimeType = ImageUtils.getMimeType(data)!;
    image.uri = dataUri(image.mimeType, data);
  }
  return new TextEncoder().encode(JSON.stringify(json));
}

function dataUri(mime: string, data: Uint8Array): string {
  return `data:${mime};base64,${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
}
