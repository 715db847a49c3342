import type { Material, PartMesh } from "../types.ts";
import { aboutPivot } from "./about-pivot.ts";
import { encodeZip } from "./encode-zip.ts";
import { type AssetNames, partNames } from "./names.ts";
import { TextWriter } from "./text-writer.ts";

/** The USDZ specification wants every file in the archive stored as it is and beginning at a multiple of this. */
const ALIGNMENT = 64;
const POSITION_DECIMALS = 6;
const NORMAL_DECIMALS = 4;
const UV_DECIMALS = 6;

/** File names and PNG bytes of the textures. */
export interface UsdzTextures {
  baseColor: { name: string; png: Uint8Array };
  normal?: { name: string; png: Uint8Array };
  occlusion?: { name: string; png: Uint8Array };
}

/**
 * USDZ (Pixar's USD in a zip, as iPhones and iPads show it): one text layer and the textures, metres, +Y up, polygons
 * kept, material as UsdPreviewSurface.
 */
export function encodeUsdz(
  parts: readonly PartMesh[],
  names: AssetNames,
  material: Material,
  textures: UsdzTextures,
): Promise<Uint8Array> {
  const images = [textures.baseColor, textures.normal, textures.occlusion].filter((image) => image !== undefined);
  return encodeZip(
    [
      { name: `${names.base}.usda`, data: layer(parts, names, material, textures) },
      ...images.map(({ name, png }) => ({ name, data: png })),
    ],
    { alignment: ALIGNMENT },
  );
}

function layer(parts: readonly PartMesh[], names: AssetNames, material: Material, textures: UsdzTextures): Uint8Array {
  const out = new TextWriter();
  const root = `/${names.asset}`;
  out.text(
    `#usda 1.0\n(\n    defaultPrim = "${names.asset}"\n    metersPerUnit = 1\n    upAxis = "Y"\n)\n\n` +
      `def Xform "${names.asset}" (\n    kind = "component"\n)\n{\n`,
  );
  const labels = identifiers(partNames(parts), names.material);
  parts.forEach((part, i) => {
    writePart(out, part, labels[i]!, `${root}/${names.material}`);
  });
  writeMaterial(out, names.material, `${root}/${names.material}`, material, textures);
  return out.text("}\n").finish();
}

/** Names of prims: no digit first, none of them the material's. */
function identifiers(labels: string[], material: string): string[] {
  return labels.map((label) => (/^[0-9]/.test(label) || label === material ? `part_${label}` : label));
}

function writePart(out: TextWriter, part: PartMesh, label: string, material: string): void {
  out.text(
    `    def Mesh "${label}" (\n        prepend apiSchemas = ["MaterialBindingAPI"]\n    )\n    {\n` +
      `        uniform token subdivisionScheme = "none"\n        rel material:binding = <${material}>\n`,
  );
  if (part.pivot.some((v) => v !== 0)) {
    out.text("        double3 xformOp:translate = ");
    writeTuple(out, part.pivot, 0, 3, POSITION_DECIMALS);
    out.text('\n        uniform token[] xformOpOrder = ["xformOp:translate"]\n');
  }
  list(out, "int[] faceVertexCounts", part.sizes.length, (i) => out.integer(part.sizes[i]!));
  list(out, "int[] faceVertexIndices", part.cornerVertices.length, (i) => out.integer(part.cornerVertices[i]!));
  const tuple = (values: ArrayLike<number>, from: number, size: number, decimals: number) =>
    writeTuple(out, values, from, size, decimals);
  const { normals, uvs, cornerNormals, cornerUvs } = part;
  const positions = aboutPivot(part.positions, part.pivot);
  list(out, "point3f[] points", positions.length / 3, (i) => tuple(positions, 3 * i, 3, POSITION_DECIMALS));
  const bounds = boundsOf(positions);
  list(out, "float3[] extent", 2, (i) => tuple(bounds, 3 * i, 3, POSITION_DECIMALS));
  list(
    out,
    "normal3f[] normals",
    cornerNormals.length,
    (i) => tuple(normals, 3 * cornerNormals[i]!, 3, NORMAL_DECIMALS),
    ' (\n            interpolation = "faceVarying"\n        )',
  );
  list(
    out,
    "texCoord2f[] primvars:st",
    uvs.length / 2,
    (i) => tuple([uvs[2 * i]!, 1 - uvs[2 * i + 1]!], 0, 2, UV_DECIMALS),
    ' (\n            interpolation = "faceVarying"\n        )',
  );
  list(out, "int[] primvars:st:indices", cornerUvs.length, (i) => out.integer(cornerUvs[i]!));
  out.text("    }\n\n");
}

function writeTuple(out: TextWriter, values: ArrayLike<number>, from: number, size: number, decimals: number): void {
  for (let k = 0; k < size; k++) out.text(k ? ", " : "(").fixed(values[from + k]!, decimals);
  out.text(")");
}

function list(out: TextWriter, name: string, count: number, write: (i: number) => void, metadata = ""): void {
  out.text(`        ${name} = [`);
  for (let i = 0; i < count; i++) {
    if (i) out.text(", ");
    write(i);
  }
  out.text(`]${metadata}\n`);
}

function boundsOf(positions: Float32Array): number[] {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    low[i % 3] = Math.min(low[i % 3]!, positions[i]!);
    high[i % 3] = Math.max(high[i % 3]!, positions[i]!);
  }
  return [...low, ...high];
}

function writeMaterial(out: TextWriter, label: string, path: string, material: Material, textures: UsdzTextures): void {
  const surface = [
    `color3f inputs:diffuseColor.connect = <${path}/baseColor.outputs:rgb>`,
    ...(textures.normal ? [`normal3f inputs:normal.connect = <${path}/normal.outputs:rgb>`] : []),
    ...(textures.occlusion ? [`float inputs:occlusion.connect = <${path}/occlusion.outputs:r>`] : []),
    `float inputs:roughness = ${material.roughness}`,
    `float inputs:metallic = ${material.metallic}`,
    "token outputs:surface",
  ];
  out.text(
    `    def Material "${label}"\n    {\n        token outputs:surface.connect = <${path}/surface.outputs:surface>\n\n`,
  );
  shader(out, "surface", "UsdPreviewSurface", surface);
  shader(out, "uv", "UsdPrimvarReader_float2", ['string inputs:varname = "st"', "float2 outputs:result"]);
  const texture = (name: string, file: string, space: "sRGB" | "raw", rest: string[]) =>
    shader(out, name, "UsdUVTexture", [
      `asset inputs:file = @${file}@`,
      `float2 inputs:st.connect = <${path}/uv.outputs:result>`,
      `token inputs:sourceColorSpace = "${space}"`,
      ...rest,
    ]);
  texture("baseColor", textures.baseColor.name, "sRGB", ["float3 outputs:rgb"]);
  if (textures.normal) {
    texture("normal", textures.normal.name, "raw", [
      "float4 inputs:scale = (2, 2, 2, 1)",
      "float4 inputs:bias = (-1, -1, -1, 0)",
      "float3 outputs:rgb",
    ]);
  }
  if (textures.occlusion) texture("occlusion", textures.occlusion.name, "raw", ["float outputs:r"]);
  out.text("    }\n");
}

function shader(out: TextWriter, name: string, id: string, lines: string[]): void {
  out.text(`        def Shader "${name}"\n        {\n            uniform token info:id = "${id}"\n`);
  for (const line of lines) out.text(`            ${line}\n`);
  out.text("        }\n\n");
}
