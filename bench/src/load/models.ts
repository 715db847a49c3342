import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { RenderMesh } from "@maquette/engine/raster/render";
import { random, shuffled } from "../random.ts";
import { normalizeMesh } from "../shape.ts";
import { loadGlb, loadGltfFile } from "./glb.ts";
import { type PackEntry, Packs, type Split, splitOf } from "./packs.ts";

/** Where a model can be found; plain data, so that it can be handed to another process. */
export type ModelRef = {
  name: string;
  source: string;
  kind: string;
} & ({ file: string } | { packs: string; entry: PackEntry });

/** All GLB and glTF files under a folder, in the order of their paths; the folder they lie in is their source. */
export function listFolder(directory: string): ModelRef[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(glb|gltf)$/i.test(entry.name))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return {
        file,
        name: relative(directory, file).replace(/\.(glb|gltf)$/i, ""),
        source: relative(directory, entry.parentPath) || ".",
        kind: "model",
      };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Objects of the packed models. `sources` restricts to sources that equal or begin with one of the names. */
export function listPacks(directory: string, split: Split | "all", sources: readonly string[] = []): ModelRef[] {
  return new Packs(directory).entries
    .filter((entry) => split === "all" || splitOf(entry) === split)
    .filter(
      (entry) => sources.length === 0 || sources.some((s) => entry.source === s || entry.source.startsWith(`${s}/`)),
    )
    .map((entry) => ({ packs: directory, entry, name: entry.name, source: entry.source, kind: entry.kind }));
}

/** A fixed random choice, in the original order. */
export function choose(models: readonly ModelRef[], limit: number, seed: number): ModelRef[] {
  const chosen = new Set(shuffled(models, random(seed)).slice(0, limit));
  return models.filter((model) => chosen.has(model));
}

const packs = new Map<string, Packs>();

/** The model, normalised. */
export async function loadModel(model: ModelRef): Promise<RenderMesh> {
  if ("file" in model) {
    const mesh = /\.glb$/i.test(model.file) ? await loadGlb(readFileSync(model.file)) : await loadGltfFile(model.file);
    return normalizeMesh(mesh);
  }
  const reader = packs.get(model.packs) ?? new Packs(model.packs);
  packs.set(model.packs, reader);
  return normalizeMesh(reader.read(model.entry));
}
