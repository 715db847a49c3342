import { parseArgs } from "node:util";
import { ConfigError, closeOnSignal, DirectoryInUse, serve as startServer } from "@maquette/server";
import { EXIT, UsageError } from "./usage.ts";

/** `maquette serve`: runs until it is told to stop. */
export async function serve(args: string[]): Promise<number> {
  const { role } = options(args);
  try {
    const server = await startServer({ role });
    await closeOnSignal(server);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    if (error instanceof DirectoryInUse) throw new Error(error.message);
    throw error;
  }
}

function options(args: string[]): { role: string } {
  try {
    const { values } = parseArgs({ args, options: { role: { type: "string", default: "all" } } });
    return values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See 'maquette help serve'`);
  }
}
