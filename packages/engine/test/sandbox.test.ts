import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { runEngine } from "../host/index.ts";
import { describeSandbox, startSandboxed } from "../host/sandbox.ts";
import type { EngineJob } from "../src/asset.ts";

const program = fileURLToPath(new URL("./support/misbehave.ts", import.meta.url));
const MEMORY_MB = 400;

const jobOf = (deed: string) => ({ kind: "cube", options: { name: `deed_${deed}` } }) as EngineJob;

/** Why the engine process that did it was ended. */
function causeOf(deed: string): Promise<string> {
  return runEngine(jobOf(deed), { program, memoryMb: MEMORY_MB, timeoutMs: 30_000 }).then(
    () => "nothing",
    (error: Error) => error.message,
  );
}

/** Resolves when the wrappers around it have become Node. */
async function started({ pid }: ChildProcess): Promise<void> {
  await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toMatch(/^[^\0]*node\0/), 5000);
}

describe("a process that decodes strangers' files", () => {
  const asked: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), "maquette-sandbox-"));
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.end();
  });
  let port = 0;
  beforeAll(async () => {
    server.on("connection", () => asked.push("connection"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(["connect", "fetch"])("cannot reach the network: %s", async (deed) => {
    vi.stubEnv("TZ", String(port));
    expect(await causeOf(deed)).toContain("the network is denied to the engine process");
    expect(asked).toEqual([]);
  });

  it("has no interface but its own loopback, exactly where the sandbox says so", async () => {
    const child = startSandboxed(program, [], { memoryMb: MEMORY_MB, cpuSeconds: null, stderr: "ignore" });
    try {
      child.send(jobOf("wait"));
      await started(child);
      const interfaces = (pid: number | string) =>
        [...readFileSync(`/proc/${pid}/net/dev`, "utf8").matchAll(/^\s*(\S+):/gm)].map(([, name]) => name);
      const apart = readlinkSync(`/proc/${child.pid}/ns/net`) !== readlinkSync("/proc/self/ns/net");
      expect(apart).toBe(describeSandbox().level === "full");
      expect(interfaces(child.pid!)).toEqual(apart ? ["lo"] : interfaces("self"));
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is stopped when it takes more and more memory, and the cause names the limit", async () => {
    expect(await causeOf("allocate_steadily")).toContain(`memory limit of ${MEMORY_MB} MB reached`);
  });

  it("is refused 20 GB at once by the kernel, before anybody looks", async () => {
    expect(await causeOf("allocate_at_once")).toContain("Failed to allocate memory");
  });

  it("can write no file, neither in JavaScript nor natively", async () => {
    for (const deed of ["write_a_file", "write_natively"]) {
      const path = join(directory, `${deed}.png`);
      vi.stubEnv("TZ", path);
      expect(await causeOf(deed)).toMatch(/has been restricted|File too large|it wrote a file|write error/i);
      expect(existsSync(path) ? statSync(path).size : 0).toBe(0);
    }
  });

  it.each(["read_a_file", "start_a_program"])("cannot, in JavaScript: %s", async (deed) => {
    expect(await causeOf(deed)).toContain("has been restricted");
  });

  it("is ended by the kernel when its processor time is used up, though nobody watches it", async () => {
    const child = startSandboxed(program, [], { memoryMb: MEMORY_MB, cpuSeconds: 1, stderr: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    child.send(jobOf("compute"));
    // Node handles SIGXCPU as it does any signal, in its loop, which never comes round: the kernel's SIGKILL follows.
    expect(["SIGXCPU", "SIGKILL"]).toContain(await ended);
  });

  it("inherits no secret and no descriptor", async () => {
    vi.stubEnv("DATABASE_URL", "postgres://secret");
    vi.stubEnv("MAQUETTE_KEY", "secret");
    vi.stubEnv("NODE_OPTIONS", "--no-warnings");
    const child = startSandboxed(program, [], { memoryMb: MEMORY_MB, cpuSeconds: null, stderr: "ignore" });
    try {
      child.send(jobOf("wait"));
      await started(child);
      const names = readFileSync(`/proc/${child.pid}/environ`, "utf8")
        .split("\0")
        .map((entry) => entry.split("=")[0]!);
      const known =
        /^(PATH|LD_LIBRARY_PATH|TZ|UV_THREADPOOL_SIZE|VIPS_DISC_THRESHOLD|MAQUETTE_PARENT|NODE_CHANNEL_\w+|)$/;
      expect(names.filter((name) => !known.test(name))).toEqual([]);
      // What Node opens by itself: events, pipes, the channel. A database, a log or a socket of the server would be here.
      const open = readdirSync(`/proc/${child.pid}/fd`).map((fd) => readlinkSync(`/proc/${child.pid}/fd/${fd}`));
      expect(open.filter((target) => /^\//.test(target) && target !== "/dev/null")).toEqual([]);
      expect(open.filter((target) => /^socket:/.test(target)).length).toBeLessThanOrEqual(1);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
