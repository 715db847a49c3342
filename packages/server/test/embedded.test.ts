import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { deriveKeys } from "../src/auth/keys.ts";
import { ConfigError } from "../src/config/read-config.ts";
import type { RunEngine } from "../src/context.ts";
import { DirectoryInUse, lockDirectory } from "../src/db/lock-directory.ts";
import { openEmbedded } from "../src/db/open-database.ts";
import { addAccount, addSignInLink } from "../src/index.ts";
import { createClient, newDirectory, startTestServer, type TestServer, until } from "./support/start.ts";

const children: ChildProcess[] = [];
const servers: TestServer[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

/** Another process that holds a directory's lock. */
async function holdElsewhere(directory: string): Promise<ChildProcess> {
  const module = fileURLToPath(new URL("../src/db/lock-directory.ts", import.meta.url));
  const script = `import { lockDirectory } from ${JSON.stringify(module)};
    lockDirectory(${JSON.stringify(directory)}).announce("http://localhost:4321"); setInterval(() => {}, 1000); console.log("held");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  return child;
}

describe("a data directory", () => {
  it("is used by one process, and the second is told by which", async () => {
    const directory = newDirectory();
    const holder = await holdElsewhere(directory);
    const refusal = `${directory} is in use by process ${holder.pid} on `;
    expect(() => lockDirectory(directory)).toThrow(DirectoryInUse);
    expect(() => lockDirectory(directory)).toThrow(refusal);
    expect(() => lockDirectory(directory)).toThrow("serving http://localhost:4321. Stop it, or set MAQUETTE_DATA");
    await expect(startTestServer({ dataDir: directory })).rejects.toThrow(refusal);
  });

  it("is free the moment its holder is killed", async () => {
    const directory = newDirectory();
    const holder = await holdElsewhere(directory);
    holder.kill("SIGKILL");
    await new Promise((resolve) => holder.once("exit", resolve));
    lockDirectory(directory).release();
  });

  it("is not shared by two servers of one process either", () => {
    const directory = newDirectory();
    const lock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(DirectoryInUse);
    lock.release();
    lockDirectory(directory).release();
  });
});

describe("the embedded database", () => {
  it("flushes every commit to the disk", async () => {
    const directory = newDirectory();
    const { pglite, close } = await openEmbedded(directory);
    const show = async (name: string) => Object.values((await pglite!.query(`show ${name}`)).rows[0] as object)[0];
    expect([await show("fsync"), await show("wal_sync_method"), await show("synchronous_commit")]).toEqual([
      "on",
      "fsync",
      "on",
    ]);
    await close();
  });
});

describe("the first start", () => {
  it("makes the owner's account and leaves the credentials to this user alone", async () => {
    const { server, dataDir, url } = await start();
    const path = join(dataDir, "credentials.json");
    expect(server.firstStart).toMatchObject({ credentialsPath: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, "server.key")).mode & 0o777).toBe(0o600);
    const credentials = JSON.parse(readFileSync(path, "utf8"));
    expect(Object.keys(credentials)).toEqual(["devID", "apiKey", "secret", "refreshToken"]);
    const owner = await createClient(url, credentials, "owner@localhost");
    expect((await owner.get(`/api/v1/fetchProjects?devID=${owner.devID}`)).body.message).toMatchObject([
      { name: "Sandbox" },
    ]);
  });

  it("gives a sign-in link that works once, and not for a preview", async () => {
    const { server, url } = await start();
    const link = server.firstStart!.signInUrl;
    expect(link.startsWith(`${url}/sign-in?token=`)).toBe(true);
    expect((await fetch(link, { method: "HEAD" })).status).toBe(404);
    const first = await fetch(link, { redirect: "manual" });
    expect([first.status, first.headers.get("location")]).toEqual([303, "/"]);
    const cookie = first.headers.get("set-cookie")!;
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
    const second = await fetch(link, { redirect: "manual" });
    expect([second.status, (await second.json()).code]).toEqual([401, "sign_in_link_invalid"]);

    const session = { cookie: cookie.split(";")[0]! };
    const me = await fetch(`${url}/api/maquette/v1/me`, { headers: session });
    expect(await me.json()).toMatchObject({ email: "owner@localhost" });
    const foreign = await fetch(`${url}/api/maquette/v1/sign-out`, {
      method: "POST",
      headers: { ...session, origin: "https://evil.example" },
    });
    expect([foreign.status, (await foreign.json()).code]).toEqual([403, "origin_forbidden"]);
    const own = await fetch(`${url}/api/maquette/v1/sign-out`, {
      method: "POST",
      headers: { ...session, origin: url },
    });
    expect(own.status).toBe(200);
    expect((await fetch(`${url}/api/maquette/v1/me`, { headers: session })).status).toBe(401);
  });

  it("is the only one that does so", async () => {
    const one = await start();
    await one.close();
    const two = await start({ dataDir: one.dataDir });
    expect(two.server.firstStart).toBeNull();
  });
});

describe("the command line's part", () => {
  it("makes accounts and links while the server runs, and while it does not", async () => {
    const running = await start();
    const env = { MAQUETTE_DATA: running.dataDir };
    const made = await addAccount("artist@example.com", env);
    const client = await createClient(running.url, made, "artist@example.com");
    expect((await client.get("/api/maquette/v1/me")).body).toMatchObject({
      devID: made.devID,
      email: "artist@example.com",
    });
    await expect(addAccount("Artist@Example.com", env)).rejects.toThrow("exists already");
    await expect(addAccount("nobody", env)).rejects.toThrow("no e-mail address");
    expect(await addSignInLink(null, env)).toMatch(new RegExp(`^${running.url}/sign-in\\?token=`));
    await running.close();

    const later = await addAccount("second@example.com", env);
    const link = await addSignInLink("second@example.com", { ...env, PUBLIC_URL: "https://maquette.example" });
    expect(link).toMatch(/^https:\/\/maquette\.example\/sign-in\?token=/);
    const again = await start({ dataDir: running.dataDir });
    const second = await createClient(again.url, later, "second@example.com");
    expect((await second.get("/api/maquette/v1/me")).status).toBe(200);
  });

  it("asks with a proof that only a reader of the master key has", async () => {
    const { url } = await start();
    const post = (authorization: string) =>
      fetch(`${url}/api/maquette/v1/admin/accounts`, {
        method: "POST",
        headers: { authorization },
        body: '{"email":"x@example.com"}',
      });
    expect((await post("")).status).toBe(401);
    expect((await post("eyJhbGciOiJub25lIn0.eyJzdWIiOiJjb21tYW5kLWxpbmUifQ.")).status).toBe(401);
  });
});

describe("keys", () => {
  it("seal what must be read back, and notice when it was changed", () => {
    const keys = deriveKeys(Buffer.alloc(32, 7));
    const sealed = keys.seal("whsec_secret");
    expect(sealed).not.toBe(keys.seal("whsec_secret"));
    expect(keys.unseal(sealed)).toBe("whsec_secret");
    const altered = Buffer.from(sealed, "base64");
    altered[20]! ^= 1;
    expect(() => keys.unseal(altered.toString("base64"))).toThrow();
    expect(() => deriveKeys(Buffer.alloc(32, 8)).unseal(sealed)).toThrow();
  });

  it("of another installation are refused before they do harm", async () => {
    const one = await start();
    await one.close();
    const other = Buffer.alloc(32, 9).toString("base64");
    await expect(startTestServer({ dataDir: one.dataDir, env: { MAQUETTE_KEY: other } })).rejects.toThrow(ConfigError);
    // The refusal has left nothing locked.
    await start({ dataDir: one.dataDir });
  });
});

describe("a restart", () => {
  it("in the middle of a job loses nothing: it is made again within seconds", async () => {
    let started = 0;
    const hang: RunEngine = (_job, { signal } = {}) => {
      started++;
      return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
    };
    const one = await startTestServer({ runEngine: hang });
    const client = await one.account();
    const requestId = await client.process();
    await until(() => started === 1);
    expect((await client.fetchRequest(requestId)).body.iterations[0]).toMatchObject({
      status: "new",
      queuePosition: 0,
    });
    await one.server.close(0);

    const two = await start({ dataDir: one.dataDir });
    const again = await createClient(two.url, client, client.email);
    const before = Date.now();
    const asset = await again.finished(requestId);
    expect(Date.now() - before).toBeLessThan(5000);
    expect(asset.iterations).toHaveLength(1);
    expect(asset.iterations[0].status).toBe("completed");
    expect(existsSync(join(one.dataDir, "files", "requests", requestId))).toBe(true);
  });
});
