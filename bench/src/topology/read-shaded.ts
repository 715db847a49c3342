import type { Node } from "@gltf-transform/core";
import { cornerNormals } from "@maquette/engine/raster/normals";
import type { Mesh, RgbaImage } from "@maquette/engine/types";
import sharp from "sharp";
import { gltfIO } from "../load/glb.ts";

/** A mesh with all that decides its shading; world space of the file. */
export interface ShadedMesh extends Mesh {
  /** Unit normals, 9 per triangle. */
  normals: Float32Array;
  /** 6 per triangle, origin at the top left of the texture. */
  uvs?: Float32Array;
  /** glTF's tangents, 12 per triangle. */
  tangents?: Float32Array;
  normalMap?: RgbaImage;
}

/** A bare mesh as a viewer shades it. */
export function shadeByAngle(mesh: Mesh): ShadedMesh {
  return { ...mesh, normals: cornerNormals(mesh) };
}

/** What the default scene of a GLB of ours shows: primitives of triangles with normals, UVs and maybe tangents. */
export async function readShaded(bytes: Uint8Array): Promise<ShadedMesh> {
  const document = await (await gltfIO()).readBinary(new Uint8Array(bytes));
  const root = document.getRoot();
  const scene = root.getDefaultScene() ?? root.listScenes()[0]!;
  const positions: number[] = [];
  const triangles: number[] = [];
  const attributes = { NORMAL: [] as number[], TANGENT: [] as number[], TEXCOORD_0: [] as number[] };
  let normalMap: RgbaImage | undefined;
  const visit = async (node: Node): Promise<void> => {
    const shift = node.getWorldTranslation();
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      const base = positions.length / 3;
      const places = primitive.getAttribute("POSITION")!.getArray()!;
      for (let i = 0; i < places.length; i++) positions.push(places[i]! + shift[i % 3]!);
      const indices = primitive.getIndices()!.getArray()!;
      for (const v of indices) triangles.push(base + v);
      for (const name of ["NORMAL", "TANGENT", "TEXCOORD_0"] as const) {
        const accessor = primitive.getAttribute(name);
        if (!accessor) continue;
        const values = accessor.getArray()!;
        const size = accessor.getElementSize();
        for (const v of indices) for (let k = 0; k < size; k++) attributes[name].push(values[size * v + k]!);
      }
      const texture = primitive.getMaterial()?.getNormalTexture();
      if (texture) normalMap ??= await decode(texture.getImage()!);
    }
    for (const child of node.listChildren()) await visit(child);
  };
  for (const node of scene.listChildren()) await visit(node);
  const { NORMAL, TANGENT, TEXCOORD_0 } = attributes;
  return {
    positions: Float32Array.from(positions),
    triangles: Uint32Array.from(triangles),
    normals: Float32Array.from(NORMAL),
    ...(TEXCOORD_0.length > 0 && { uvs: Float32Array.from(TEXCOORD_0) }),
    ...(TANGENT.length > 0 && normalMap && { tangents: Float32Array.from(TANGENT), normalMap }),
  };
}

async function decode(image: Uint8Array): Promise<RgbaImage> {
  const { data, info } = await sharp(image).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
