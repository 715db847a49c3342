import type { Material } from "../types.ts";

export interface MtlTextures {
  /** File names beside the library. */
  baseColor: string;
  normal?: string;
  occlusion?: string;
}

/**
 * Material library for the OBJ: the Phong keys that every importer reads, and the physically based extension
 * (`Pr` roughness, `Pm` metallic, `norm` tangent-space normal map) that newer ones prefer. Roughness and metallic are
 * constants, hence no `map_Pr` and `map_Pm`. Ambient occlusion is `map_Ka`, the factor of ambient light. The normal map
 * stands under `map_Bump` as well: Blender reads it there and only there, at strength 0 without `-bm` (3.4 then takes it
 * for sRGB, from its own OBJ files too); Assimp and three.js take `norm` first. `Ks` 0.5 is what Blender writes and reads
 * for the usual dielectric.
 */
export function encodeMtl(name: string, material: Material, textures: MtlTextures): Uint8Array {
  const lines = [
    "# Maquette",
    `newmtl ${name}`,
    "Ka 1 1 1",
    "Kd 1 1 1",
    "Ks 0.5 0.5 0.5",
    `Ns ${decimal(phongExponent(material.roughness))}`,
    "Ni 1.5",
    "d 1",
    "illum 2",
    `Pr ${decimal(material.roughness)}`,
    `Pm ${decimal(material.metallic)}`,
    `map_Kd ${textures.baseColor}`,
  ];
  if (textures.occlusion) lines.push(`map_Ka ${textures.occlusion}`);
  if (textures.normal) lines.push(`norm ${textures.normal}`, `map_Bump -bm 1 ${textures.normal}`);
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

/** `Ns` runs from 0 to 1000; readers without `Pr` take roughness as 1 - sqrt(Ns / 1000), Blender among them. */
function phongExponent(roughness: number): number {
  return 1000 * (1 - roughness) ** 2;
}

function decimal(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
