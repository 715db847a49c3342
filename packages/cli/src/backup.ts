import { ConfigError, moveToScaled, restoreBackup, backup as write } from "@maquette/server";
import { parseOptions } from "./parse-options.ts";
import { EXIT, UsageError } from "./usage.ts";

export const BACKUP_OPTIONS = { json: { type: "boolean" } } as const;

/** `maquette backup DIR`, `maquette restore DIR` and `maquette move`. */
export async function backup(command: "backup" | "restore" | "move", args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(command, args, BACKUP_OPTIONS, true);
  const wanted = command === "move" ? 0 : 1;
  if (positionals.length !== wanted) {
    throw new UsageError(`expected ${wanted === 0 ? "no arguments" : "one directory"}. See 'maquette help ${command}'`);
  }
  const [directory] = positionals;
  try {
    const copied =
      command === "backup"
        ? await write(directory!)
        : command === "restore"
          ? await restoreBackup(directory!)
          : await moveToScaled();
    if (values.json) {
      console.log(JSON.stringify(copied));
      return EXIT.ok;
    }
    const { rows, files, gone } = copied;
    console.log(`Copied ${rows} rows and ${files} files${gone > 0 ? ` (${gone} were deleted meanwhile)` : ""}.`);
    if (command === "move") {
      console.log("Start the new servers with MAQUETTE_KEY set to the text of server.key, and the old one no more.");
    }
    return EXIT.ok;
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}
