import { EngineError } from "@maquette/engine";
import { ACCOUNT_HELP, EXIT, HELP, MAKE_HELP, MCP_HELP, SERVE_HELP, UsageError } from "./usage.ts";

/** Runs the command line and sets the exit code. */
export async function main(args: string[]): Promise<void> {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    process.exitCode = explain(error);
  }
}

async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  if (rest.includes("--help") || rest.includes("-h")) return help(command);
  switch (command) {
    case "make":
      return (await import("./make.ts")).make(rest);
    case "serve":
      return (await import("./serve.ts")).serve(rest);
    case "account":
      return (await import("./account.ts")).account(rest);
    case "mcp":
      return (await import("./mcp/mcp.ts")).mcp(rest);
    case "help":
    case "--help":
    case "-h":
      return help(rest[0]);
    case "version":
    case "--version":
      return version();
    case undefined:
      throw new UsageError("no command was given. Run 'maquette help' to see what there is");
    default:
      throw new UsageError(`'${command}' is not a command. Run 'maquette help' to see what there is`);
  }
}

function help(command: string | undefined): number {
  const texts: Record<string, string> = { make: MAKE_HELP, serve: SERVE_HELP, account: ACCOUNT_HELP, mcp: MCP_HELP };
  console.log(texts[command ?? ""] ?? HELP);
  return EXIT.ok;
}

async function version(): Promise<number> {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  console.log(manifest.version);
  return EXIT.ok;
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`maquette: ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof EngineError) {
    console.error(`maquette: ${error.message}`);
    if (error.refusal) return EXIT.refused;
    return error.family === "options" ? EXIT.usage : EXIT.failed;
  }
  console.error(`maquette: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.failed;
}
