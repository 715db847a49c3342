import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runEngine } from "@maquette/engine/host";
import { describeSandbox } from "@maquette/engine/host/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standInEngine } from "./support/stand-in-engine.ts";
import { type Client, startTestServer, type TestServer, until } from "./support/start.ts";

const engine = fileURLToPath(new URL("../../engine/", import.meta.url));
/** Does what the name of its job says. */
const program = `${engine}test/support/misbehave.ts`;

it("an engine process in the middle of its work ends when its server is killed", async () => {
  const script = `
    import { runEngine } from "@maquette/engine/host";
    const name = "deed_compute";
    runEngine({ kind: "cube", options: { name } }, { program: ${JSON.stringify(program)}, onProgress: () => console.log("computing") });
    setInterval(() => {}, 1000);
  `;
  const server = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  server.stdout!.on("data", (chunk) => {
    printed += chunk;
  });
  await until(() => printed.includes("computing"));
  const pid = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ")[0]!;
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("misbehave.ts");
  server.kill("SIGKILL");
  try {
    await until(() => !isAlive(pid), 5000);
  } finally {
    if (isAlive(pid)) process.kill(Number(pid), "SIGKILL");
  }
});

describe("a server whose engine process misbehaves", () => {
  const logged: Record<string, unknown>[] = [];
  let server: TestServer;
  let client: Client;
  beforeAll(async () => {
    const works = standInEngine();
    server = await startTestServer({
      logged,
      runEngine: (job, options) =>
        job.options.name.startsWith("deed_")
          ? runEngine(job, { ...options, program, memoryMb: 400, timeoutMs: 3000 })
          : works(job, options),
    });
    client = await server.account();
  });
  afterAll(() => server.close());

  it.each([
    ["connect", "the network is denied to the engine process"],
    ["allocate_steadily", "memory limit of 400 MB reached"],
    ["write_a_file", "has been restricted"],
    ["compute", "time limit of 3 s reached"],
  ])("ends the asset with its cause and goes on: %s", async (deed, cause) => {
    const asset = await client.finished(await client.process({ name: `deed_${deed}` }), 40_000);
    expect(asset.iterations[0].status).toBe("dismissed");
    expect(asset.iterations[0].dismissedReason).toMatch(/^Internal error: the asset could not be made/);
    const failed = logged.filter((line) => line.msg === "attempt failed" && line.requestID === asset.requestID);
    expect(failed).toHaveLength(3);
    for (const line of failed) expect((line.err as Error).message).toContain(cause);
    const next = await client.finished(await client.process({ name: "a chair" }));
    expect(next.iterations[0].status).toBe("completed");
  });

  it("says at its start how it is walled in", () => {
    const started = logged.find((line) => line.msg === "started")!;
    expect(started.sandbox).toBe(describeSandbox().level);
  });
});

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
