import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runEngine } from "@maquette/engine/host";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blenderCommand } from "../../packages/engine/test/support/find-tools.ts";
import { newDirectory } from "../../packages/server/test/support/start.ts";
import { startTestServer, type TestServer } from "../support/api.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe("the Blender add-on, in Blender, against a running server", () => {
  let maquette: TestServer;
  let folder: string;
  // biome-ignore lint/suspicious/noExplicitAny: written by the script, read field by field.
  let facts: any;
  /** The options of each asset that was asked for, oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: read field by field.
  const jobs: any[] = [];

  beforeAll(async () => {
    const blender = blenderCommand();
    if (!blender) throw new Error("Blender is missing. Run: npm run test:setup");
    maquette = await startTestServer({
      runEngine: (job, hooks) => {
        jobs.push(job);
        return runEngine(job, hooks);
      },
    });
    folder = newDirectory();
    const { devID, apiKey, secret, refreshToken } = await maquette.account();
    const credentials = join(folder, "credentials.json");
    writeFileSync(credentials, JSON.stringify({ devID, apiKey, secret, refreshToken }));
    const blank = join(folder, "blank.png");
    await sharp({ create: { width: 200, height: 200, channels: 3, background: "#808080" } }).toFile(blank);
    mkdirSync(join(folder, "scripts", "addons"), { recursive: true });
    cpSync(at("addons/blender/maquette"), join(folder, "scripts", "addons", "maquette"), { recursive: true });
    const pictures = ["front", "right", "left"].map((side) => at(`examples/axe/${side}.png`));
    const out = join(folder, "facts.json");
    const job = join(folder, "job.json");
    const shown = /```python\n([\s\S]*?)```/.exec(readFileSync(at("docs/blender.md"), "utf8"))![1]!;
    const given = { server: maquette.url, credentials, cube: pictures[0], pictures, blank, shown, out };
    writeFileSync(job, JSON.stringify(given));
    const script = at("e2e/support/blender_addon.py");
    const args = ["-b", "--factory-startup", "-noaudio", "--python-exit-code", "1", "-P", script, "--", job];
    const env = { ...blender.env, BLENDER_USER_SCRIPTS: join(folder, "scripts") };
    await promisify(execFile)(blender.file, args, { env, maxBuffer: 1 << 26 }).catch((error) => {
      throw new Error(`Blender failed: ${error.message}\n${error.stdout?.slice(-3000)}${error.stderr?.slice(-3000)}`);
    });
    facts = JSON.parse(readFileSync(out, "utf8"));
  }, 240_000);
  afterAll(async () => {
    await maquette.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("makes a test cube and imports it at the right scale, at the cursor", () => {
    const { size, centre, triangles, openEdges, collection } = facts.cube;
    expectNear(size, [0.3, 0.3, 0.3]);
    expectNear(centre, [5, 0, 0]);
    expect({ triangles, openEdges, collection }).toEqual({ triangles: 12, openEdges: 0, collection: "cube" });
  });

  it("makes a real object from pictures whose names say the sides, closed and textured", () => {
    const { size, openEdges, images, triangles, collection } = facts.real;
    expect(Math.abs(size[2] - 0.8)).toBeLessThan(1e-4);
    expect(size[0]).toBeGreaterThan(0.05);
    expect(size[0]).toBeLessThan(0.8);
    expect(openEdges).toBe(0);
    expect(images).toEqual([[1024, 1024]]);
    expect(triangles).toBeGreaterThan(300);
    expect(collection).toBe("front");
    const asked = jobs.find(({ kind, pictures }) => kind === "asset" && pictures.length === 3);
    expect(asked.options).toMatchObject({ views: ["front", "right", "left"], height: 80 });
  });

  it("puts a revision in the place of the former version", () => {
    expectNear(facts.revised.size, [0.6, 0.6, 0.6]);
    expectNear(facts.revised.centre, [1, 2, 3]);
    expect(facts.revised).toMatchObject({ iteration: "1", objects: 1, request: facts.cube.request });
  });

  it("runs the lines that the page shows", () => {
    expectNear(facts.shown.size, [0.8, 0.8, 0.8]);
    expect(facts.shown.collection).toBe("shown");
  });

  it("imports FBX and OBJ at the same scale, older versions too, and replaces", () => {
    for (const format of ["fbx", "obj"]) {
      expectNear(facts[format].size, [0.3, 0.3, 0.3]);
      expect(facts[format], format).toMatchObject({ iteration: "0", faces: 6, openEdges: 0 });
    }
    expectNear(facts.replaced.size, [0.6, 0.6, 0.6]);
    expect(facts.replaced).toMatchObject({ iteration: "1", objects: 1 });
    const [x, y, z] = facts.real.size;
    expectNear(facts.turned.size, [y, x, z], 3);
    const [cx, cy, cz] = facts.real.centre;
    expectNear(facts.turned.centre, [2 - cy, cx, cz], 3);
  });

  it("lists what is on the server", () => {
    expect(facts.listed).toEqual([
      ["blank", "dismissed", 1],
      ["front", "completed", 1],
      ["shown", "completed", 1],
      ["cube", "completed", 2],
    ]);
  });

  it("says in words what does not work, and goes on", () => {
    expect(facts.withoutKeys).toMatch(/credentials are missing/);
    expect(facts.badFile).toMatch(/holds no credentials/);
    expect(facts.refused).toMatch(/no object can be told from the background/);
    expect(facts.missing).toMatch(/There is no file/);
    expect(facts.wish).toMatch(/sing/);
  });

  it("reads paths and addresses from the clipboard", () => {
    const cube = at("examples/axe/front.png");
    expect(facts.clipboard).toEqual([[cube], [cube, "https://example.com/a.png"], [], []]);
  });

  it("never makes Blender wait for the network, and leaves nothing behind", () => {
    expect(facts.longestTick).toBeLessThan(0.2);
    expect(facts.left).toEqual([false, false]);
  });
});

function expectNear(actual: number[], expected: number[], digits = 4): void {
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}
