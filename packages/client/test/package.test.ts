import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PNG, startTestServer, type TestServer } from "../../server/test/support/start.ts";
import { API_FILE, renderApi } from "../scripts/generate-api.ts";

const ROOT = resolve(import.meta.dirname, "..");

describe("the client package", () => {
  let server: TestServer;
  let directory: string;

  beforeAll(async () => {
    server = await startTestServer();
    directory = mkdtempSync(join(tmpdir(), "maquette-client-"));
    execFileSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "pipe" });
    mkdirSync(join(directory, "node_modules/@maquette"), { recursive: true });
    cpSync(join(ROOT, "dist"), join(directory, "node_modules/@maquette/client"), { recursive: true });
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await server.close();
  });

  it("has the types of the present document", async () => {
    const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
    const now = renderApi(document);
    expect(
      readFileSync(API_FILE, "utf8") === now,
      "run `npm run generate:client` and commit packages/client/src/api.ts",
    ).toBe(true);
  });

  it("depends on nothing", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "dist/package.json"), "utf8"));
    expect([manifest.dependencies, manifest.private]).toEqual([undefined, undefined]);
    for (const file of ["index.js", "client.js", "call.js", "webhooks.js", "pictures.js"]) {
      for (const [, from] of readFileSync(join(ROOT, "dist", file), "utf8").matchAll(/from "([^"]+)"/g))
        expect(from).toMatch(/^\.\/[a-z]+\.js$/);
    }
  });

  const work = (account: object) => `
    const { MaquetteClient, verifyWebhook, signWebhook } = await load;
    const client = new MaquetteClient(${JSON.stringify({ baseUrl: server.url, ...account })});
    const picture = Uint8Array.from(atob("${PNG.toString("base64")}"), (c) => c.charCodeAt(0));
    const { requestID } = await client.createAsset({ images: { front: picture }, name: "Box" });
    await client.waitFor(requestID, { pollMs: 50, timeoutMs: 20_000 });
    const { name, bytes } = await client.download(requestID, "obj");
    const body = '{"requestID":"7"}';
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const message = await verifyWebhook({ body, headers: await signWebhook(body, secret), secret });
    const result = { name, size: bytes.length > 0, message };`;
  const expected = { name: "Box.obj", size: true, message: { requestID: "7" } };
  const credentials = async () => {
    const { devID, apiKey, refreshToken } = await server.account();
    return { devID, apiKey, refreshToken };
  };

  it("works in Node, installed and without our sources", async () => {
    const script = join(directory, "use.mjs");
    writeFileSync(
      script,
      `const load = import("@maquette/client");${work(await credentials())}\nconsole.log(JSON.stringify(result));`,
    );
    const child = spawn(process.execPath, [script], { cwd: directory });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    await new Promise((done) => child.on("close", done));
    expect(JSON.parse(output)).toEqual(expected);
  });

  it("works in a browser, from another origin than the server", async () => {
    let report = (_text: string) => {};
    const reported = new Promise<string>((done) => {
      report = done;
    });
    const page = `<!doctype html><script type="module">
      const say = (value) => fetch("/report", { method: "POST", body: JSON.stringify(value) });
      try {
        const load = import("/client/index.js");${work(await credentials())}
        await say(result);
      } catch (error) { await say({ failed: String(error && error.stack || error) }); }
    </script>`;
    const site = createServer(async (request, response) => {
      if (request.url === "/report") {
        let text = "";
        for await (const chunk of request) text += chunk;
        response.end();
        return report(text);
      }
      const file = /^\/client\/([a-z]+\.js)$/.exec(request.url ?? "")?.[1];
      if (file)
        return response.setHeader("content-type", "text/javascript").end(readFileSync(join(ROOT, "dist", file)));
      response.setHeader("content-type", "text/html").end(page);
    });
    await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
    const browser = spawn("chromium", [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${join(directory, "profile")}`,
      `http://127.0.0.1:${(site.address() as AddressInfo).port}/`,
    ]);
    browser.on("error", () => report('{"failed":"chromium is missing: run `npm run test:setup`"}'));
    try {
      expect(JSON.parse(await reported)).toEqual(expected);
    } finally {
      const gone = new Promise((done) => browser.on("close", done));
      browser.kill();
      await gone;
      site.closeAllConnections();
      site.close();
    }
  });
});
