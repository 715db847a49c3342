import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface ServerProcess {
  readonly role: string;
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

const ENTRY = fileURLToPath(new URL("./serve.ts", import.meta.url));

export function startServerProcess(role: string, engine: string, env: Record<string, string>): ServerProcess {
  const child: ChildProcess = spawn(process.execPath, [ENTRY, role, engine], {
    env: { PATH: process.env.PATH!, HOST: "127.0.0.1", PORT: "0", MAQUETTE_LOG: "error", ...env },
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
    get url() {
      return url;
    },
    ready,
    ended,
    kill: (signal) => void child.kill(signal),
    killEngine() {
      try {
        const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
        if (children === "") return false;
        process.kill(Number(children.split(" ")[0]), "SIGKILL");
        return true;
      } catch {
        return false;
      }
    },
  };
}
