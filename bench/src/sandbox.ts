/**
 * `npm run bench:sandbox`: what the sandbox of the engine's processes costs at their start, against a bare fork in turns.
 * `--starts N`
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeSandbox, startSandboxed } from "@maquette/engine/host/sandbox";

const { values } = parseArgs({ options: { starts: { type: "string", default: "30" } } });
const program = fileURLToPath(new URL("./sandbox/ready.ts", import.meta.url));

const ways: Record<string, () => ChildProcess> = {
  "bare fork": () => fork(program, [], { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] }),
  sandboxed: () => startSandboxed(program, [], { memoryMb: 4096, cpuSeconds: 600 }),
};
const begun = performance.now();
const { level } = describeSandbox();
const probe = performance.now() - begun;

const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let i = 0; i < Number(values.starts); i++) {
  for (const [name, start] of Object.entries(ways)) {
    const at = performance.now();
    const child = start();
    await new Promise((resolve) => child.once("message", resolve));
    times[name]!.push(performance.now() - at);
    await new Promise((resolve) => child.once("exit", resolve));
  }
}
const quantile = (sorted: number[], q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))]!);
console.log(
  `Sandbox level: ${level}; found out once in ${Math.round(probe)} ms. Milliseconds from start to first message:`,
);
console.table(
  Object.fromEntries(
    Object.entries(times).map(([name, list]) => {
      const sorted = list.toSorted((a, b) => a - b);
      return [name, { fastest: quantile(sorted, 0), median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) }];
    }),
  ),
);
