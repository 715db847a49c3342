/**
 * Starts the processes that decode strangers' files with as little as they need: hardly any environment, no descriptors
 * beyond their pipes, no network, no files but the program's own, none to be written, and limits that the kernel holds.
 * What a machine cannot give is left out, and `describeSandbox` says so (docs/decisions/0065-sandbox.md).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { constants } from "node:os";
import { dirname, extname, join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export interface SandboxOptions {
  /** Of JavaScript's heap, MB. The kernel stops the process `NATIVE_MB` above that. */
  memoryMb: number;
  /** Of processor time, over all threads; null for a process that stays. */
  cpuSeconds: number | null;
  /** Folders that may be read beside the program's own. */
  readable?: string[];
  stderr?: "pipe" | "ignore";
}

/**
 * Writable memory beyond the heap limit: decoders, networks, WebAssembly, stacks. The watchdog over resident memory acts
 * first; this holds what grows faster than it looks (20 GB in the 250 ms between two looks). An `ultra` asset has 2.0 GB
 * of writable mappings at its peak, all counted.
 */
const NATIVE_MB = 4096;
/** Descriptors: models, libraries, pipes and the event loop take about 30. */
const OPEN_FILES = 256;

/** The variables that reach the process. All else, passwords and keys above all, stays outside. */
const KEPT = [
  "PATH",
  "SystemRoot",
  "LD_LIBRARY_PATH",
  "TZ",
  "UV_THREADPOOL_SIZE",
  "MAQUETTE_MODERATION_THRESHOLD",
  "MAQUETTE_MODERATION_FAILURE",
];
/** Those that name a model's file, whose folder may be read. Relative ones are so to the folder of who starts the process. */
const MODELS = ["MAQUETTE_MATTE_MODEL", "MAQUETTE_MODERATION_MODEL"];

const HERE = dirname(fileURLToPath(import.meta.url));
const ENTRY = new URL(`./enter-sandbox${extname(import.meta.url)}`, import.meta.url).href;

export interface Sandbox {
  /** `full`: the kernel keeps network, memory and files away. `limits`: all but the network. `node`: Node alone does. */
  level: "full" | "limits" | "node";
  /** What is missing and what would bring it; null at `full`. */
  missing: string | null;
}

let found: Sandbox | null = null;

/** What this machine can do, found out once: 20 ms. */
export function describeSandbox(): Sandbox {
  found ??= probe();
  return found;
}

function probe(): Sandbox {
  if (process.platform !== "linux") {
    return { level: "node", missing: `${process.platform} has no namespaces; run untrusted pictures on Linux` };
  }
  const works = (command: string[]) =>
    spawnSync(command[0]!, [...command.slice(1), "true"], { stdio: "ignore", timeout: 5000 }).status === 0;
  if (!works(["prlimit", "--core=0", "--"]) || !works(["setpriv", "--no-new-privs", "--"])) {
    return { level: "node", missing: "prlimit and setpriv; install util-linux" };
  }
  if (!works(UNSHARE)) {
    return {
      level: "limits",
      missing: "a network namespace; allow unprivileged user namespaces, or cut the network off",
    };
  }
  return { level: "full", missing: null };
}

/** A namespace of users comes with that of the network: it needs no privilege, and takes ptrace of the server away. */
const UNSHARE = ["unshare", "--user", "--net", "--ipc", "--"];

/** Starts a program of this package, or of a test, that talks over IPC. */
export function startSandboxed(program: string, args: string[], options: SandboxOptions): ChildProcess {
  const { level } = describeSandbox();
  const limits = [
    `--data=${(options.memoryMb + NATIVE_MB) * 1024 * 1024}`,
    ...(options.cpuSeconds === null ? [] : [`--cpu=${options.cpuSeconds}`]),
    // Writes to pipes and sockets are not limited by this.
    "--fsize=0",
    `--nofile=${OPEN_FILES}`,
    "--core=0",
  ];
  const wrappers =
    level === "node"
      ? []
      : [...(level === "full" ? UNSHARE : []), "prlimit", ...limits, "--", "setpriv", "--no-new-privs", "--"];
  const node = [
    process.execPath,
    `--max-old-space-size=${options.memoryMb}`,
    // Only JavaScript is held by this; native code by what is around the process.
    "--permission",
    "--allow-addons",
    "--allow-worker",
    ...readableFolders(program, options.readable).map((folder) => `--allow-fs-read=${folder}`),
    "--disable-warning=SecurityWarning",
    `--import=${ENTRY}`,
    program,
    ...args,
  ];
  const [command, ...rest] = [...wrappers, ...node];
  return spawn(command!, rest, {
    serialization: "advanced",
    stdio: ["ignore", "ignore", options.stderr ?? "pipe", "ipc"],
    cwd: parse(process.execPath).root,
    env: {
      ...Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      ...operatorsModels(),
      // No picture within the limits needs the disk, and none may be written.
      VIPS_DISC_THRESHOLD: "16g",
      MAQUETTE_PARENT: String(process.pid),
    },
  });
}

/** The program, its package, and where the packages lie that it loads. */
function readableFolders(program: string, more: string[] = []): string[] {
  const models = Object.values(operatorsModels()).map((file) => dirname(file));
  const folders = [dirname(HERE), dirname(program), ...models, ...more];
  for (let folder = HERE; folder !== dirname(folder); folder = dirname(folder))
    folders.push(join(folder, "node_modules"));
  return folders.flatMap((folder) => {
    try {
      return [`${realpathSync(folder)}/`];
    } catch {
      return [];
    }
  });
}

function operatorsModels(): Record<string, string> {
  return Object.fromEntries(
    MODELS.flatMap((name) => {
      const file = process.env[name]?.trim();
      return file ? [[name, resolve(file)]] : [];
    }),
  );
}

/** What the way in which a process ended tells of the limit that it met. */
export function explainEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGXCPU" || code === 128 + constants.signals.SIGXCPU) return "limit of processor time reached";
  if (signal === "SIGXFSZ") return "it wrote a file, which it may not";
  return signal ? `signal ${signal}` : `exit code ${code}`;
}
