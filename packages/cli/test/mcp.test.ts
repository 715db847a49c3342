import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runEngine } from "@maquette/engine/host";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDirectory, startTestServer, type TestServer } from "../../server/test/support/start.ts";
import { BIN } from "./run-cli.ts";

let maquette: TestServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  maquette = await startTestServer({ runEngine });
  folder = newDirectory();
  const { devID, apiKey, refreshToken } = await maquette.account();
  await writeFile(join(folder, "keys.json"), JSON.stringify({ devID, apiKey, refreshToken }));
  env = { ...(process.env as Record<string, string>), MAQUETTE_CONFIG: join(folder, "config") };
});
afterAll(async () => {
  await maquette.close();
  await rm(folder, { recursive: true, force: true });
});

const command = (...args: string[]) => [
  BIN,
  "mcp",
  "--server",
  maquette.url,
  "--credentials",
  join(folder, "keys.json"),
  ...args,
];

interface Answer {
  isError?: boolean;
  content: { type: string; text?: string; data?: string; mimeType?: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: read field by field, and each test says what it expects.
  structuredContent?: any;
}

/** The whole life of an asset, as an assistant drives it. */
function roundTrip(connect: () => Promise<Client>, files: boolean): void {
  let client: Client;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client?.close());
  const call = async (name: string, args: Record<string, unknown>, onprogress?: (p: { progress: number }) => void) =>
    (await client.callTool({ name, arguments: args }, { onprogress, timeout: 60_000 })) as Answer;

  it("lists its tools with schemas and what they may change", async () => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      "create_asset",
      "finish_model",
      "watch_asset",
      "fetch_asset",
      "list_assets",
      "revise_asset",
    ]);
    for (const tool of tools) {
      expect(tool.description).toMatch(/\./);
      expect(tool.inputSchema.type).toBe("object");
      expect(tool.outputSchema?.type).toBe("object");
      expect(tool.annotations?.readOnlyHint).toBe(/^(watch|list)/.test(tool.name));
    }
  });

  it("makes, follows, shows, revises and lists an asset", async () => {
    const pixel = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const made = await call("create_asset", {
      pictures: [{ data: pixel.toString("base64"), view: "front" }],
      name: "Cube",
      height: 30,
      test: true,
    });
    const { requestID } = made.structuredContent;
    expect(made.content[0]!.text).toContain(requestID);

    const seen: number[] = [];
    const watched = await call("watch_asset", { requestID, timeoutSeconds: 50 }, (p) => seen.push(p.progress));
    expect(watched.structuredContent.versions).toMatchObject([
      { iterationID: "0", status: "completed", triangles: 12 },
    ]);
    const image = watched.content.find((part) => part.type === "image")!;
    expect(image.mimeType).toBe("image/png");
    const preview = await sharp(Buffer.from(image.data!, "base64")).metadata();
    expect(preview.width).toBeGreaterThan(200);
    expect(seen.every((progress) => progress >= 0 && progress <= 1)).toBe(true);

    const fetched = await call("fetch_asset", {
      requestID,
      ...(files ? { saveTo: join(folder, "out"), formats: ["glb", "obj"] } : {}),
    });
    const { saved, versions } = fetched.structuredContent;
    if (files) {
      expect(saved).toHaveLength(2);
      expect(readFileSync(saved.find((path: string) => path.endsWith(".glb")))).toSatisfy(isGlb);
    } else expect(saved).toEqual([]);
    const glb = await fetch(versions[0].files.glb);
    expect(Buffer.from(await glb.arrayBuffer())).toSatisfy(isGlb);

    const revised = await call("revise_asset", { requestID, description: "60 cm tall" });
    expect(revised.structuredContent).toMatchObject({ requestID, iterationID: "1" });
    expect(revised.structuredContent.applied.join()).toMatch(/60/);
    const second = await call("watch_asset", { requestID });
    expect(second.structuredContent.versions.at(-1)).toMatchObject({ iterationID: "1", status: "completed" });

    const listed = await call("list_assets", { limit: 1 });
    expect(listed.structuredContent.assets).toMatchObject([{ requestID, name: "Cube" }]);
    expect(listed.content[0]!.text).toContain(requestID);
  });

  it("brings a model into shape", async () => {
    const points = [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 1].map((z) => `v ${x} ${y} ${z}`)));
    const faces = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5"].map((face) => `f ${face}`);
    const text = [...points, ...faces].join("\n");
    const path = join(folder, "box.obj");
    await writeFile(path, text);
    const model = files ? { path } : { data: Buffer.from(text).toString("base64") };
    const made = await call("finish_model", { model, name: "Box", up: "z", height: 40, textureSize: 256 });
    const watched = await call("watch_asset", { requestID: made.structuredContent.requestID });
    expect(watched.structuredContent).toMatchObject({ name: "Box", versions: [{ status: "completed" }] });
    expect(watched.content.map(({ type }) => type)).toContain("image");
    const broken = await call("finish_model", { model: { data: Buffer.from("hello").toString("base64") } });
    expect(broken).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/not a model that can be/) }],
    });
  });

  it("returns how far it is when the time is up", async () => {
    const made = await call("create_asset", { pictures: [{ url: "https://example.com/a.png" }], test: true });
    const watched = await call("watch_asset", { ...made.structuredContent, timeoutSeconds: 0 });
    expect(watched.isError).toBeFalsy();
    expect(watched.structuredContent.versions).toHaveLength(1);
  });

  it("says in words what it cannot do", async () => {
    const none = await call("create_asset", { pictures: [{ view: "front" }] });
    expect(none).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^Picture 1: give one of/) }],
    });
    const unknown = await call("fetch_asset", { requestID: "0193aaaa-0000-7000-8000-000000000000" });
    expect(unknown).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/request_unknown/) }] });
    const path = join(folder, "nothing.png");
    const missing = await call("create_asset", { pictures: [{ path }] });
    expect(missing.content[0]!.text).toMatch(files ? /There is no file .*nothing\.png/ : /over stdio only/);
    const wish = await call("revise_asset", { requestID: (await newest()).requestID, description: "make it sing" });
    expect(wish).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/sing/) }] });
  });

  const newest = async () => (await call("list_assets", { limit: 1 })).structuredContent.assets[0];
}

describe("maquette mcp, over stdio", () => {
  roundTrip(async () => {
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: command(), env, cwd: folder }));
    return client;
  }, true);
});

describe("maquette mcp, over streamable HTTP", () => {
  let stop: () => void;
  let address: string;
  afterAll(() => stop());

  roundTrip(async () => {
    address = await serve({});
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(new URL(address)));
    return client;
  }, false);

  it("keeps out pages that call it through a browser", async () => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const page = await fetch(address, {
      method: "POST",
      headers: { ...headers, origin: "https://evil.example" },
      body,
    });
    expect(page.status).toBe(403);
  });

  it("asks everybody for the token, if there is one, and refuses to be reachable without", async () => {
    stop();
    address = await serve({ MAQUETTE_MCP_TOKEN: "open sesame" });
    const denied = new Client({ name: "test", version: "1" });
    await expect(denied.connect(new StreamableHTTPClientTransport(new URL(address)))).rejects.toThrow();
    const allowed = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { authorization: "Bearer open sesame" } };
    await allowed.connect(new StreamableHTTPClientTransport(new URL(address), { requestInit }));
    expect((await allowed.listTools()).tools).toHaveLength(6);
    await allowed.close();
    await expect(serve({}, "--host", "0.0.0.0")).rejects.toThrow(/MAQUETTE_MCP_TOKEN/);
  });

  /** Starts the command and waits for the line that says where it is. */
  function serve(extra: Record<string, string>, ...args: string[]): Promise<string> {
    const child = spawn(process.execPath, command("--http", "--port", "0", ...args), { env: { ...env, ...extra } });
    stop = () => child.kill();
    return new Promise((resolve, reject) => {
      let errors = "";
      child.stderr.on("data", (chunk) => {
        errors += chunk;
      });
      child.stdout.on("data", (chunk) => {
        const found = /http:\S+\/mcp/.exec(String(chunk));
        if (found) resolve(found[0]);
      });
      child.on("exit", () => reject(new Error(errors)));
    });
  }
});

const isGlb = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "glTF";
