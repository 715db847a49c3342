import { createHmac, timingSafeEqual } from "node:crypto";
import type { FileFormat } from "@maquette/engine/types";
import { LIMITS } from "../config/limits.ts";

export type FileKind = "image" | "artifact";

export interface LinkedFile {
  kind: FileKind;
  id: string;
  /** Ends the path, since importers take the name and the type from it. */
  name: string;
}

/** Makes links to files that work for an hour, without any header. */
export type Linker = (file: LinkedFile) => string;

export function createLinker(key: Buffer, base: string, now: number): Linker {
  const expires = Math.floor(now / 1000) + LIMITS.linkSeconds;
  return (file) => {
    const path = filePath(file);
    return `${base}${path}?expires=${expires}&signature=${sign(key, path, expires)}`;
  };
}

export type LinkState = "valid" | "expired" | "altered";

/** Judges a link by its decoded path and the two parameters of its query. */
export function checkLink(
  key: Buffer,
  file: LinkedFile,
  expires: string | null,
  signature: string | null,
  now: number,
): LinkState {
  if (!expires || !signature || !/^\d{1,12}$/.test(expires)) return "altered";
  const expected = Buffer.from(sign(key, filePath(file), Number(expires)));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return "altered";
  return Number(expires) * 1000 < now ? "expired" : "valid";
}

function filePath({ kind, id, name }: LinkedFile): string {
  return `/files/${kind}/${id}/${encodeURIComponent(name)}`;
}

function sign(key: Buffer, path: string, expires: number): string {
  return createHmac("sha256", key).update(`${path}\n${expires}`).digest("base64url");
}

export interface ArtifactRef {
  id: string;
  format: FileFormat;
  name: string;
}

const ORDER: readonly FileFormat[] = ["obj", "fbx", "glb", "gltf", "mtl", "usdz", "stl", "zip", "preview", "texture"];

/**
 * The `results` of an iteration: one link a format. Further textures get a number, since clients expect every value to be
 * a link.
 */
export function resultLinks(artifacts: readonly ArtifactRef[], link: Linker): Record<string, string> {
  const results: Record<string, string> = {};
  const place = ({ format }: ArtifactRef) => ORDER.indexOf(format);
  const sorted = artifacts.toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
  for (const { id, format, name } of sorted) {
    let key: string = format;
    for (let n = 2; key in results; n++) key = `${format}${n}`;
    results[key] = link({ kind: "artifact", id, name });
  }
  return results;
}
