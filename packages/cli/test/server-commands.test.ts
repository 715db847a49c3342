import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runEngine } from "@maquette/engine/host";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReceiver } from "../../server/test/support/receiver.ts";
import { type Client, newDirectory, startTestServer, type TestServer, until } from "../../server/test/support/start.ts";
import { COMMANDS } from "../src/commands.ts";
import { HELPS } from "../src/usage.ts";
import { BIN } from "./run-cli.ts";

let maquette: TestServer;
let account: Client;
let folder: string;

beforeAll(async () => {
  maquette = await startTestServer({ runEngine });
  account = await maquette.account("user@example.com");
  folder = newDirectory();
  const { devID, apiKey, refreshToken } = account;
  await writeFile(join(folder, "keys.json"), JSON.stringify({ devID, apiKey, refreshToken }));
  const grey = sharp({ create: { width: 200, height: 200, channels: 3, background: "#808080" } });
  await writeFile(join(folder, "grey.png"), await grey.png().toBuffer());
});
afterAll(async () => {
  await maquette.close();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

const start = (args: string[], env: Record<string, string> = {}) =>
  spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env: { ...process.env, MAQUETTE_CONFIG: join(folder, "config"), ...env },
  });

function run(args: string[], env?: Record<string, string>): Promise<Run> {
  return new Promise((resolve) => {
    const child = start(args, env);
    child.stdin.end();
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      said.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      said.stderr += chunk;
    });
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

async function json(args: string[]) {
  const { stdout, stderr, code } = await run([...args, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe("the command line against a server", () => {
  it("says how to get credentials while there are none", async () => {
    const { code, stderr } = await run(["list", "--server", maquette.url]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no credentials for http.*Run 'maquette login/);
  });

  it("logs in with working credentials only, and keeps them to itself", async () => {
    await writeFile(join(folder, "bad.json"), JSON.stringify({ devID: account.devID, apiKey: "x", refreshToken: "y" }));
    const bad = await run(["login", "--server", maquette.url, "--credentials", "bad.json"]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/^maquette: .*api-key/);
    expect(existsSync(join(folder, "config", "logins.json"))).toBe(false);

    const good = await json(["login", "--server", maquette.url, "--credentials", "keys.json"]);
    expect(good).toMatchObject({ server: maquette.url, devID: account.devID, email: "user@example.com" });
    expect(statSync(good.file).mode & 0o077).toBe(0);
  });

  it("makes, lists, shows, downloads, revises and watches an asset", async () => {
    const made = await run(["make", "grey.png", "--server", maquette.url, "--test", "--height", "30", "-o", "cube"]);
    expect(made.code, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/^Made grey, version 0: 12 triangles\. Its requestID is ([0-9a-f-]{36})/);
    const requestID = /[0-9a-f-]{36}/.exec(made.stdout)![0];
    const expected = ["grey.fbx", "grey.glb", "grey.gltf", "grey.mtl", "grey.obj", "grey.zip", "grey_preview.png"];
    expect(readdirSync(join(folder, "cube"))).toEqual(expect.arrayContaining([...expected, "report.json"]));
    expect(
      readFileSync(join(folder, "cube", "grey.glb"))
        .subarray(0, 4)
        .toString(),
    ).toBe("glTF");

    expect((await json(["list"])).assets).toMatchObject([{ requestID, name: "grey" }]);
    expect((await run(["list"])).stdout).toMatch(new RegExp(`^${requestID}  .*completed  v0  12 triangles +grey\n$`));

    const revised = await json(["revise", requestID, "60 cm tall", "--pivot", "base", "-o", "second"]);
    expect(revised.iterations).toHaveLength(2);
    expect(revised.iterations[1]).toMatchObject({ iterationID: "1", status: "completed" });
    const heights = readFileSync(join(folder, "second", "grey.obj"), "utf8").matchAll(/^v \S+ (\S+)/gm);
    expect([...new Set([...heights].map((match) => Number(match[1])))].sort()).toEqual([0, 0.6]);

    const old = await json(["get", requestID, "--iteration", "0", "-o", "old", "--format", "obj,mtl"]);
    expect(old.files.map((file: string) => file.split(".").pop()).sort()).toEqual(["mtl", "obj"]);
    const links = (await run(["get", requestID])).stdout;
    expect(links).toMatch(/^glb +http/m);
    expect((await json(["watch", requestID])).requestID).toBe(requestID);
  });

  it("brings a model into shape, with the files beside it that it names and no others", async () => {
    const crate = join(folder, "crate");
    await mkdir(crate);
    const points = [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 1].map((z) => `v ${x} ${y} ${z}`)));
    const faces = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5"].map((face) => `f ${face}`);
    await writeFile(join(crate, "crate.obj"), ["mtllib crate.mtl", ...points, "usemtl red", ...faces].join("\n"));
    await writeFile(join(crate, "crate.mtl"), "newmtl red\nKd 1 0 0\n");
    await writeFile(join(crate, "private.png"), "not for the server");
    const options = ["--up", "z", "--height", "40", "--texture-size", "256", "-o", "finished"];
    const made = await json(["finish", "crate/crate.obj", "--server", maquette.url, ...options]);
    expect(made).toMatchObject({ model: "crate/crate.obj", name: "crate", iterations: [{ status: "completed" }] });
    expect(readdirSync(join(folder, "finished"))).toEqual(
      expect.arrayContaining(["crate.glb", "crate.fbx", "report.json"]),
    );
    await account.login();
    const { body } = await account.get(`/api/maquette/v1/requests/${made.requestID}/iterations/0`);
    expect(body.options).toMatchObject({ height: 40, finish: { up: "z" } });
    const sent = unzipSync(new Uint8Array(await (await fetch(body.model.url)).arrayBuffer()));
    expect(Object.keys(sent)).toEqual(["crate.obj", "crate.mtl"]);

    await writeFile(join(folder, "broken.glb"), "glTF");
    const broken = await run(["finish", "broken.glb", "--server", maquette.url]);
    expect([broken.code, broken.stderr]).toEqual([3, expect.stringMatching(/not a model that can be read/)]);
    const alone = await run(["finish", "broken.glb", "--tag", "x"]);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringMatching(/--tag needs --server/)]);
  });

  it("tells why a picture was refused: exit code 3", async () => {
    const plain = ["make", "grey.png", "--server", maquette.url, "--name", "plain"];
    const { code, stderr, stdout } = await run(plain);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /maquette: plain, version 0 could not be made\. .*no object can be told from the background/,
    );
    expect(stdout).toBe("");
    const requestID = (await json(["list", "--limit", "1"])).assets[0].requestID;
    expect((await run(["get", requestID])).code).toBe(3);
    expect((await run(["watch", requestID])).code).toBe(3);
  });

  it("refuses what it cannot use, in one sentence", async () => {
    const cases: [string[], number, RegExp][] = [
      [["get"], 2, /which asset\?/],
      [["get", "0193aaaa-0000-7000-8000-000000000000"], 1, /request does not exist/],
      [["get", "x", "--format", "ply"], 2, /--format is 'ply'; expected some of glb/],
      [["list", "--limit", "none"], 2, /--limit is 'none'; expected a number/],
      [["list", "--server", "ftp://x"], 2, /the server is 'ftp:\/\/x'/],
      [
        ["list", "--server", "http://127.0.0.1:9", "--credentials", "keys.json"],
        1,
        /cannot reach http:\/\/127\.0\.0\.1:9/,
      ],
      [["make", "grey.png", "--test"], 2, /--test needs --server/],
      [["make", "grey.png", "--server", maquette.url, "--project", "Nope"], 2, /no project 'Nope'; there are Sandbox/],
      [["webhooks", "listen", "--forward", "http://example.com/"], 2, /not on this machine/],
      [["login", "--credentials", "missing.json"], 2, /cannot read the credentials in missing\.json/],
    ];
    for (const [args, code, words] of cases) {
      const refused = await run(args);
      expect(refused.stderr, args.join(" ")).toMatch(words);
      expect(refused.stderr).not.toMatch(/\n\s+at /);
      expect(refused.code, args.join(" ")).toBe(code);
    }
  });

  it("shares one token between commands, so that they do not lock each other out", async () => {
    await run(["list"]);
    const token = readFileSync(join(folder, "config", "tokens.json"), "utf8");
    const runs = await Promise.all([run(["list"]), run(["list"])]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(readFileSync(join(folder, "config", "tokens.json"), "utf8")).toBe(token);
    await account.login();
    expect((await run(["list"])).code).toBe(0);
  });
});

describe("maquette webhooks listen", () => {
  let child: ChildProcess | null = null;
  afterAll(() => child?.kill());

  it("forwards what a webhook would get, signed, to a local port", async () => {
    const receiver = await startReceiver();
    const port = new URL(receiver.url).port;
    child = start(["webhooks", "listen", "--port", port, "--path", "hooks/maquette", "--json"]);
    let said = "";
    let lines = "";
    child.stderr!.on("data", (chunk) => {
      said += chunk;
    });
    child.stdout!.on("data", (chunk) => {
      lines += chunk;
    });
    await until(() => said.includes("Listening"));
    await run(["make", "grey.png", "--server", maquette.url, "--test", "-o", "heard"]);
    const { path, headers, text, body } = await receiver.next();
    expect(path).toBe("/hooks/maquette");
    expect(body).toMatchObject({ status: "success", results: { iterationID: "0", status: "completed" } });
    const { t, v1 } = JSON.parse(headers["kaedim-signature"] as string);
    expect(v1).toBe(createHmac("sha256", account.secret).update(`${t}${text}`).digest("hex"));
    expect(headers["webhook-id"]).toMatch(/^msg_/);
    expect((await fetch(body.results.glb)).status).toBe(200);
    await until(() => lines.includes("\n"));
    expect(JSON.parse(lines)).toMatchObject({ id: headers["webhook-id"], status: 200, message: body });
    const ended = new Promise((resolve) => child!.on("exit", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });
});

describe("maquette backup and restore", () => {
  it("print what was copied as JSON", async () => {
    const backup = join(folder, "backup");
    const written = await run(["backup", backup, "--json"], { MAQUETTE_DATA: maquette.dataDir });
    expect(written.code, written.stderr).toBe(0);
    const copied = JSON.parse(written.stdout);
    expect(copied).toEqual({ rows: expect.any(Number), files: expect.any(Number), gone: 0 });
    const restored = await run(["restore", backup, "--json"], { MAQUETTE_DATA: join(folder, "restored") });
    expect(JSON.parse(restored.stdout)).toEqual(copied);
  });

  it("refuse what they do not take", async () => {
    expect(await run(["backup", "--json"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected one directory"),
    });
    expect(await run(["move", "here"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected no arguments"),
    });
    expect(await run(["restore", "x", "--force"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Unknown option '--force'"),
    });
  });
});

describe("maquette completion", () => {
  it("completes commands, options and their values in bash", async () => {
    const { stdout } = await run(["completion", "bash"]);
    const complete = (...words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(${words.map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _maquette; echo "\${COMPREPLY[@]}"`;
      const bash = spawnSync("bash", ["-c", script], { encoding: "utf8" });
      expect(bash.stderr).toBe("");
      return bash.stdout.trim().split(" ");
    };
    expect(complete("maquette", "we")).toEqual(["webhooks"]);
    expect(complete("maquette", "revise", "x", "--topo")).toEqual(["--topology"]);
    expect(complete("maquette", "make", "--quality", "")).toEqual(["standard", "high", "ultra"]);
    expect(complete("maquette", "account", "cr")).toEqual(["create"]);
    expect((await run(["completion", "fish"])).stdout).toMatch(/^complete -c maquette /);
    expect((await run(["completion", "tcsh"])).code).toBe(2);
  });

  it("offers no command that is not explained", () => {
    const unexplained = Object.keys(COMMANDS).filter((name) => !HELPS[name]);
    expect(unexplained).toEqual(["help", "version"]);
  });
});
