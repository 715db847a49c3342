import {
  Document,
  type Material as GltfMaterial,
  type Primitive,
  TextureInfo,
  type TypedArray,
  VertexLayout,
  WebIO,
} from "@gltf-transform/core";
import type { Material, PartMesh } from "../types.ts";
import type { EncodedImage, EncodedTextures } from "./encode-textures.ts";
import { type AssetNames, partNames } from "./names.ts";
import { weldCorners } from "./weld-corners.ts";

const GENERATOR = "Maquette";
/** Number 65,535 is kept free: it restarts a primitive where numbers have 16 bits. */
const SHORT_INDICES = 65_535;

/** A glTF 2.0 document: a node, a mesh and a primitive for each part, all with the one material; metres, +Y up, +Z front. */
export function gltfDocument(
  parts: readonly PartMesh[],
  names: AssetNames,
  material: Material,
  textures: EncodedTextures,
): Document {
  const document = new Document();
  document.getRoot().getAsset().generator = GENERATOR;
  const buffer = document.createBuffer();
  const shared = addMaterial(document, names, material, textures);
  const scene = document.createScene(names.asset);
  document.getRoot().setDefaultScene(scene);
  const labels = partNames(parts);
  parts.forEach((part, i) => {
    const label = labels[i]!;
    const mesh = document.createMesh(label);
    mesh.addPrimitive(addPrimitive(document, buffer, part, textures.normal !== undefined).setMaterial(shared));
    scene.addChild(document.createNode(label).setMesh(mesh));
  });
  return document;
}

/** Reader and writer with the layout that the files use: each attribute on its own, which is smaller and faster to write. */
export function gltfIo(): WebIO {
  return new WebIO().setVertexLayout(VertexLayout.SEPARATE);
}

function addPrimitive(
  document: Document,
  buffer: ReturnType<Document["createBuffer"]>,
  part: PartMesh,
  tangents: boolean,
): Primitive {
  // Vertex colours are left out: glTF multiplies them with the texture.
  const mesh = weldCorners(part, tangents);
  const short = mesh.positions.length / 3 < SHORT_INDICES;
  const indices = short ? new Uint16Array(mesh.triangles) : mesh.triangles;
  const add = (type: "SCALAR" | "VEC2" | "VEC3" | "VEC4", array: TypedArray) =>
    document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
  const primitive = document
    .createPrimitive()
    .setIndices(add("SCALAR", indices))
    .setAttribute("POSITION", add("VEC3", mesh.positions))
    .setAttribute("NORMAL", add("VEC3", mesh.normals))
    .setAttribute("TEXCOORD_0", add("VEC2", mesh.uvs));
  if (mesh.tangents) primitive.setAttribute("TANGENT", add("VEC4", mesh.tangents));
  return primitive;
}

function addMaterial(
  document: Document,
  names: AssetNames,
  material: Material,
  textures: EncodedTextures,
): GltfMaterial {
  const texture = (name: string, image: EncodedImage) =>
    document
      .createTexture(name.replace(/\.png$/, ""))
      .setImage(image.data)
      .setMimeType(image.mime);
  const out = document
    .createMaterial(names.material)
    .setRoughnessFactor(material.roughness)
    .setMetallicFactor(material.metallic)
    .setBaseColorTexture(texture(names.textures.baseColor, textures.baseColor.compact));
  sample(out.getBaseColorTextureInfo());
  if (textures.normal) {
    out.setNormalTexture(texture(names.textures.normal, textures.normal.compact));
    sample(out.getNormalTextureInfo());
  }
  if (textures.occlusion) {
    out.setOcclusionTexture(texture(names.textures.occlusion, textures.occlusion.compact));
    sample(out.getOcclusionTextureInfo());
  }
  return out;
}

function sample(info: TextureInfo | null): void {
  info!
    .setMagFilter(TextureInfo.MagFilter.LINEAR)
    .setMinFilter(TextureInfo.MinFilter.LINEAR_MIPMAP_LINEAR)
    .setWrapS(TextureInfo.WrapMode.CLAMP_TO_EDGE)
    .setWrapT(TextureInfo.WrapMode.CLAMP_TO_EDGE);
}
