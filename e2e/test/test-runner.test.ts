/** The runner of these tests: what it counts, and how it brings the Debian packages that they need. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { countTests } from "../../scripts/count-tests.ts";
import { type Machine, REQUIREMENTS, setUp } from "../../scripts/debian-packages.ts";

describe("countTests", () => {
  const file = (status: string, ...tests: string[]) => ({
    name: "a.test.ts",
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  });

  it("counts what passed and failed over all files", () => {
    const report = { testResults: [file("passed", "passed", "passed"), file("failed", "passed", "failed")] };
    expect(countTests(report, 1)).toEqual({ passed: 3, failed: 1 });
  });

  it("takes a skipped test for a failed one", () => {
    expect(countTests({ testResults: [file("passed", "passed", "skipped", "todo", "pending")] }, 0)).toEqual({
      passed: 1,
      failed: 3,
    });
  });

  it("counts a file that broke before its first test", () => {
    expect(countTests({ testResults: [file("failed"), file("passed", "passed")] }, 1)).toEqual({
      passed: 1,
      failed: 1,
    });
  });

  it("never takes a crash or an empty run for a success", () => {
    expect(countTests(null, 1)).toEqual({ passed: 0, failed: 1 });
    expect(countTests(null, null)).toEqual({ passed: 0, failed: 1 });
    expect(countTests({ testResults: [] }, 0)).toEqual({ passed: 0, failed: 1 });
    // An unhandled rejection after the last test: all passed, and yet the run did not.
    expect(countTests({ testResults: [file("passed", "passed")] }, 1)).toEqual({ passed: 1, failed: 1 });
  });
});

describe("setUp", () => {
  /** A machine without the packages; `answers` are the statuses of its commands in turn, 0 once they run out. */
  const bareMachine = (options: { root?: boolean; commands?: string[]; answers?: number[] }) => {
    const installed = new Set<string>();
    const ran: string[] = [];
    const slept: number[] = [];
    const answers = [...(options.answers ?? [])];
    const machine: Machine = {
      which: (command) => ((options.commands ?? ["apt-get", "sudo"]).includes(command) ? `/usr/bin/${command}` : null),
      isRoot: () => options.root ?? false,
      run: (command, args) => {
        ran.push([command, ...args].join(" "));
        const status = answers.shift() ?? 0;
        if (status === 0 && args.includes("install"))
          for (const name of ["blender", "assimp-utils"]) installed.add(name);
        return status;
      },
      sleep: (seconds) => slept.push(seconds),
      say: () => {},
    };
    const requirements = ["blender", "assimp-utils"].map((name) => ({
      package: name,
      present: () => installed.has(name),
    }));
    return { machine, requirements, ran, slept };
  };

  it("does nothing when everything is there", () => {
    const { machine, ran } = bareMachine({ root: true });
    expect(setUp([{ package: "blender", present: () => true }], machine)).toEqual([]);
    expect(ran).toEqual([]);
  });

  it("installs what is missing as root, without asking and without recommended packages", () => {
    const { machine, requirements, ran } = bareMachine({ root: true });
    expect(setUp(requirements, machine)).toEqual(["blender", "assimp-utils"]);
    expect(ran).toHaveLength(2);
    expect(ran[0]).toMatch(/^env DEBIAN_FRONTEND=noninteractive apt-get .*DPkg::Lock::Timeout=\d+ update/);
    expect(ran[1]).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive apt-get .*install -y --no-install-recommends blender assimp-utils$/,
    );
  });

  it("uses sudo where that needs no password", () => {
    const { machine, requirements, ran } = bareMachine({});
    expect(setUp(requirements, machine)).toEqual(["blender", "assimp-utils"]);
    expect(ran[0]).toBe("sudo -n true");
    for (const line of ran.slice(1)) expect(line).toMatch(/^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get /);
  });

  it.each([
    ["sudo wants a password", { answers: [1] }],
    ["there is no sudo", { commands: ["apt-get"] }],
  ])("says the one command to run when %s", (_, options) => {
    const { machine, requirements } = bareMachine(options);
    expect(() => setUp(requirements, machine)).toThrow(
      "Run:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends blender assimp-utils",
    );
  });

  it("says what is needed on a machine without apt", () => {
    const { machine, requirements, ran } = bareMachine({ root: true, commands: [] });
    expect(() => setUp(requirements, machine)).toThrow(/need blender, assimp-utils .* no apt-get/);
    expect(ran).toEqual([]);
  });

  it("tries again when fetching or installing fails, and installs although the update fails", () => {
    const flaky = bareMachine({ root: true, answers: [100, 100, 100, 0] });
    expect(setUp(flaky.requirements, flaky.machine)).toEqual(["blender", "assimp-utils"]);
    expect(flaky.slept).toEqual([5]);
    expect(flaky.ran.map((line) => /(update|install)/.exec(line)![1])).toEqual([
      "update",
      "install",
      "update",
      "install",
    ]);
  });

  it("gives up after a few minutes, with the command to run", () => {
    const { machine, requirements, slept } = bareMachine({ root: true, answers: Array(100).fill(100) });
    expect(() => setUp(requirements, machine)).toThrow(
      /could not be installed .*\n {2}apt-get update && apt-get install/,
    );
    expect(slept.reduce((sum, s) => sum + s, 0)).toBeLessThan(300);
  });

  it("notices a package that installs without bringing the command", () => {
    const { machine } = bareMachine({ root: true });
    expect(() => setUp([{ package: "blender", present: () => false }], machine)).toThrow(
      /blender was installed but is still not found/,
    );
  });

  it("finds on this machine all that it asks for", () => {
    expect(
      REQUIREMENTS.filter((requirement) => !requirement.present()).map((requirement) => requirement.package),
    ).toEqual([]);
  });

  it("misses Blender and Assimp where the path does not lead to them", () => {
    const look = `
      import { REQUIREMENTS } from "./scripts/debian-packages.ts";
      console.log(REQUIREMENTS.filter((r) => !r.present()).map((r) => r.package).join(" "));
    `;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", look], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { PATH: "/nowhere" },
      encoding: "utf8",
    });
    expect(stdout.trim()).toBe(
      "blender python3-numpy assimp-utils chromium strace zip jq curl php-cli mono-mcs mono-runtime",
    );
  });
});
