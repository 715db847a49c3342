/**
 * Every fenced block of README and docs is run as it is printed there (support/snippets.ts says how they are marked):
 * against a server of its own account, in a folder that has the files that the page speaks of.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { signWebhook } from "@maquette/client";
import { runEngine } from "@maquette/engine/host";
import { checkContentSettings } from "@maquette/engine/host/load-content-check";
import { loadMatteModel } from "@maquette/engine/host/load-matte-model";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { which } from "../../packages/engine/test/support/find-tools.ts";
import { readGenerators } from "../../packages/server/src/generators/read-generators.ts";
import { startTestServer, type TestServer, until } from "../support/api.ts";
import { findMissing, listPages, ROOT, readSnippets, type Snippet } from "../support/snippets.ts";

const snippets = listPages().flatMap(readSnippets);
const at = ({ page, line }: Snippet) => `${page}:${line}`;
const ways = (kind: Snippet["way"]["kind"]) => snippets.filter(({ way }) => way.kind === kind);
const only = (page: string, language: string, n = 0) =>
  snippets.filter((one) => one.page === page && one.language === language)[n]!.code;

/** At a time: each may run the engine, which takes a core. */
const AT_ONCE = 2;
/** For one block; a program that hangs, not one that a busy machine slows down. */
const LIMIT_MS = 400_000;

/** Files that pages speak of. */
const FILES: Record<string, string> = {
  "mug.jpg": "examples/teapot/picture.png",
  "my-picture.png": "examples/teapot/picture.png",
  "chair.png": "examples/armchair/picture.png",
  "FRONT.png": "examples/axe/front.png",
  "SIDE.png": "examples/axe/right.png",
  ...Object.fromEntries(
    ["front", "right", "back", "left"].flatMap((side) => [
      [`${side}.png`, `examples/axe/${side}.png`],
      [`${side[0]}.png`, `examples/axe/${side}.png`],
    ]),
  ),
};

let maquette: TestServer;
let folder: string;
/** A model as somebody might have it. */
let model: Uint8Array;
/** An installation that was started before, so that a first start need not make its database. */
let installation: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "maquette-snippets-"));
  maquette = await startTestServer({
    // Cubes in place of shapes: real files in every format within a second. Commands without a server make real ones.
    runEngine: (job, options) => runEngine({ kind: "cube", options: { ...job.options, quality: "standard" } }, options),
  });
  installation = join(folder, "installation");
  await (await startTestServer({ dataDir: installation })).close();
  const { files } = await runEngine({ kind: "cube", options: { name: "chair", quality: "standard" } });
  model = files.find(({ format }) => format === "glb")!.data;
  const shims = join(folder, "bin");
  mkdirSync(shims);
  for (const name of ["npm", "npx"]) {
    const shim = join(shims, name);
    writeFileSync(
      shim,
      `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "e2e/support/run-documented.ts")}" ${name} "$@"\n`,
    );
    chmodSync(shim, 0o755);
  }
});
afterAll(async () => {
  await maquette?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder for one block, with an account of its own, since an account has one valid JWT at a time. */
async function prepare(code: string): Promise<{ cwd: string; env: NodeJS.ProcessEnv; code: string }> {
  const cwd = mkdtempSync(join(folder, "block-"));
  for (const [name, from] of Object.entries(FILES))
    if (code.includes(name)) copyFileSync(join(ROOT, from), join(cwd, name));
  for (const part of ["examples", "addons"]) cpSync(join(ROOT, part), join(cwd, part), { recursive: true });
  writeFileSync(join(cwd, "chair.glb"), model);
  symlinkSync(join(ROOT, "node_modules"), join(cwd, "node_modules"));
  if (/maquette (serve|account|backup)|npm start/.test(code))
    cpSync(installation, join(cwd, "maquette-data"), { recursive: true });
  mkdirSync(join(cwd, "maquette-data"), { recursive: true });
  const account = await maquette.account();
  const { devID, apiKey, secret, refreshToken } = account;
  const credentials = { devID, apiKey, secret, refreshToken };
  writeFileSync(join(cwd, "maquette-data/credentials.json"), JSON.stringify(credentials));
  let ready = code
    .replaceAll("localhost:8080", new URL(maquette.url).host)
    .replaceAll(/(?<=\s)\/backups\//g, `${cwd}/backups/`);
  if (code.includes("REQUEST_ID")) {
    const requestID = await account.process({ name: "axe" });
    await account.finished(requestID);
    ready = ready.replaceAll("REQUEST_ID", requestID);
  }
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`,
    MAQUETTE_NPM: which("npm")!,
    MAQUETTE_CONFIG: join(cwd, "config"),
    MAQUETTE_SERVER: maquette.url,
    HOST: "127.0.0.1",
    PORT: "0",
  };
  return { cwd, env, code: ready };
}

async function run(snippet: Snippet): Promise<void> {
  if (snippet.language === "json") return void JSON.parse(snippet.code);
  const { cwd, env, code } = await prepare(snippet.code);
  if (snippet.language === "sh") {
    return execute("bash", ["-euo", "pipefail", "-c", code], cwd, env);
  }
  const file = join(cwd, `snippet.${snippet.language === "python" ? "py" : snippet.language === "js" ? "mjs" : "mts"}`);
  // What a reader has: the credentials under their own names.
  const { devID, apiKey, secret, refreshToken } = JSON.parse(
    readFileSync(join(cwd, "maquette-data/credentials.json"), "utf8"),
  );
  const given = { devID, apiKey, secret, refreshToken };
  const lines = Object.entries(given).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
  writeFileSync(file, snippet.language === "python" ? code : `${lines.join("")}\n${code}`);
  await execute(snippet.language === "python" ? "python3" : process.execPath, [file], cwd, env);
}

function execute(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        said += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`ended with ${code ?? signal}:\n${said.slice(-3000)}`)),
    );
  });
}

describe("the documentation's snippets", () => {
  it("all say how they are run", () => {
    expect(ways("unclassified").map((one) => `${at(one)} ${(one.way as { why: string }).why}`)).toEqual([]);
    const count = (kind: Snippet["way"]["kind"]) => ways(kind).length;
    console.log(
      `${snippets.length} blocks: ${count("run")} run here, ${count("elsewhere")} by another test, ${count("not")} not run, ${count("shown")} shown`,
    );
    expect(count("run")).toBeGreaterThan(15);
  });

  it("name a test that takes them from their page, where another one runs them", () => {
    for (const snippet of ways("elsewhere")) {
      const { file, test } = snippet.way as { file: string; test: string };
      const text = readFileSync(join(ROOT, file), "utf8");
      expect(text.includes(test), `${at(snippet)}: ${file} has no test "${test}"`).toBe(true);
      expect(text.includes(snippet.page), `${at(snippet)}: ${file} does not read the page`).toBe(true);
    }
  });

  it("name scripts and files that there are, where they are not run", () => {
    for (const snippet of ways("not")) expect([at(snippet), findMissing(snippet)]).toEqual([at(snippet), []]);
  });

  describe("are run as they are printed:", () => {
    const waiting: (() => void)[] = [];
    let running = 0;
    const turn = async () => {
      if (running === AT_ONCE) await new Promise<void>((go) => waiting.push(go));
      running++;
    };
    it.concurrent.each(ways("run").map((one) => [at(one), one] as const))(
      "%s",
      async (_, snippet) => {
        await turn();
        try {
          await run(snippet);
        } finally {
          running--;
          waiting.shift()?.();
        }
      },
      10 * LIMIT_MS,
    );
  });

  it("start the MCP server that docs/mcp.md configures", async () => {
    const { cwd, env, code } = await prepare(only("docs/mcp.md", "json"));
    const { command, args } = JSON.parse(code).mcpServers.maquette;
    const client = new Client({ name: "test", version: "1" });
    await client.connect(
      new StdioClientTransport({
        command: join(folder, "bin", command),
        args,
        env: env as Record<string, string>,
        cwd,
      }),
    );
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("create_asset");
    await client.close();
  });

  it("set generators up as docs/generators.md does", () => {
    const workflow = { "1": { class_type: "LoadImage", inputs: { image: "{{image}}" } } };
    const code = only("docs/generators.md", "json");
    for (const name of ["four-views.json", "one-view.json"])
      writeFileSync(join(folder, name), JSON.stringify(workflow));
    writeFileSync(join(folder, "generators.json"), code);
    const { default: chosen, generators } = readGenerators(join(folder, "generators.json"));
    expect([chosen, generators.map(({ type }) => type)]).toEqual(["hunyuan", ["hunyuan3d", "comfyui", "http"]]);
  });

  it("describe a matting model as docs/understanding.md does", async () => {
    writeFileSync(join(folder, "other.json"), only("docs/understanding.md", "json", 0));
    copyFileSync(join(ROOT, "packages/engine/models/matte.onnx"), join(folder, "other.onnx"));
    expect(await loadMatteModel(join(folder, "other.onnx"))).toBeTypeOf("function");
  });

  it("describe a classifier as docs/understanding.md does", () => {
    writeFileSync(join(folder, "classifier.json"), only("docs/understanding.md", "json", 1));
    writeFileSync(join(folder, "classifier.onnx"), "");
    checkContentSettings({ MAQUETTE_MODERATION_MODEL: join(folder, "classifier.onnx") });
  });

  it("receive a webhook as packages/client/README.md does", async () => {
    const { cwd, env } = await prepare("");
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const code = only("packages/client/README.md", "ts", 1);
    const port = 20_000 + (process.pid % 20_000);
    const file = join(cwd, "receiver.mts");
    expect(code).toContain("listen(3000)");
    writeFileSync(file, `const secret = "${secret}";\n${code.replace("listen(3000)", `listen(${port})`)}`);
    const child = spawn(process.execPath, [file], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    try {
      const body = JSON.stringify({ status: "success", results: { glb: "http://localhost/a.glb" } });
      const headers = await signWebhook(body, secret);
      const post = (text: string) =>
        fetch(`http://127.0.0.1:${port}/hook`, { method: "POST", headers, body: text }).catch(() => null);
      const good = await until(() => post(body), LIMIT_MS);
      expect([good.status, (await post(`${body} `))?.status]).toEqual([204, 401]);
      expect(said).toBe("http://localhost/a.glb\n");
    } finally {
      child.kill();
    }
  });
});
