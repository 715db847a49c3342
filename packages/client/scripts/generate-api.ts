import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { writeTypes } from "./write-types.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
export const API_FILE = resolve(import.meta.dirname, "../src/api.ts");

/** The text of `src/api.ts` for a document, formatted like all other code. */
export function renderApi(document: unknown): string {
  const biome = resolve(REPOSITORY, "node_modules/@biomejs/biome/bin/biome");
  return execFileSync(process.execPath, [biome, "format", "--stdin-file-path=packages/client/src/api.ts"], {
    input: writeTypes(document),
    cwd: REPOSITORY,
    encoding: "utf8",
  });
}

/** Writes it and returns where. */
export function generateApi(document: unknown): string {
  writeFileSync(API_FILE, renderApi(document));
  return relative(REPOSITORY, API_FILE);
}
