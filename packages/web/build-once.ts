/** `node build-once.ts DIRECTORY`: bundles the web app into it, and packs each text file beside itself. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "vite";

const outDir = process.argv[2]!;
const root = fileURLToPath(new URL(".", import.meta.url));
await build({ root, configFile: join(root, "vite.config.ts"), build: { outDir }, logLevel: "error" });

const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
const texts = entries.filter((entry) => entry.isFile() && /\.(js|css|html|svg)$/.test(entry.name));
await Promise.all(
  texts.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const data = await readFile(path);
    if (data.length < 1024) return;
    // Quality 9 of 11: within 3 % of the smallest, in a tenth of the time.
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
    await writeFile(`${path}.br`, await promisify(brotliCompress)(data, quality));
    await writeFile(`${path}.gz`, await promisify(gzip)(data, { level: 9 }));
  }),
);
