import { readConfig } from "./config/read-config.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

export interface ServeOptions extends ServerOptions {
  /** Settings; `process.env` unless given. */
  env?: Record<string, string | undefined>;
  /** `all` (default), `api` or `worker`. */
  role?: string;
  /** Takes the few lines that are for people; `console.log` unless given. */
  print?: (line: string) => void;
}

/**
 * Starts the server that the environment describes, and says where it is.
 * @throws ConfigError, DirectoryInUse, each with one line that says which setting and why
 */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const { env = process.env, role = "all", print = console.log, ...rest } = options;
  const config = readConfig(env, role);
  const server = await startServer(config, rest);
  print(`Maquette is running at ${config.publicUrl ?? server.url}`);
  if (server.firstStart) {
    print(`API credentials: ${server.firstStart.credentialsPath}`);
    print(`Sign in once, within a day: ${server.firstStart.signInUrl}`);
  }
  return server;
}

/** What a stop may take beyond its deadline: handing jobs back, and closing what may no longer answer. */
export const STOP_GRACE_MS = 10_000;

/**
 * Stops the server on SIGINT and SIGTERM; a second signal does not wait. Resolves once it has stopped. A stop that hangs,
 * on a database that is away for instance, ends the process: what was not handed back is taken over like after a crash.
 */
export function closeOnSignal(server: Server): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(1);
      asked = true;
      const { shutdownSeconds } = server.context.config;
      setTimeout(() => process.exit(1), shutdownSeconds * 1000 + STOP_GRACE_MS).unref();
      void server.close().then(resolve);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
