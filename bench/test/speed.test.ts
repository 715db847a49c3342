import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { STAGES } from "@maquette/engine/asset";
import { afterAll, describe, expect, it } from "vitest";
import { treeMb } from "../src/speed/process-tree.ts";
import { parseCpuList } from "../src/speed/processors.ts";

const COMMAND = fileURLToPath(new URL("../src/speed.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [COMMAND, ...args]);

describe("treeMb", () => {
  it("counts a process together with its children", async () => {
    // A shell whose child holds 150 MB that it has written to.
    const program = 'const b = Buffer.alloc(150e6, 1); console.log("ready"); setInterval(() => b.at(0), 1000)';
    const shell = spawn("sh", ["-c", `"${process.execPath}" -e '${program}'; true`], { detached: true });
    try {
      await once(shell.stdout, "data");
      const mb = treeMb(shell.pid!);
      if (process.platform !== "linux") {
        expect(mb).toBeNull();
        return;
      }
      expect(mb).toBeGreaterThan(150);
      expect(mb).toBeLessThan(400);
    } finally {
      process.kill(-shell.pid!, "SIGKILL");
    }
  });

  it("knows nothing of a process that is gone", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    expect(treeMb(child.pid!)).toBeNull();
  });
});

describe("parseCpuList", () => {
  it("reads the kernel's lists", () => {
    expect(parseCpuList("0")).toEqual([0]);
    expect(parseCpuList("0-2,5,7-8")).toEqual([0, 1, 2, 5, 7, 8]);
  });
});

describe("bench:speed", () => {
  const directory = mkdtempSync(join(tmpdir(), "maquette-speed-test-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("measures every stage of a real asset from the start of the process to its end", async () => {
    const json = join(directory, "speed.json");
    const { stdout } = await run("--quality", "standard", "--cores", "1", "--example", "fox", "--json", json);
    const { machine, runs } = JSON.parse(readFileSync(json, "utf8"));
    expect(machine.cores).toBeGreaterThan(0);
    expect(runs.length).toBe(1);
    const [{ seconds, peakMb, triangles, stages }] = runs;
    expect(stages.map((s: { stage: string }) => s.stage)).toEqual(["start", ...STAGES, "write"]);
    const sum = stages.reduce((total: number, s: { seconds: number }) => total + s.seconds, 0);
    expect(sum).toBeCloseTo(seconds, 2);
    expect(triangles).toBeGreaterThan(100);
    if (process.platform === "linux") expect(peakMb).toBeGreaterThan(50);
    expect(stdout).toMatch(/^total +\d/m);
  }, 120_000);

  it("refuses what it does not know with exit code 2", async () => {
    await expect(run("--quality", "best")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--quality: expected standard, high, ultra but received best/),
    });
  });
});
