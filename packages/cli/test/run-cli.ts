import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../bin/maquette.mjs", import.meta.url));

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
  /** Peak resident memory of the process and its children together, MB (Linux; sampled). */
  peakMb: number;
  /** Milliseconds at which each line of standard error arrived. */
  lineTimes: number[];
}

/** Runs the command as a user's shell would, in the given folder. */
export function runCli(args: string[], cwd: string): Promise<CliRun> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    const lineTimes: number[] = [];
    let peakMb = 0;
    const sampler = setInterval(() => {
      peakMb = Math.max(peakMb, treeMb(child.pid!));
    }, 10);
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      for (const c of String(chunk)) if (c === "\n") lineTimes.push(performance.now() - started);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(sampler);
      resolve({ code, stdout, stderr, seconds: (performance.now() - started) / 1000, peakMb, lineTimes });
    });
  });
}

function treeMb(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const below = children ? children.split(" ").reduce((sum, c) => sum + treeMb(Number(c)), 0) : 0;
    return (pages * 4096) / 1e6 + below;
  } catch {
    return 0;
  }
}
