import { readdirSync, readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/**
 * Resident memory of a process and all its descendants, MB. Pages that they share (above all the program itself) count
 * once for each, so the sum errs on the high side. Null where there is no /proc, or the process is gone.
 */
export function treeMb(root: number): number | null {
  const parents = new Map<number, number>();
  try {
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const parent = parentOf(Number(name));
      if (parent !== null) parents.set(Number(name), parent);
    }
  } catch {
    return null;
  }
  if (!parents.has(root)) return null;
  let pages = 0;
  for (const pid of parents.keys()) {
    let ancestor: number | undefined = pid;
    while (ancestor !== undefined && ancestor !== root) ancestor = parents.get(ancestor);
    if (ancestor === root) pages += residentPages(pid);
  }
  return (pages * PAGE_BYTES) / 1e6;
}

function parentOf(pid: number): number | null {
  try {
    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

function residentPages(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  } catch {
    return 0;
  }
}
