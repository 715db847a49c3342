import { readdirSync, readFileSync } from "node:fs";

const TICKS = 100;

interface Stat {
  parent: number;
  /** Of the process and of its children that have ended. */
  seconds: number;
}

function read(pid: number | string): Stat | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS };
  } catch {
    return null;
  }
}

/** Processor seconds of a process, and of those children that have ended (Linux). */
export function cpuOf(pid: number): number {
  return read(pid)?.seconds ?? 0;
}

/** Processor seconds of a PostgreSQL server, all its processes, by the process of one of its sessions. */
export function cpuOfPostgres(backend: number): number {
  const postmaster = read(backend)!.parent;
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const own = all.map(read).filter((stat) => stat?.parent === postmaster);
  return cpuOf(postmaster) + own.reduce((sum, stat) => sum + stat!.seconds, 0);
}
