import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A server in a process of its own, ready to be asked. */
export interface Target {
  url: string;
  headers: Record<string, string>;
  devID: string;
  requestID: string;
  /** Resident memory after a collection, MB. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** What a server process says when it is ready. */
export interface Ready {
  url: string;
  headers: Record<string, string>;
  devID: string;
  requestID: string;
}

const database = (url: string | null): Record<string, string> => (url === null ? {} : { DATABASE_URL: url });

/**
 * One Fastify route that answers a small object: what this machine and the framework can do at best; and with a database
 * one more, which asks it the least question there is.
 */
export const startBare = (databaseUrl: string | null): Promise<Target> =>
  start("bare-server.ts", database(databaseUrl));

/** Maquette on the embedded database, or on PostgreSQL. */
export const startMaquette = (databaseUrl: string | null): Promise<Target> =>
  start("maquette-server.ts", database(databaseUrl));

async function start(script: string, env: Record<string, string>): Promise<Target> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    env: { ...process.env, ...env },
    execArgv: ["--expose-gc"],
    // Its log is written, since a real server writes one too, and read by nobody.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ready = await next<Ready>(child);
  return {
    ...ready,
    async memory() {
      child.send("memory");
      return next<number>(child);
    },
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.send("stop");
      await gone;
    },
  };
}

function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const early = (code: number | null) => reject(new Error(`the server under measurement ended with ${code}`));
    child.once("exit", early);
    child.once("message", (message) => {
      child.off("exit", early);
      resolve(message as T);
    });
  });
}
