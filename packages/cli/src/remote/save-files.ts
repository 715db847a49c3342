import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Iteration, ServerClient } from "./server-client.ts";

/** What `results` can hold; further textures have a number after the word. */
export const RESULT_FORMATS = ["glb", "gltf", "obj", "mtl", "fbx", "usdz", "stl", "zip", "preview", "texture"] as const;

/**
 * Downloads the files of a version into a folder.
 * @param formats which; all unless given
 * @returns absolute paths
 */
export async function saveFiles(
  client: ServerClient,
  iteration: Iteration,
  folder: string,
  formats?: readonly string[],
): Promise<string[]> {
  const results = Object.entries(iteration.results ?? {});
  const wanted = results.filter(([key]) => formats === undefined || formats.includes(key.replace(/\d+$/, "")));
  await mkdir(folder, { recursive: true });
  return Promise.all(
    wanted.map(async ([, link]) => {
      const { name, bytes } = await client.download(link);
      // A name from elsewhere: no part of it may lead out of the folder.
      const path = resolve(join(folder, basename(name)));
      await writeFile(path, bytes);
      return path;
    }),
  );
}
