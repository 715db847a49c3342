/**
 * `node scripts/stranger.ts`: how long it takes from a clone to the first asset, as somebody has it who was never here:
 * an empty home, no environment but PATH, nothing in npm's cache. Prints the commands that were typed, and the seconds.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "maquette-stranger-"));
const home = join(folder, "home");
mkdirSync(home);
cpSync(join(ROOT, "examples/chest/picture.png"), join(folder, "my-picture.png"));
const env = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: home,
  npm_config_cache: join(folder, "cache"),
  // Which registry is reached, and how, belongs to the machine.
  npm_config_userconfig: execFileSync("npm", ["config", "get", "userconfig"], { encoding: "utf8" }).trim(),
  ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
};
const clone = join(folder, "maquette");
const commands = [
  { line: `git clone -q ${ROOT} maquette`, shown: "git clone ADDRESS maquette", cwd: folder },
  { line: "npm ci", shown: "cd maquette && npm ci", cwd: clone },
  {
    line: "npx maquette make ../my-picture.png -o out",
    shown: "npx maquette make ../my-picture.png -o out",
    cwd: clone,
  },
];
try {
  let total = 0;
  for (const { line, shown, cwd } of commands) {
    const started = performance.now();
    execFileSync("bash", ["-c", line], { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
    const seconds = (performance.now() - started) / 1000;
    total += seconds;
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${shown}`);
  }
  if (!existsSync(join(clone, "out/my_picture.glb"))) throw new Error("there is no my_picture.glb");
  console.log(`${total.toFixed(1).padStart(6)} s  from clone to asset, ${commands.length} steps`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
