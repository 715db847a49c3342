import { EngineError } from "../errors.ts";
import type { AssetScene, PartMesh } from "../types.ts";

/** Longest accepted name: with the longest suffix it stays well inside the 255 bytes that file systems allow. */
const LONGEST_NAME = 100;
const LONGEST_LABEL = 60;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that Windows keeps for devices whatever the extension, so that `con.glb` cannot be created there. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** Every name under which an asset's files refer to each other; all of them ASCII, without spaces or separators. */
export interface AssetNames {
  /** The asset's name, an identifier. */
  asset: string;
  /** What file names start with. */
  base: string;
  material: string;
  textures: { baseColor: string; normal: string; occlusion: string };
  /** File names without level 0 are `<base>_lod<level>`. */
  lod(level: number): string;
}

/** @throws EngineError `option_invalid` when the scene's name is no identifier. */
export function assetNames(scene: Pick<AssetScene, "name" | "material">): AssetNames {
  const { name } = scene;
  if (!IDENTIFIER.test(name) || name.length > LONGEST_NAME) {
    const seen = JSON.stringify(name.slice(0, LONGEST_NAME));
    throw new EngineError(
      "option_invalid",
      `the name ${seen} is not an identifier; use letters, digits and underscores, no digit first, ${LONGEST_NAME} at most`,
    );
  }
  const base = DEVICE.test(name) ? `${name}_` : name;
  return {
    asset: name,
    base,
    material: safeLabel(scene.material.name, "material"),
    textures: {
      baseColor: `${base}_basecolor.png`,
      normal: `${base}_normal.png`,
      occlusion: `${base}_occlusion.png`,
    },
    lod: (level) => `${base}_lod${level}`,
  };
}

/** The parts' names made safe for every format (OBJ splits at blanks, FBX at NUL and `::`) and unique without regard to case. */
export function partNames(parts: readonly Pick<PartMesh, "name">[], suffix = ""): string[] {
  const taken = new Set<string>();
  return parts.map((part) => claimName(`${safeLabel(part.name, "part")}${suffix}`, taken));
}

/** Name of the n-th hull of a part, counted from 1, with two digits as Unreal counts them. */
export function hullName(prefix: string, number: number): string {
  return `${prefix}_${String(number).padStart(2, "0")}`;
}

/** `wanted`, or the first of `wanted_2`, `wanted_3`, … that is not in `taken` (lower case); adds it. */
export function claimName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${wanted}_${n}`;
  taken.add(name.toLowerCase());
  return name;
}

function safeLabel(text: string, fallback: string): string {
  const label = text
    .replace(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, LONGEST_LABEL);
  return label || fallback;
}
