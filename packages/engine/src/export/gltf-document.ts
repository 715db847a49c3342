import {
  type Accessor,
  type Buffer,
  Document,
  type Material as GltfMaterial,
  type Node as GltfNode,
  type Primitive,
  TextureInfo,
  type TypedArray,
  VertexLayout,
  WebIO,
} from "@gltf-transform/core";
import type { Collider, Material, PartMesh } from "../types.ts";
import { aboutPivot } from "./about-pivot.ts";
import type { EncodedImage, EncodedTextures } from "./encode-textures.ts";
import { type AssetNames, hullName, partNames } from "./names.ts";
import { weldCorners } from "./weld-corners.ts";

const GENERATOR = "Maquette";
/** Number 65,535 is kept free: it restarts a primitive where numbers have 16 bits. */
const SHORT_INDICES = 65_535;

/**
 * A glTF 2.0 document: a node, a mesh and a primitive for each part, all with the one material; metres, +Y up, +Z front.
 * Several parts hang below a node with the asset's name.
 */
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
  const above = parts.length > 1 ? document.createNode(names.asset) : scene;
  if (above !== scene) scene.addChild(above as GltfNode);
  parts.forEach((part, i) => {
    const label = labels[i]!;
    const mesh = document.createMesh(label);
    mesh.addPrimitive(addPrimitive(document, buffer, part, textures.normal !== undefined).setMaterial(shared));
    const node = document
      .createNode(label)
      .setMesh(mesh)
      .setTranslation([...part.pivot]);
    above.addChild(node);
  });
  return document;
}

/**
 * Adds collision hulls to a document, as children of the part that they stand for, named `<part>_collider_01-convcolonly` and
 * on: Godot makes convex shapes of nodes whose names end in that. Elsewhere their material keeps them unseen.
 */
export function addColliders(document: Document, parts: readonly PartMesh[], colliders: readonly Collider[]): void {
  if (colliders.length === 0) return;
  const root = document.getRoot();
  const [buffer] = root.listBuffers();
  const unseen = document
    .createMaterial("collider")
    .setBaseColorFactor([1, 1, 1, 0])
    // Every fragment lies below the cutoff.
    .setAlphaMode("MASK")
    .setAlphaCutoff(0.5);
  partNames(parts).forEach((label, i) => {
    const node = root.listNodes().findLast((candidate) => candidate.getName() === label)!;
    const own = colliders.filter(({ part }) => part === i);
    own.forEach(({ hull }, k) => {
      const name = hullName(`${label}_collider`, k + 1);
      const positions = Float32Array.from(aboutPivot(hull.positions, parts[i]!.pivot));
      const primitive = document
        .createPrimitive()
        .setMaterial(unseen)
        .setIndices(addAccessor(document, buffer!, "SCALAR", Uint16Array.from(hull.triangles)))
        .setAttribute("POSITION", addAccessor(document, buffer!, "VEC3", positions));
      node.addChild(
        document
          .createNode(`${name}-convcolonly`)
          .setMesh(document.createMesh(name).addPrimitive(primitive))
          .setExtras({ collider: "convex" }),
      );
    });
  });
}

/** Reader and writer with the layout that the files use: each attribute on its own, which is smaller and faster to write. */
export function gltfIo(): WebIO {
  return new WebIO().setVertexLayout(VertexLayout.SEPARATE);
}

type AccessorType = "SCALAR" | "VEC2" | "VEC3" | "VEC4";

function addAccessor(document: Document, buffer: Buffer, type: AccessorType, array: TypedArray): Accessor {
  return document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
}

function addPrimitive(document: Document, buffer: Buffer, part: PartMesh, tangents: boolean): Primitive {
  // Vertex colours are left out: glTF multiplies them with the texture.
  const mesh = weldCorners(part, tangents);
  const short = mesh.positions.length / 3 < SHORT_INDICES;
  const indices = short ? new Uint16Array(mesh.triangles) : mesh.triangles;
  const add = (type: AccessorType, array: TypedArray) => addAccessor(document, buffer, type, array);
  const primitive = document
    .createPrimitive()
    .setIndices(add("SCALAR", indices))
    .setAttribute("POSITION", add("VEC3", aboutPivot(mesh.positions, part.pivot)))
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
