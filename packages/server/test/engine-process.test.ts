import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { until } from "./support/start.ts";

/** Loaded into the engine process, which alone has a parent to talk to: computes forever once it has a job. */
const NEVER_YIELD = `if (process.send) process.once("message", () => { process.send({ kind: "progress", progress: { stage: "carve", fraction: 0 } }); for (;;); })`;

it("an engine process in the middle of its work ends when its server is killed", async () => {
  const script = `
    import { runEngine } from "@maquette/engine/host";
    runEngine({ kind: "cube", options: { name: "a" } }, { onProgress: () => console.log("computing") });
    setInterval(() => {}, 1000);
  `;
  const server = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(NEVER_YIELD)}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  server.stdout!.on("data", (chunk) => {
    printed += chunk;
  });
  await until(() => printed.includes("computing"));
  const pid = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ")[0]!;
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("child.ts");
  server.kill("SIGKILL");
  try {
    await until(() => !isAlive(pid), 5000);
  } finally {
    if (isAlive(pid)) process.kill(Number(pid), "SIGKILL");
  }
});

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
