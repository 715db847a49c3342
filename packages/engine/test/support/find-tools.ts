import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Command {
  /** Absolute path. */
  file: string;
  env: NodeJS.ProcessEnv;
}

/**
 * How to run Blender: Debian's takes the modules of whichever `python3` of its version comes first on the path, so that
 * with a virtual environment or pyenv in front it finds no numpy. It therefore sees the system's path alone.
 *
 * @returns null when there is no `blender` on the path.
 */
export function blenderCommand(): Command | null {
  const file = which("blender");
  if (file === null) return null;
  const { PYTHONHOME: _home, PYTHONPATH: _path, VIRTUAL_ENV: _venv, ...rest } = process.env;
  return { file, env: { ...rest, PATH: SYSTEM_PATH } };
}

/** Absolute path of a command on the path, or null. */
export function which(command: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

const POSTGRES = "/usr/lib/postgresql";

/** Folder of the programs of Debian's PostgreSQL, which are not on the path: the newest version that is installed, or null. */
export function debianPostgres(): string | null {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(POSTGRES, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb"))) ?? null;
}
