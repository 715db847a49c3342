/** `npm run demo`: assets from the example pictures, one from a single picture and one from a set of four sides. */
import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "demo-output");

interface Demo {
  name: string;
  title: string;
  pictures: string[];
}

const DEMOS: readonly Demo[] = [
  { name: "burger", title: "A burger from one picture", pictures: [example("burger", "picture")] },
  {
    name: "van",
    title: "A van from four sides",
    pictures: ["front", "right", "back", "left"].flatMap((side) => [`--${side}`, example("van", side)]),
  },
];

function example(object: string, picture: string): string {
  return join("examples", object, `${picture}.png`);
}

for (const { name, title, pictures } of DEMOS) {
  const args = ["make", ...pictures, "--name", name, "-o", join("demo-output", name)];
  console.log(`\n${title}\n$ npx maquette ${args.join(" ")}`);
  const program = join(ROOT, "packages", "cli", "bin", "maquette.mjs");
  const { status, error } = spawnSync(process.execPath, [program, ...args], { cwd: ROOT, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const where = relative(process.cwd(), OUT) || ".";
console.log(`\nAll files are in ${where}/, a folder for each asset:`);
for (const { name } of DEMOS) {
  console.log(`  ${join(where, name, `${name}_preview.png`)}  shows it from all sides, ${name}.glb opens anywhere`);
}
