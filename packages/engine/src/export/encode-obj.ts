import type { PartMesh } from "../types.ts";
import { partNames } from "./names.ts";
import { TextWriter } from "./text-writer.ts";

/** Positions keep this many significant digits of the largest coordinate: a micrometre on an object of 2 m. */
const POSITION_DIGITS = 7;
/** 0.006° */
const NORMAL_DECIMALS = 4;
/** 1/250 of a texel at 4,096². */
const UV_DECIMALS = 6;
/** The nearest byte is found again: half a step of 1/255 is 0.002. */
const COLOR_DECIMALS = 3;

const BLANK = 32;
const SLASH = 47;
const NEWLINE = 10;

export interface ObjReferences {
  /** File name of the material library, beside the OBJ. */
  library: string;
  material: string;
}

/**
 * Wavefront OBJ: metres, +Y up; vertices with their colours (`v x y z r g b`, sRGB 0–1, which importers read where they
 * load no material), UVs with v up as the format has it, normals, one object a part, quads kept. ASCII.
 */
export function encodeObj(parts: readonly PartMesh[], references: ObjReferences): Uint8Array {
  const out = new TextWriter();
  const decimals = positionDecimals(parts);
  out.text(`# Maquette. Units: metres, Y up.\nmtllib ${references.library}\n`);
  const names = partNames(parts);
  let [vertex, uv, normal] = [1, 1, 1];
  parts.forEach((part, i) => {
    out.text(`o ${names[i]}\n`);
    writeVertices(out, part, decimals);
    writeUvs(out, part);
    writeNormals(out, part);
    out.text(`usemtl ${references.material}\ns 1\n`);
    writeFaces(out, part, vertex, uv, normal);
    vertex += part.positions.length / 3;
    uv += part.uvs.length / 2;
    normal += part.normals.length / 3;
  });
  return out.finish();
}

function writeVertices(out: TextWriter, part: PartMesh, decimals: number): void {
  for (let i = 0; i < part.positions.length; i += 3) {
    out
      .text("v ")
      .fixed(part.positions[i]!, decimals)
      .byte(BLANK)
      .fixed(part.positions[i + 1]!, decimals);
    out.byte(BLANK).fixed(part.positions[i + 2]!, decimals);
    for (let k = 0; k < 3; k++) out.byte(BLANK).fixed(part.colors[i + k]! / 255, COLOR_DECIMALS);
    out.byte(NEWLINE);
  }
}

function writeUvs(out: TextWriter, part: PartMesh): void {
  for (let i = 0; i < part.uvs.length; i += 2) {
    out.text("vt ").fixed(part.uvs[i]!, UV_DECIMALS).byte(BLANK);
    out.fixed(1 - part.uvs[i + 1]!, UV_DECIMALS).byte(NEWLINE);
  }
}

function writeNormals(out: TextWriter, part: PartMesh): void {
  for (let i = 0; i < part.normals.length; i += 3) {
    out.text("vn ").fixed(part.normals[i]!, NORMAL_DECIMALS).byte(BLANK);
    out.fixed(part.normals[i + 1]!, NORMAL_DECIMALS).byte(BLANK);
    out.fixed(part.normals[i + 2]!, NORMAL_DECIMALS).byte(NEWLINE);
  }
}

function writeFaces(out: TextWriter, part: PartMesh, vertex: number, uv: number, normal: number): void {
  let corner = 0;
  for (const size of part.sizes) {
    out.byte(102);
    for (const end = corner + size; corner < end; corner++) {
      out.byte(BLANK).integer(part.cornerVertices[corner]! + vertex);
      out.byte(SLASH).integer(part.cornerUvs[corner]! + uv);
      out.byte(SLASH).integer(part.cornerNormals[corner]! + normal);
    }
    out.byte(NEWLINE);
  }
}

function positionDecimals(parts: readonly PartMesh[]): number {
  let largest = 0;
  for (const part of parts) for (const p of part.positions) largest = Math.max(largest, Math.abs(p));
  const decimals = POSITION_DIGITS - 1 - Math.floor(Math.log10(largest || 1));
  return Math.min(12, Math.max(0, decimals));
}
