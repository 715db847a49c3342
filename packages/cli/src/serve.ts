import { ConfigError, closeOnSignal, DirectoryInUse, serve as startServer } from "@maquette/server";
import { parseOptions } from "./parse-options.ts";
import { EXIT, UsageError } from "./usage.ts";

export const SERVE_OPTIONS = { role: { type: "string", default: "all" } } as const;

/** `maquette serve`: runs until it is told to stop. */
export async function serve(args: string[]): Promise<number> {
  const { role } = parseOptions("serve", args, SERVE_OPTIONS, false).values;
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
