/** What the tests need and npm does not carry: Debian packages, installed where that is allowed. */
import { spawnSync } from "node:child_process";
import { blenderCommand, debianPostgres, which } from "../packages/engine/test/support/find-tools.ts";

export interface Requirement {
  /** Debian package. */
  package: string;
  /** Whether the machine has it, from wherever. */
  present(): boolean;
}

export const REQUIREMENTS: readonly Requirement[] = [
  { package: "blender", present: () => which("blender") !== null },
  // Blender's glTF importer needs it, but the package does not depend on it. Only Blender knows which Python it takes.
  { package: "python3-numpy", present: blenderHasNumpy },
  { package: "assimp-utils", present: () => which("assimp") !== null },
  // For the tests of `training/`, by the system's Python: PyTorch from PyPI brings gigabytes of CUDA along.
  ...["torch", "scipy", "pytest"].map((name) => ({ package: `python3-${name}`, present: () => pythonHas(name) })),
  { package: "chromium", present: () => which("chromium") !== null },
  // Beside the newest one, which comes from npm without its tools.
  { package: "postgresql", present: () => debianPostgres() !== null },
  { package: "strace", present: () => which("strace") !== null },
  // For the documentation's snippets: what its commands call, PHP, and a compiler and a runtime for C#.
  ...["zip", "jq", "curl"].map((name) => ({ package: name, present: () => which(name) !== null })),
  { package: "php-cli", present: () => which("php") !== null },
  { package: "mono-mcs", present: () => which("mcs") !== null },
  { package: "mono-runtime", present: () => which("mono") !== null },
];

/** What the set-up does to the machine, so that tests can watch it. */
export interface Machine {
  which(command: string): string | null;
  isRoot(): boolean;
  /** Runs to the end, showing the output if it fails; the exit status. */
  run(command: string, args: readonly string[]): number;
  sleep(seconds: number): void;
  say(text: string): void;
}

/** Seconds between tries: the network may fail for a while, and another apt may hold the package lists for minutes. */
const WAITS = [5, 15, 45, 90] as const;
/** The lock on the package database has a time limit of its own. */
const APT = ["-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=600"];

export class SetupError extends Error {
  override name = "SetupError";
}

/**
 * @returns the packages that were installed.
 * @throws SetupError with the one command to run, when packages are missing and cannot be installed from here.
 */
export function setUp(requirements = REQUIREMENTS, machine: Machine = thisMachine): string[] {
  const missing = lacking(requirements);
  if (missing.length === 0) return [];
  const sudo = machine.isRoot() ? "" : "sudo ";
  const command = `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (machine.which("apt-get") === null) {
    throw new SetupError(
      `The tests need ${missing.join(", ")} (names of Debian packages), and this machine has no apt-get. Install them so that Blender and Assimp are on the PATH. On Debian or Ubuntu that is:\n  ${command}`,
    );
  }
  const mayInstall = machine.isRoot() || (machine.which("sudo") !== null && machine.run("sudo", ["-n", "true"]) === 0);
  if (!mayInstall) throw new SetupError(`The tests need ${missing.join(", ")}. Run:\n  ${command}`);

  const apt = (...args: string[]): boolean => {
    const line = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...APT, ...args];
    if (!machine.isRoot()) line.unshift("sudo", "-n");
    return machine.run(line[0]!, line.slice(1)) === 0;
  };
  machine.say(`Installing ${missing.join(", ")} for the tests, which takes some minutes …`);
  const install = (): boolean => {
    // Without the error mode, update succeeds although some lists could not be fetched. A source that fails for good may
    // be one that is not needed, so installing is tried all the same.
    apt("update", "-o", "APT::Update::Error-Mode=any");
    return apt("install", "-y", "--no-install-recommends", ...missing);
  };
  if (!untilDone(install, machine)) {
    throw new SetupError(`${missing.join(", ")} could not be installed (see above). Run:\n  ${command}`);
  }
  const still = lacking(requirements);
  if (still.length > 0) {
    throw new SetupError(`${still.join(", ")} was installed but is still not found (PATH is ${process.env.PATH}).`);
  }
  return missing;
}

function lacking(requirements: readonly Requirement[]): string[] {
  return requirements.filter((requirement) => !requirement.present()).map((requirement) => requirement.package);
}

function untilDone(attempt: () => boolean, machine: Machine): boolean {
  if (attempt()) return true;
  for (const seconds of WAITS) {
    machine.say(`Trying again in ${seconds} s …`);
    machine.sleep(seconds);
    if (attempt()) return true;
  }
  return false;
}

/** The interpreter that Debian's packages belong to. */
export const SYSTEM_PYTHON = "/usr/bin/python3";

function pythonHas(module: string): boolean {
  const find = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${module}") is None)`;
  return spawnSync(SYSTEM_PYTHON, ["-c", find]).status === 0;
}

function blenderHasNumpy(): boolean {
  const blender = blenderCommand();
  if (!blender) return false;
  const args = ["-b", "--factory-startup", "-noaudio", "--python-exit-code", "1", "--python-expr", "import numpy"];
  return spawnSync(blender.file, args, { env: blender.env }).status === 0;
}

const thisMachine: Machine = {
  which,
  isRoot: () => process.getuid?.() === 0,
  run: (command, args) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 26,
    });
    if (status !== 0) process.stderr.write(Buffer.concat([stdout ?? Buffer.of(), stderr ?? Buffer.of()]));
    return status ?? 1;
  },
  sleep: (seconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000),
  say: (text) => console.log(text),
};
