import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blenderCommand } from "./find-tools.ts";
import { IMPORT_DEFAULTS, type ImportFacts, type ImportOptions, sumFacts } from "./import-facts.ts";

const SCRIPT = fileURLToPath(new URL("./blender_facts.py", import.meta.url));

/**
 * Imports GLB, glTF, OBJ and FBX files into Blender (Debian's, `blender` on the path), all in one start, which alone
 * takes a second. Textures that a file only refers to must lie beside it.
 *
 * @param files absolute paths.
 * @throws Error that names every file which Blender refused, with its traceback.
 */
export async function importWithBlender(files: readonly string[], options: ImportOptions = {}): Promise<ImportFacts[]> {
  const { sampledFaces, timeout } = { ...IMPORT_DEFAULTS, ...options };
  const blender = blenderCommand();
  if (!blender) throw new Error("Blender is missing. Run: npm run test:setup");
  const folder = await mkdtemp(join(tmpdir(), "maquette-blender-"));
  try {
    const job = join(folder, "job.json");
    const out = join(folder, "facts.json");
    await writeFile(job, JSON.stringify({ files, sampledFaces, out }));
    const args = ["-b", "--factory-startup", "-noaudio", "--python-exit-code", "1", "-P", SCRIPT, "--", job];
    const settings = { timeout, env: blender.env, maxBuffer: 1 << 28 };
    await promisify(execFile)(blender.file, args, settings).catch((error) => {
      throw new Error(`Blender failed: ${error.message}\n${tail(error.stdout)}${tail(error.stderr)}`);
    });
    const results: (ImportFacts & { error?: string })[] = JSON.parse(await readFile(out, "utf8"));
    const failures = results.filter((result) => result.error);
    if (failures.length > 0) {
      throw new Error(failures.map(({ file, error }) => `Blender cannot import ${file}: ${error}`).join("\n"));
    }
    return results.map(sumFacts);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tail(text: unknown): string {
  return String(text ?? "").slice(-4000);
}
