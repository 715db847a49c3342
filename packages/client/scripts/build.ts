import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * `npm run build -w packages/client`: JavaScript and declarations in `dist`, a package of its own that can be installed
 * or served to browsers as it is.
 */
const root = resolve(import.meta.dirname, "..");
const repository = resolve(root, "../..");
const out = join(root, "dist");

rmSync(out, { recursive: true, force: true });
execFileSync(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const {
  private: _private,
  scripts: _scripts,
  exports: _exports,
  ...manifest
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const published = {
  ...manifest,
  exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
  engines: { node: ">=20" },
  sideEffects: false,
};
writeFileSync(join(out, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
copyFileSync(join(root, "README.md"), join(out, "README.md"));
copyFileSync(join(repository, "LICENSE"), join(out, "LICENSE"));
