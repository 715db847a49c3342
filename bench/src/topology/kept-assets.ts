import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AssetFile, Quality } from "@maquette/engine/types";
import type { Order } from "./assets.ts";

const KEPT = ["glb", "obj"] as const;

/** What pictures of an asset are made from, encoded. */
export type KeptAsset = Record<(typeof KEPT)[number], Uint8Array>;

export function pick(files: readonly AssetFile[]): KeptAsset {
  const of = (format: AssetFile["format"]) => files.find((file) => file.format === format)!.data;
  return { glb: of("glb"), obj: of("obj") };
}

export async function keepAsset(folder: string, order: Order, quality: Quality, files: AssetFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept = pick(files);
  for (const format of KEPT) await writeFile(pathOf(folder, order, quality, format), kept[format]);
}

/** Null when it was not kept there. */
export async function findKept(folder: string, order: Order, quality: Quality): Promise<KeptAsset | null> {
  const [glb, obj] = KEPT.map((format) => pathOf(folder, order, quality, format));
  if (!existsSync(glb!) || !existsSync(obj!)) return null;
  return { glb: new Uint8Array(await readFile(glb!)), obj: new Uint8Array(await readFile(obj!)) };
}

function pathOf(folder: string, { name, pictures }: Order, quality: Quality, format: string): string {
  return join(folder, `${name}-${pictures.length}-${quality}.${format}`);
}
