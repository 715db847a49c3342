/**
 * Stands in the path for `npm` and `npx` while a page's commands are run: does what they would in this repository, and ends
 * what would go on for ever as soon as it says that it is ready.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./snippets.ts";

/** What a command that goes on says once it is there. */
const READY: Record<string, RegExp> = {
  serve: /Maquette is running at http/,
  mcp: /MCP for \S+ is served at/,
  webhooks: /^Listening to/m,
};

const [program, ...args] = process.argv.slice(2) as [string, ...string[]];
if (program === "npx" && args[0] === "maquette") maquette(args.slice(1));
else if (program === "npm" && args[0] === "start") maquette(["serve", "--role", "all"]);
// What an installation would do, without doing it: whether the lock file fits is what can be wrong with it.
else if (program === "npm" && args.join() === "ci") npm(["ci", "--dry-run", "--ignore-scripts"]);
else if (program === "npm" && args[0] === "run") npm(args);
else throw new Error(`the snippets' test does not know: ${program} ${args.join(" ")}`);

function npm(words: string[]): void {
  const { MAQUETTE_NPM: real } = process.env;
  const { status } = spawnSync(real!, words, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  process.exitCode = status ?? 1;
}

function maquette(words: string[]): void {
  // Over standard input and output it is somebody's child, and ends with its input.
  const ready = words[0] === "mcp" && !words.includes("--http") ? undefined : READY[words[0]!];
  const bin = join(ROOT, "packages/cli/bin/maquette.mjs");
  const child = spawn(process.execPath, [bin, ...words], {
    stdio: ["inherit", ready ? "pipe" : "inherit", ready ? "pipe" : "inherit"],
  });
  let said = "";
  let stopped = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      said += chunk;
      if (stopped || !ready!.test(said)) return;
      stopped = true;
      // It minds signals a moment after it said so.
      setTimeout(() => child.kill("SIGTERM"), 300);
    });
  }
  child.on("exit", (code) => {
    if (ready && !stopped) console.error(`it never said that it is ready (${ready})`);
    process.exitCode = ready && !stopped ? 1 : (code ?? 1);
  });
}
