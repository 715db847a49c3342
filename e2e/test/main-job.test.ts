/**
 * The main job as a customer's back end sees it: a server started as `npm start` starts it, or an API server and a worker,
 * killed in the middle of making an asset from a real picture and started again; a webhook receiver that trusts the
 * signature and nothing else, downloads every link, and opens what it got.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { importWithAssimp } from "../../packages/engine/test/support/import-with-assimp.ts";
import { importWithBlender } from "../../packages/engine/test/support/import-with-blender.ts";
import { validateGltf } from "../../packages/engine/test/support/validate-gltf.ts";
import { type Received, type Receiver, startReceiver } from "../../packages/server/test/support/receiver.ts";
import { createClient } from "../../packages/server/test/support/start.ts";
import { until } from "../support/api.ts";
import { type Services, startServices } from "../support/modes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PICTURE = join(ROOT, "examples", "lantern", "picture.png");
const FORMATS = ["obj", "fbx", "glb", "gltf", "mtl"] as const;

let folder: string;
let receiver: Receiver;
let port: number;
let services: Services | null = null;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "maquette-main-job-"));
  receiver = await startReceiver();
  port = await freePort();
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  await receiver.close();
  await services?.close();
  services = null;
  rmSync(folder, { recursive: true, force: true });
});

it(
  "a server killed while it makes an asset makes it after the restart, once, and the receiver can open every file",
  () => surviveKill("all", {}),
  240_000,
);

it("a worker killed while it makes an asset leaves it to the next, which makes it once, and the receiver can open every file", async () => {
  services = await startServices();
  const env = { ...(await services.newEnv()), PUBLIC_URL: `http://127.0.0.1:${port}` };
  await start("api", env);
  await surviveKill("worker", { ...env, PORT: "0" });
}, 240_000);

/** @param role of the process that makes the asset, and is killed */
async function surviveKill(role: string, env: Record<string, string>): Promise<void> {
  const worker = await start(role, env);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);

  const credentials = JSON.parse(readFileSync(join(folder, "data", "credentials.json"), "utf8"));
  const url = `http://127.0.0.1:${port}`;
  const first = await createClient(url, credentials, "owner@localhost");
  const destination = `${receiver.url}/hook`;
  const hook = await first.post("/api/v1/registerHook", { devID: first.devID, destination });
  expect(hook.status).toBe(201);
  first.headers = { "x-api-key": first.apiKey, authorization: hook.body.jwt };
  const form = new FormData();
  form.set("devID", first.devID);
  form.set("LoQ", "standard");
  form.set("name", "Lantern");
  form.set("image", new Blob([readFileSync(PICTURE)], { type: "image/png" }), "lantern.png");
  const accepted = await first.post("/api/v1/process", form);
  expect(accepted.status).toBe(201);
  const { requestID } = accepted.body;

  await until(async () => {
    const [{ status, progress }] = (await first.fetchRequest(requestID)).body.iterations;
    expect(status).toBe("new");
    return progress > 0.1;
  }, 60_000);
  await kill(worker);
  expect(receiver.received).toEqual([]);

  await start(role, env);
  const message = await receiver.next(1, ({ path }) => path === "/hook", 120_000);
  const results = verify(message, credentials.secret);
  expect(results).toMatchObject({ requestID, status: "completed", iterationID: "0", assetComplete: true });

  const again = await createClient(url, credentials, "owner@localhost");
  const { body: asset } = await again.fetchRequest(requestID);
  expect(asset.iterations.map((iteration: { status: string }) => iteration.status)).toEqual(["completed"]);
  const { body: all } = await again.get(`/api/v1/fetchAll?devID=${again.devID}`);
  expect(all.assets).toHaveLength(1);

  // The worker's files are the same; what differs is where they lie.
  await openAll(results, asset.iterations[0].results, role === "all");
  expect(receiver.received).toHaveLength(1);
}

/** `npm start`, on a free port and with a folder of its own, until it says that it runs. */
async function start(role: string, env: Record<string, string>): Promise<ChildProcess> {
  const program = join(ROOT, "packages", "cli", "bin", "maquette.mjs");
  const own = { PORT: String(port), HOST: "127.0.0.1", MAQUETTE_DATA: join(folder, "data") };
  const server = spawn(process.execPath, [program, "serve", "--role", role], {
    env: { ...process.env, ...own, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(server);
  let output = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  await until(() => {
    if (server.exitCode !== null) throw new Error(`the server ended with code ${server.exitCode}:\n${output}`);
    return output.includes(`Maquette is running at http://127.0.0.1:${port}`);
  }, 45_000);
  return server;
}

/** As when the power fails: no signal that could be handled. */
async function kill(server: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGKILL");
  await gone;
}

/** What a receiver does that follows the specification: t + body under the secret, in constant form. */
function verify({ text, body, headers }: Received, secret: string) {
  const { t, v1 } = JSON.parse(headers["kaedim-signature"] as string);
  const hmac = createHmac("sha256", secret).update(t + JSON.stringify(JSON.parse(text)));
  expect(v1).toBe(hmac.digest("hex"));
  expect(body.status).toBe("success");
  return body.results;
}

async function openAll(
  signed: Record<string, string>,
  fetched: Record<string, string>,
  inPrograms: boolean,
): Promise<void> {
  const files = new Map<string, string>();
  for (const format of [...FORMATS, "zip", "preview"]) {
    const response = await fetch(signed[format] ?? fetched[format]!);
    expect([format, response.status]).toEqual([format, 200]);
    const [, name] = /filename="([^"]+)"/.exec(response.headers.get("content-disposition")!)!;
    const data = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get("content-length")).toBe(String(data.length));
    files.set(format, join(folder, name!));
    writeFileSync(join(folder, name!), data);
  }
  const read = (format: string) => new Uint8Array(readFileSync(files.get(format)!));
  const zip = unzipSync(read("zip"));
  for (const format of FORMATS) expect(zip[files.get(format)!.slice(folder.length + 1)]).toEqual(read(format));
  // The OBJ finds its texture through the MTL, whose picture lies in the zip.
  for (const [name, data] of Object.entries(zip)) writeFileSync(join(folder, name), data);
  await validateGltf("glb", read("glb"));
  await validateGltf("gltf", read("gltf"));
  expect((await sharp(read("preview")).metadata()).format).toBe("png");
  if (!inPrograms) return;
  const paths = ["obj", "fbx", "glb"].map((format) => files.get(format)!);
  for (const importer of [importWithBlender, importWithAssimp]) {
    for (const facts of await importer(paths, { sampledFaces: 0 })) {
      expect(Math.abs(facts.size[1] - 2), facts.file).toBeLessThan(0.001);
      expect(facts.textures, facts.file).toEqual([
        { slot: "baseColor", width: 1024, height: 1024 },
        { slot: "normal", width: 1024, height: 1024 },
      ]);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
