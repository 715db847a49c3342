import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { which } from "../../../packages/engine/test/support/find-tools.ts";
import type { ImportFacts, TextureFacts, Vec3 } from "../../../packages/engine/test/support/import-facts.ts";

const PAGE = fileURLToPath(new URL("./three-page.html", import.meta.url));
const THREE = dirname(dirname(fileURLToPath(import.meta.resolve("three"))));
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".png": "image/png" };

/** What the page finds; three.js keeps no polygons. */
export type ThreeFacts = Pick<ImportFacts, "file" | "size" | "textures"> & {
  parts: { name: string; triangles: number }[];
  triangles: number;
};

/** three.js's loaders in Debian's Chromium, kept open for many files. */
export class ThreeImporter {
  private readonly server: Server;
  private readonly browser: Browser;
  private readonly page: Page;
  private readonly url: string;
  private folder = "";

  private constructor(server: Server, browser: Browser, page: Page) {
    this.server = server;
    this.browser = browser;
    this.page = page;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", ({ url = "/" }, response) => {
      const path = this.pathOf(decodeURIComponent(url.split("?")[0]!));
      if (!path || !existsSync(path)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      createReadStream(path).pipe(response);
    });
  }

  /** @throws when there is no Chromium, naming what installs it. */
  static async open(): Promise<ThreeImporter> {
    const executablePath = which("chromium");
    if (!executablePath) throw new Error("there is no chromium: npm run test:setup installs it");
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    return new ThreeImporter(server, browser, await browser.newPage());
  }

  /** @throws with the loader's own words when it refuses the file, or when a texture could not be had. */
  async import(file: string): Promise<ThreeFacts> {
    this.folder = dirname(file);
    // A new page each time: nothing is left of the file before.
    await this.page.goto(this.url);
    await this.page.waitForFunction("globalThis.readModel");
    const found = (await this.page.evaluate(`readModel(${JSON.stringify(basename(file))})`)) as {
      min: Vec3;
      max: Vec3;
      parts: ThreeFacts["parts"];
      textures: TextureFacts[];
      failed: string[];
    };
    if (found.failed.length > 0) throw new Error(`three.js found no ${found.failed.join(", ")}`);
    return {
      file,
      size: found.max.map((high, k) => high - found.min[k]!) as Vec3,
      parts: found.parts,
      triangles: found.parts.reduce((sum, part) => sum + part.triangles, 0),
      textures: found.textures,
    };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }

  private pathOf(url: string): string | null {
    if (url === "/") return PAGE;
    const path = normalize(url);
    if (path.startsWith("/three/")) return join(THREE, path.slice("/three/".length));
    if (path.startsWith("/files/")) return join(this.folder, basename(path));
    return null;
  }
}
