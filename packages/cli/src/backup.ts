import { ConfigError, moveToScaled, restoreBackup, backup as write } from "@maquette/server";
import { EXIT, UsageError } from "./usage.ts";

/** `maquette backup DIR`, `maquette restore DIR` and `maquette move`. */
export async function backup(command: "backup" | "restore" | "move", args: string[]): Promise<number> {
  const [directory, ...more] = args;
  const wanted = command === "move" ? 0 : 1;
  if (args.length !== wanted || more.length > 0 || directory?.startsWith("-")) {
    throw new UsageError(`expected ${wanted === 0 ? "no arguments" : "one directory"}. See 'maquette help ${command}'`);
  }
  try {
    const { rows, files, gone } =
      command === "backup"
        ? await write(directory!)
        : command === "restore"
          ? await restoreBackup(directory!)
          : await moveToScaled();
    console.log(`Copied ${rows} rows and ${files} files${gone > 0 ? ` (${gone} were deleted meanwhile)` : ""}.`);
    if (command === "move") {
      console.log("Start the new servers with MAQUETTE_KEY set to the text of server.key, and the old one no more.");
    }
    return EXIT.ok;
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}
