import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Numbers of the processors that this process may use; null when they cannot be chosen here, with the reason. */
export function pinnableProcessors(): { cpus: number[] } | { cpus: null; reason: string } {
  if (process.platform !== "linux") return { cpus: null, reason: "processors can be pinned on Linux only" };
  if (spawnSync("taskset", ["--version"]).error) {
    return { cpus: null, reason: "taskset is missing (Debian: apt-get install util-linux)" };
  }
  const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  if (!line) return { cpus: null, reason: "the kernel does not say which processors are allowed" };
  return { cpus: parseCpuList(line[1]) };
}

/** `0-2,5` → 0, 1, 2, 5. */
export function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [from, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
