import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export interface ServerProcess {
  readonly role: string;
  readonly pid: number;
  /** null until it listens, and once it has ended. */
  readonly url: string | null;
  /** Resolves with the URL. @throws Error with its last words when it ends before */
  ready: Promise<string>;
  /** Resolves with the exit code, null after a signal. */
  ended: Promise<number | null>;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
  /** Kills an engine process of it, if one runs. */
  killEngine(): boolean;
}

/** The program that makes assets. The one that looks at pictures stands beside it, and its death would lose nothing. */
const ENGINE = /\/engine\/host\/child\.\w+$/m;

/** Of the 2.9 s of processor time that a start takes, half a second goes without it. */
const COMPILE_CACHE = join(tmpdir(), "maquette-compile-cache");

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @param checkout whose server it is: another version's, or this one */
export function startServerProcess(
  role: string,
  engine: string,
  env: Record<string, string>,
  checkout = ROOT,
): ServerProcess {
  const entry = resolve(checkout, "e2e/chaos/serve.ts");
  const child: ChildProcess = spawn(process.execPath, [entry, role, engine], {
    env: {
      PATH: process.env.PATH!,
      HOST: "127.0.0.1",
      PORT: "0",
      MAQUETTE_LOG: "error",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let url: string | null = null;
  let words = "";
  const listen = (stream: NodeJS.ReadableStream, heard: (text: string) => void) =>
    stream.on("data", (chunk) => heard(String(chunk)));
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      url = null;
      resolve(code);
    });
  });
  const ready = new Promise<string>((resolve, reject) => {
    listen(child.stdout!, (text) => {
      const found = /^http:\S+$/m.exec(text);
      if (found) {
        url = found[0];
        resolve(url);
      } else words = (words + text).slice(-4000);
    });
    listen(child.stderr!, (text) => {
      words = (words + text).slice(-4000);
    });
    void ended.then((code) => reject(new Error(`the ${role} server ended with ${code}: ${words}`)));
  });
  ready.catch(() => {});
  return {
    role,
    pid: child.pid!,
    get url() {
      return url;
    },
    ready,
    ended,
    kill: (signal) => void child.kill(signal),
    killEngine() {
      const engine = childrenOf(child.pid!).find((pid) => ENGINE.test(commandLine(pid)));
      if (engine === undefined) return false;
      try {
        return process.kill(engine, "SIGKILL");
      } catch {
        // It has ended by itself.
        return false;
      }
    },
  };
}

function childrenOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

/** One argument a line. */
function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", "\n");
}

/** Empty once the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
