import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AssetFile } from "@maquette/engine/types";
import type { ImportFacts } from "../../../packages/engine/test/support/import-facts.ts";
import { importWithAssimp } from "../../../packages/engine/test/support/import-with-assimp.ts";
import { importWithBlender } from "../../../packages/engine/test/support/import-with-blender.ts";
import { validateGltf } from "../../../packages/engine/test/support/validate-gltf.ts";
import type { ThreeImporter } from "./import-with-three.ts";

const FORMATS = ["glb", "gltf", "obj", "fbx"] as const;
type Format = (typeof FORMATS)[number];
/** Metres. */
const SIZE_TOLERANCE = 0.001;

/** What every importer has to find in every file. */
export interface Expected {
  /** Metres: width, height, depth. */
  size: readonly number[];
  triangles: number;
  /** In the formats that keep them. */
  polygons: number;
  quads: number;
  textures: { slot: string; width: number; height: number }[];
}

export interface Verdict {
  importer: "validator" | "Blender" | "Assimp" | "three.js";
  format: Format;
  /** What is wrong; empty when all is as expected. */
  faults: string[];
}

/** The files of an asset as the Khronos validator, Blender, Assimp and three.js see them. */
export async function judgeFiles(files: AssetFile[], expected: Expected, three: ThreeImporter): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), "maquette-bench-mesh-"));
  try {
    for (const file of files) await writeFile(join(folder, file.name), file.data);
    const pathOf = (format: Format) => join(folder, files.find((file) => file.format === format)!.name);
    const verdicts: Verdict[] = [];
    for (const format of ["glb", "gltf"] as const) {
      const { name, data } = files.find((file) => file.format === format)!;
      verdicts.push({
        importer: "validator",
        format,
        faults: await faultsOf(
          () => validateGltf(name, data),
          () => [],
        ),
      });
    }
    const options = { sampledFaces: 0 };
    // One start for all files; one each where Blender refuses any of them.
    const together = await importWithBlender(FORMATS.map(pathOf), options).catch(() => null);
    // Parts are counted against those of the first file that is read.
    let parts = 0;
    for (const [i, format] of FORMATS.entries()) {
      const path = pathOf(format);
      const check = (found: Found) => {
        parts ||= found.parts.length;
        return compare(found, expected, format, parts);
      };
      const inBlender = async () => together?.[i] ?? (await importWithBlender([path], options))[0];
      const blender = await faultsOf(inBlender, check);
      const assimp = await faultsOf(async () => (await importWithAssimp([path], options))[0], check);
      const loaded = await faultsOf(() => three.import(path), check);
      verdicts.push(
        { importer: "Blender", format, faults: blender },
        { importer: "Assimp", format, faults: assimp },
        { importer: "three.js", format, faults: loaded },
      );
    }
    return verdicts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Found = Pick<ImportFacts, "size" | "triangles" | "textures"> & {
  parts: readonly unknown[];
  polygons?: number;
  quads?: number;
};

/** Differences in words. */
export function compare(found: Found, expected: Expected, format: string, parts: number): string[] {
  const faults: string[] = [];
  const off = Math.max(...found.size.map((side, k) => Math.abs(side - expected.size[k])));
  if (!(off < SIZE_TOLERANCE)) faults.push(`size off by ${(1000 * off).toFixed(1)} mm`);
  if (found.parts.length !== parts) faults.push(`${found.parts.length} parts, not ${parts}`);
  if (found.triangles !== expected.triangles) faults.push(`${found.triangles} triangles, not ${expected.triangles}`);
  const keepsQuads = format === "obj" || format === "fbx";
  if (found.polygons !== undefined && keepsQuads) {
    if (found.polygons !== expected.polygons) faults.push(`${found.polygons} polygons, not ${expected.polygons}`);
    if (found.quads !== expected.quads) faults.push(`${found.quads} quads, not ${expected.quads}`);
  }
  for (const { slot, width, height } of expected.textures) {
    const texture = found.textures.find((one) => one.slot === slot);
    if (!texture) faults.push(`no ${slot} texture`);
    else if (texture.width !== width || texture.height !== height) {
      faults.push(`${slot} texture of ${texture.width} × ${texture.height}, not ${width} × ${height}`);
    }
  }
  return faults;
}

async function faultsOf<T>(run: () => Promise<T>, check: (found: T) => string[]): Promise<string[]> {
  try {
    return check(await run());
  } catch (error) {
    return [error instanceof Error ? error.message.slice(0, 400) : String(error)];
  }
}
