import type { AssetFile, AssetScene, Compression, FileFormat } from "../types.ts";
import { compactPart } from "./compact-part.ts";
import { compressDocument } from "./compress-document.ts";
import { encodeFbx } from "./encode-fbx.ts";
import { encodeGlb } from "./encode-glb.ts";
import { encodeGltf } from "./encode-gltf.ts";
import { encodeMtl } from "./encode-mtl.ts";
import { encodeObj } from "./encode-obj.ts";
import { encodeStl } from "./encode-stl.ts";
import { type EncodedTextures, encodeTextures } from "./encode-textures.ts";
import { encodeUsdz } from "./encode-usdz.ts";
import { encodeZip } from "./encode-zip.ts";
import { addColliders, gltfDocument } from "./gltf-document.ts";
import { type AssetNames, assetNames } from "./names.ts";

export interface ExportOptions {
  /** Called with the share of the files that are done, 0–1. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
  /** Of every GLB; the glTF is never packed. */
  compression?: Compression;
}

const MIME: Readonly<Record<Exclude<FileFormat, "preview">, string>> = {
  glb: "model/gltf-binary",
  gltf: "model/gltf+json",
  obj: "model/obj",
  mtl: "model/mtl",
  fbx: "application/octet-stream",
  usdz: "model/vnd.usdz+zip",
  stl: "model/stl",
  texture: "image/png",
  zip: "application/zip",
};

/**
 * Turns a finished asset into its files: GLB, glTF, OBJ, MTL, FBX, USDZ, STL, the textures as PNG, and the zip that holds all of
 * them and, where the scene has coarser levels, an OBJ and a GLB of each (`<name>_lod1.obj`, …; the FBX has them all
 * inside). The same scene gives the same bytes.
 *
 * Collision hulls go into GLB, glTF and FBX.
 *
 * Object frame and metres in every file but STL; GLB, glTF and STL carry triangles, OBJ, FBX
 * and USDZ the polygons as they are; STL is in millimetres with +Z up.
 *
 * @throws EngineError `option_invalid` for a name that is no identifier, `internal` for a part whose arrays do not fit.
 */
export async function exportScene(scene: AssetScene, options: ExportOptions = {}): Promise<AssetFile[]> {
  const { onProgress, signal } = options;
  const names = assetNames(scene);
  const { material } = scene;
  // Textures take longest and run in other threads: they start before anything else.
  const encoding = encodeTextures(material);
  // Until it is awaited, an error in the geometry must not leave it behind as an unhandled rejection.
  encoding.catch(() => {});
  const levels = [scene.parts, ...scene.lods].map((parts) => parts.map(compactPart));
  const files: AssetFile[] = [];
  // glb, gltf, obj, mtl, fbx, usdz, stl, zip, and two for each coarser level.
  const total = 8 + 2 * scene.lods.length;
  let done = 0;
  // Between files, messages and timers get their turn, so that progress leaves and an abort arrives.
  const step = async <T>(result: T | Promise<T>): Promise<T> => {
    const value = await result;
    onProgress?.(++done / total);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    return value;
  };
  const add = (format: keyof typeof MIME, name: string, data: Uint8Array) => {
    files.push({ name, format, mime: MIME[format], data });
  };

  signal?.throwIfAborted();
  const references = { library: `${names.base}.mtl`, material: names.material };
  const objs: Uint8Array[] = [];
  for (const parts of levels) objs.push(await step(encodeObj(parts, references)));
  const textures = await encoding;
  const textureFiles = presentTextures(names, textures);
  const mtl = await step(encodeMtl(names.material, material, textureFiles.names));
  const fbx = encodeFbx(levels, names, material, textureFiles.fbx, scene.colliders);
  fbx.catch(() => {});
  const documents = () => levels.map((parts) => gltfDocument(parts, names, material, textures));
  const plain = documents();
  const packed = options.compression === "meshopt" ? documents() : plain;
  if (packed !== plain) for (const document of packed) await compressDocument(document);
  // After packing: hulls are small, and engines want them where they are.
  for (const [document] of new Set([plain, packed])) addColliders(document!, levels[0]!, scene.colliders ?? []);
  const glbs: Uint8Array[] = [];
  for (const document of packed) glbs.push(await step(encodeGlb(document)));
  add("glb", `${names.base}.glb`, glbs[0]!);
  // Never packed, for whoever cannot unpack.
  add("gltf", `${names.base}.gltf`, await step(encodeGltf(plain[0]!)));
  add("obj", `${names.base}.obj`, objs[0]!);
  add("mtl", `${names.base}.mtl`, mtl);
  add("fbx", `${names.base}.fbx`, await step(fbx));
  add("usdz", `${names.base}.usdz`, await step(encodeUsdz(levels[0]!, names, material, textureFiles.usdz)));
  add("stl", `${names.base}.stl`, await step(encodeStl(levels[0]!)));
  for (const { name, png } of textureFiles.list) add("texture", name, png);

  const coarser = scene.lods.flatMap((_, i) => [
    { name: `${names.lod(i + 1)}.obj`, data: objs[i + 1]! },
    { name: `${names.lod(i + 1)}.glb`, data: glbs[i + 1]! },
  ]);
  add("zip", `${names.base}.zip`, await step(encodeZip([...files, ...coarser])));
  return files;
}

function presentTextures(names: AssetNames, textures: EncodedTextures) {
  const { baseColor, normal, occlusion } = textures;
  const all = [
    { name: names.textures.baseColor, png: baseColor.png },
    ...(normal ? [{ name: names.textures.normal, png: normal.png }] : []),
    ...(occlusion ? [{ name: names.textures.occlusion, png: occlusion.png }] : []),
  ];
  return {
    list: all,
    names: {
      baseColor: names.textures.baseColor,
      normal: normal && names.textures.normal,
      occlusion: occlusion && names.textures.occlusion,
    },
    usdz: {
      baseColor: all[0]!,
      normal: all.find(({ name }) => name === names.textures.normal),
      occlusion: all.find(({ name }) => name === names.textures.occlusion),
    },
    fbx: {
      baseColor: { fileName: names.textures.baseColor, png: baseColor.png },
      normal: normal && { fileName: names.textures.normal, png: normal.png },
    },
  };
}
