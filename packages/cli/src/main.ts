import { EngineError } from "@maquette/engine";
import { printable } from "./printable.ts";
import { ServerError } from "./remote/server-client.ts";
import { EXIT, HELP, HELPS, UsageError } from "./usage.ts";

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
    case "inspect":
      return (await import("./inspect.ts")).inspect(rest);
    case "finish":
      return (await import("./finish.ts")).finish(rest);
    case "serve":
      return (await import("./serve.ts")).serve(rest);
    case "account":
      return (await import("./account.ts")).account(rest);
    case "backup":
    case "restore":
    case "move":
      return (await import("./backup.ts")).backup(command, rest);
    case "key":
      return (await import("./key.ts")).key(rest);
    case "login":
      return (await import("./login.ts")).login(rest);
    case "list":
      return (await import("./list.ts")).list(rest);
    case "get":
      return (await import("./get.ts")).get(rest);
    case "watch":
      return (await import("./watch.ts")).watch(rest);
    case "revise":
      return (await import("./revise.ts")).revise(rest);
    case "webhooks":
      return (await import("./webhooks.ts")).webhooks(rest);
    case "completion":
      return (await import("./completion.ts")).completion(rest);
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
  console.log(HELPS[command ?? ""] ?? HELP);
  return EXIT.ok;
}

async function version(): Promise<number> {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  console.log(manifest.version);
  return EXIT.ok;
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(printable(`maquette: ${error.message}`));
    return EXIT.usage;
  }
  if (error instanceof EngineError) {
    console.error(printable(`maquette: ${error.message}`));
    if (error.refusal) return EXIT.refused;
    return error.family === "options" ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof ServerError) {
    console.error(printable(`maquette: ${error.message}`));
    if (error.code === "image_refused" || error.code === "model_refused") return EXIT.refused;
    return error.status === 400 || error.status === 406 ? EXIT.usage : EXIT.failed;
  }
  console.error(printable(`maquette: ${error instanceof Error ? error.message : String(error)}`));
  return EXIT.failed;
}
