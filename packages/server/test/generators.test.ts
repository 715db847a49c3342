import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { cubeScene } from "@maquette/engine/export/cube";
import { exportScene } from "@maquette/engine/export/export-scene";
import type { GeneratorRequest } from "@maquette/engine/generator";
import { runEngine } from "@maquette/engine/host";
import sharp from "sharp";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Generators } from "../src/generators/generators.ts";
import { readGenerators } from "../src/generators/read-generators.ts";
import { startComfy } from "./support/comfy-double.ts";
import { startHunyuan } from "./support/hunyuan-double.ts";
import { answerJson, serve } from "./support/serve.ts";
import { newDirectory, PNG, startTestServer, type TestServer, until } from "./support/start.ts";

// The servers of Hunyuan3D and ComfyUI here are doubles, written after the published sources; no model runs in them.

let glb: Uint8Array;
const toClose: { close(): Promise<unknown> }[] = [];
const closing = <T extends { close(): Promise<unknown> }>(thing: T): T => {
  toClose.push(thing);
  return thing;
};

beforeAll(async () => {
  const scene = cubeScene({
    name: "cube",
    height: 60,
    width: 40,
    depth: 20,
    pivot: "center",
    topology: "quad",
  } as never);
  glb = (await exportScene(scene)).find(({ format }) => format === "glb")!.data;
});

afterEach(async () => {
  for (const thing of toClose.splice(0).reverse()) await thing.close();
});

const front = { png: PNG, label: "front", azimuth: 0, elevation: 0 } as const;
const request: GeneratorRequest = { pictures: [front], quality: "standard", polycount: 5000, seed: 2 ** 32 + 3 };

/** One generator with these settings, and how it is asked. */
function generatorOf(settings: Record<string, unknown>, asked = request) {
  const generators = new Generators(readGenerators(JSON.stringify({ generators: { gpu: settings } })));
  const progress: number[] = [];
  const ask = (signal = new AbortController().signal) =>
    generators.generate("gpu", asked, signal, (fraction) => progress.push(fraction));
  return { generators, progress, ask };
}

/** Writes a workflow that loads these pictures, and gives its path. */
function workflow(...pictures: string[]): string {
  const path = join(newDirectory(), "workflow.json");
  const loaders = pictures.map((name, i) => [
    `${10 + i}`,
    { class_type: "LoadImage", inputs: { image: `{{${name}}}` } },
  ]);
  const nodes = {
    ...Object.fromEntries(loaders),
    "20": { class_type: "KSampler", inputs: { seed: "{{seed}}", image: ["10", 0], note: "up to {{polycount}} faces" } },
    "30": { class_type: "SaveGLB", inputs: { mesh: ["20", 0], filename_prefix: "mesh/ComfyUI" } },
  };
  writeFileSync(path, JSON.stringify(nodes));
  return path;
}

const made = () => ({ ok: true, model: Buffer.from(glb) });

describe.each(["2", "2.1"] as const)("Hunyuan3D-%s (double)", (generation) => {
  const start = async () => closing(await startHunyuan(generation, glb));

  it("gets the picture as base64 and gives the file of /generate", async () => {
    const double = await start();
    const { ask } = generatorOf({ type: "hunyuan3d", url: double.url, parameters: { octree_resolution: 256 } });
    expect(await ask()).toMatchObject(made());
    expect(double.requests).toEqual([
      { image: PNG.toString("base64"), seed: 3, texture: false, type: "glb", octree_resolution: 256 },
    ]);
  });

  it("paints with /send, and a file that is still being written is asked for again", async () => {
    const double = await start();
    double.firstLook = 0.5;
    const { ask, progress } = generatorOf({ type: "hunyuan3d", url: double.url, texture: true });
    double.ms = 1200;
    expect(await ask()).toMatchObject(made());
    expect(progress).toEqual(generation === "2.1" ? expect.arrayContaining([0.6]) : []);
  });

  it("says for ever that a failed job is processing: only the time-out ends it", async () => {
    const double = await start();
    double.fault = generation === "2.1" ? "texture" : "generate";
    const { ask } = generatorOf({ type: "hunyuan3d", url: double.url, texture: true, timeoutSeconds: 2 });
    const last = generation === "2.1" ? "texturing" : "processing";
    expect(await ask()).toEqual({ ok: false, cause: expect.stringMatching(`not done within 2 s .*"${last}"`) });
  });

  it("answers 404 for every error: tried once more, then said", async () => {
    const double = await start();
    double.fault = "generate";
    const { ask } = generatorOf({ type: "hunyuan3d", url: double.url, tries: 2 });
    expect(await ask()).toEqual({ ok: false, cause: expect.stringMatching(/answered 404.*its own log/) });
    expect(double.requests).toHaveLength(2);
  });

  it("is up when it answers, and keeps nobody waiting while it blocks", async () => {
    const double = await start();
    const { generators, ask } = generatorOf({ type: "hunyuan3d", url: double.url });
    expect(await generators.health()).toEqual([
      { name: "gpu", type: "hunyuan3d", up: true, detail: null, running: 0, waiting: 0 },
    ]);
    await double.close();
    const away = generatorOf({ type: "hunyuan3d", url: double.url, tries: 1 });
    expect(await away.generators.health()).toMatchObject([{ up: false, detail: "the connection was refused" }]);
    expect(await away.ask()).toEqual({ ok: false, cause: "the connection was refused" });
    void ask;
  });
});

it("Hunyuan3D-2.1 (double) refuses a wrong parameter with its own words, once", async () => {
  const double = closing(await startHunyuan("2.1", glb));
  const { ask } = generatorOf({ type: "hunyuan3d", url: double.url, parameters: { octree_resolution: 999 } });
  expect(await ask()).toEqual({ ok: false, cause: expect.stringMatching(/answered 422.*less than or equal to 512/) });
  expect(double.requests).toHaveLength(1);
});

describe("ComfyUI (double)", () => {
  const start = async () => closing(await startComfy(glb));

  it("gets the pictures, the operator's workflow with them in place, and tells how far it is", async () => {
    const double = await start();
    const back = { ...front, label: "back", azimuth: 180 } as const;
    const settings = { type: "comfyui", url: double.url, workflow: [workflow("front", "back"), workflow("image")] };
    const { ask, progress } = generatorOf(settings, { ...request, pictures: [front, back] });
    expect(await ask()).toMatchObject(made());
    const [prompt] = double.prompts as unknown as [Record<string, { inputs: Record<string, string> }>];
    expect(prompt["20"]!.inputs).toEqual({ seed: request.seed, image: ["10", 0], note: "up to 5000 faces" });
    expect(prompt["10"]!.inputs.image).toMatch(/^maquette\/maquette-[0-9a-f]{8}-front\.png$/);
    expect([...double.uploads.keys()]).toEqual([prompt["10"]!.inputs.image, prompt["11"]!.inputs.image]);
    expect(double.uploads.get(prompt["10"]!.inputs.image!)!.equals(PNG)).toBe(true);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it("gets the first workflow whose pictures there are", async () => {
    const double = await start();
    const files = [workflow("front", "back"), workflow("image")];
    expect(await generatorOf({ type: "comfyui", url: double.url, workflow: files }).ask()).toMatchObject(made());
    expect(Object.keys(double.prompts[0]!)).not.toContain("11");
    const only = generatorOf({ type: "comfyui", url: double.url, workflow: files[0] });
    expect(await only.ask()).toEqual({ ok: false, cause: expect.stringMatching(/without the picture "back"/) });
  });

  it("says which node failed and why", async () => {
    const double = await start();
    double.raises = "CUDA out of memory. Tried to allocate 2.00 GiB";
    const { ask } = generatorOf({ type: "comfyui", url: double.url, workflow: workflow("image") });
    expect(await ask()).toEqual({
      ok: false,
      cause: expect.stringMatching(/node KSampler failed: CUDA out of memory/),
    });
  });

  it("refuses a workflow of nodes that it does not have", async () => {
    const double = await start();
    const path = workflow("image");
    writeFileSync(path, readFileSync(path, "utf8").replace("KSampler", "Hy3DSampler"));
    const { ask } = generatorOf({ type: "comfyui", url: double.url, workflow: path });
    expect(await ask()).toEqual({ ok: false, cause: expect.stringMatching(/400: .*node Hy3DSampler does not exist/) });
  });

  it("that lost the workflow in a restart is asked once more", async () => {
    const double = await start();
    double.ms = 400;
    const { ask } = generatorOf({ type: "comfyui", url: double.url, workflow: workflow("image") });
    const answer = ask();
    await until(() => double.prompts.length === 1);
    double.restart();
    expect(await answer).toMatchObject(made());
    expect(double.prompts).toHaveLength(2);
  });

  it("is told when nobody waits any more", async () => {
    const double = await start();
    double.ms = 2000;
    const { ask } = generatorOf({ type: "comfyui", url: double.url, workflow: workflow("image") });
    const abort = new AbortController();
    const answer = ask(abort.signal);
    await until(() => double.prompts.length === 1);
    abort.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    await until(() => double.withdrawn.length === 1);
  });
});

describe("the plain protocol", () => {
  it("waits as long as a busy server asks, and gives up what is refused", async () => {
    const answers: [number, Record<string, string>, string][] = [
      [503, { "retry-after": "1" }, '{"error":"warming up"}'],
      [422, {}, '{"error":"no chairs, please"}'],
    ];
    const times: number[] = [];
    const server = closing(
      await serve((_, __, response) => {
        const [status, headers, body] = answers[times.length]!;
        times.push(Date.now());
        response.writeHead(status, headers).end(body);
      }),
    );
    const { ask } = generatorOf({ type: "http", url: server.url, tries: 5 });
    expect(await ask()).toEqual({ ok: false, cause: "its server answered 422: no chairs, please" });
    expect(times[1]! - times[0]!).toBeGreaterThan(700);
  });

  it("sends what the page of the protocol shows", async () => {
    const page = readFileSync(new URL("../../../docs/generator-protocol.md", import.meta.url), "utf8");
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!);
    const bodies: Record<string, unknown>[] = [];
    const server = closing(
      await serve((_, body, response) => {
        bodies.push(JSON.parse(body.toString()));
        response.writeHead(422).end('{"error":"seen"}');
      }),
    );
    const left = { png: PNG, label: "left", azimuth: 90, elevation: 0 } as const;
    const asked = { pictures: [front, left], quality: "standard", polycount: 30_000, seed: 0 } as const;
    await generatorOf({ type: "http", url: server.url }, { ...asked, pictures: [...asked.pictures] }).ask();
    const png = (image: object) => ({ ...image, png: "iVBORw0KGgo…" });
    expect(bodies.map((body) => ({ ...body, images: (body.images as object[]).map(png) }))).toEqual([shown]);
  });

  it("bounds what comes in bytes and time, and follows nobody elsewhere", async () => {
    const server = closing(
      await serve(({ url }, _, response) => {
        if (url === "/endless") response.writeHead(200).write(Buffer.alloc(3 * 1024 * 1024));
        else if (url === "/redirect") response.writeHead(302, { location: "/endless" }).end();
      }),
    );
    const ask = (path: string) =>
      generatorOf({ type: "http", url: server.url + path, maxMegabytes: 1, timeoutSeconds: 1, tries: 1 }).ask();
    expect(await ask("/endless")).toMatchObject({ ok: false, cause: "the answer is larger than 1 MB" });
    expect(await ask("/silent")).toMatchObject({ ok: false, cause: "no complete answer within 1 s" });
    expect(await ask("/redirect")).toMatchObject({ ok: false, cause: expect.stringMatching(/answered 302/) });
  });

  it("makes no more models at a time than the settings say", async () => {
    let [now, most] = [0, 0];
    const server = closing(
      await serve(async (_, __, response) => {
        most = Math.max(most, ++now);
        await new Promise((done) => setTimeout(done, 30));
        now--;
        response.end(glb);
      }),
    );
    const { ask, generators } = generatorOf({ type: "http", url: server.url, concurrency: 2 });
    const given = new AbortController();
    const all = Array.from({ length: 7 }, () => ask());
    const left = ask(given.signal);
    given.abort(new Error("left the queue"));
    await expect(left).rejects.toThrow("left the queue");
    expect((await Promise.all(all)).every((answer) => answer.ok)).toBe(true);
    expect(most).toBe(2);
    expect(await generators.health()).toMatchObject([{ running: 0, waiting: 0 }]);
  });
});

describe("the settings", () => {
  it.each([
    ["{", /not valid JSON/],
    ["/nowhere/generators.json", /cannot be read/],
    ['{"generators":{"Big One":{"type":"http","url":"http://a"}}}', /"Big One" cannot be a generator's name/],
    [
      '{"generators":{"a":{"type":"magic","url":"http://a"}}}',
      /a.type is "magic"; expected hunyuan3d, comfyui or http/,
    ],
    ['{"generators":{"a":{"type":"http","url":"gpu:80"}}}', /a.url is "gpu:80"; expected an http or https URL/],
    ['{"generators":{"a":{"type":"http","url":"http://a","texture":true}}}', /a.texture is not known/],
    ['{"generators":{"a":{"type":"http","url":"http://a","tries":0}}}', /a.tries is 0; expected a number from 1 to 10/],
    [
      '{"default":"b","generators":{"a":{"type":"http","url":"http://a"}}}',
      /default is "b"; expected one of builtin, a/,
    ],
    ['{"generators":{"a":{"type":"comfyui","url":"http://a"}}}', /a.workflow is missing/],
  ])("%s are refused", (text, words) => {
    expect(() => readGenerators(text)).toThrow(words);
  });

  it("refuse workflows that are not in the API format, take no picture or name what there is not", () => {
    const settings = (content: string) => {
      const path = join(newDirectory(), "w.json");
      writeFileSync(path, content);
      return JSON.stringify({ generators: { a: { type: "comfyui", url: "http://a", workflow: path } } });
    };
    expect(() => readGenerators(settings('{"nodes":[],"links":[]}'))).toThrow(/not in ComfyUI's API format/);
    expect(() => readGenerators(settings('{"1":{"class_type":"A","inputs":{}}}'))).toThrow(/takes no picture/);
    expect(() => readGenerators(settings('{"1":{"class_type":"A","inputs":{"x":"{{frond}}"}}}'))).toThrow(/frond/);
  });
});

describe("a server with generators", () => {
  const settings = (url: string, fallback: boolean) =>
    JSON.stringify({ generators: { gpu: { type: "http", url, fallback, tries: 1 } } });
  const start = async (url: string, fallback = true, options = {}): Promise<TestServer> =>
    closing(await startTestServer({ env: { MAQUETTE_GENERATORS: settings(url, fallback) }, ...options }));

  it("takes the choice of the request before the project's before its own, and refuses what there is not", async () => {
    const jobs: (string | undefined)[] = [];
    const { standInEngine } = await import("./support/stand-in-engine.ts");
    const server = await start("http://127.0.0.1:9", true, {
      runEngine: standInEngine({
        onJob: (job) => void jobs.push(job.kind === "asset" ? job.generator?.name : job.kind),
      }),
    });
    const client = await server.account();
    const image = `data:image/png;base64,${PNG.toString("base64")}`;
    const { body: project } = await client.post("/api/maquette/v1/projects", {
      name: "GPU",
      style: { generator: "gpu" },
    });
    expect(project.style).toEqual({ generator: "gpu" });
    const wrong = await client.post("/api/maquette/v1/projects", { name: "X", style: { generator: "tpu" } });
    expect(wrong.body.message).toContain("style.generator: expected builtin, gpu");
    const make = async (fields: object) =>
      client.finished(await client.process({ test: false, imageUrls: [image], ...fields }));
    await make({});
    await make({ generator: "gpu" });
    await make({ projectID: project.projectID });
    await make({ projectID: project.projectID, generator: "builtin" });
    expect(jobs).toEqual([undefined, "gpu", "gpu", undefined]);
    const refused = await client.post("/api/v1/process", { imageUrls: [image], generator: "tpu" });
    expect(refused).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('generator "tpu": expected builtin or gpu') },
    });
    expect((await client.get("/api/maquette/v1/generators")).body).toEqual({
      default: "builtin",
      generators: ["builtin", "gpu"],
    });
  });

  it("shows on /readyz and /metrics how they are", async () => {
    const generator = closing(await serve((_, __, response) => answerJson(response, 200, {})));
    const server = await start(generator.url);
    const ready = await fetch(`${server.url}/readyz`);
    expect(await ready.json()).toEqual({ status: "ready", generators: { gpu: "up" } });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('maquette_generator_up{generator="gpu"} 1');
  });

  it("has the example of the documentation make an asset", async () => {
    const page = readFileSync(new URL("../../../docs/generator-protocol.md", import.meta.url), "utf8");
    const script = join(newDirectory(), "generator.py");
    writeFileSync(script, /```python\n([\s\S]*?)```/.exec(page)![1]!);
    const port = await freePort();
    const python = spawn("python3", [script, String(port)], { stdio: ["ignore", "ignore", "pipe"] });
    closing({ close: () => ended(python) });
    await until(async () => (await fetch(`http://127.0.0.1:${port}`).catch(() => null))?.ok);
    const server = await start(`http://127.0.0.1:${port}`, true, { runEngine });
    const client = await server.account();
    const square = { width: 80, height: 80, channels: 4, background: "#c04030" } as const;
    const around = { top: 24, bottom: 24, left: 24, right: 24, background: "#0000" };
    const picture = await sharp({ create: square }).extend(around).png().toBuffer();
    const body = new FormData();
    body.append("images", new Blob([new Uint8Array(picture)]), "cube.png");
    for (const [name, value] of Object.entries({
      generator: "gpu",
      views: "front",
      textureSize: "256",
      topology: "triangle",
    }))
      body.append(name, value);
    const { body: accepted } = await client.post("/api/v1/process", body);
    const asset = await client.finished(accepted.requestID, 100_000);
    expect(asset.iterations[0]).toMatchObject({ status: "completed", warnings: [] });
    const detail = await client.get(`/api/maquette/v1/requests/${accepted.requestID}/iterations/0`);
    const { generator, checks, size, texture } = detail.body.report;
    expect(generator).toMatchObject({ name: "gpu", turned: 0 });
    expect(generator.agreement).toBeGreaterThan(0.95);
    expect(checks).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, components: 1 });
    expect(size.width).toBeCloseTo(200, -1);
    expect(texture.coverage).toBeGreaterThan(0.1);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('maquette_generations_total{generator="gpu",outcome="made"} 1');
  }, 120_000);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await exit;
}
