import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { openEmbedded } from "../src/db/open-database.ts";
import { type Client, createClient, newDirectory, PNG, startTestServer, until } from "./support/start.ts";

const ENTRY = fileURLToPath(new URL("../../../e2e/chaos/serve.ts", import.meta.url));
/** A namespace of users lets everybody mount what nobody else sees. */
const APART = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc"];
/** The database takes 36 MB. */
const DISK = "size=120m";
/** The mount lasts as long as the shell in it: one line to its input starts the server again on the same disk. */
const AGAIN = 'while true; do code=0; "$@" || code=$?; echo "ended with $code"; read -r _; done';
const START_MS = 50_000;
/** Bytes of a file of the write-ahead log. */
const LOG_FILE = 16 * 1024 * 1024;
/** With less than a quarter of it left, a checkpoint makes the next one. */
const LOG_LEFT = 0.27 * LOG_FILE;

interface OnDisk {
  client: Client;
  /** What the processes have said since they were last started. */
  words(): string;
  /** Writes a file until so many bytes are left. */
  fill(left?: number): void;
  /** Takes that file away again. */
  empty(): void;
  /** Starts the server again once it has ended. */
  again(): Promise<Client>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of running.splice(0)) process.kill(-pid!, "SIGKILL");
});

/** A server in a process of its own, on a disk of its own. @param logLeft bytes until its log needs another file */
async function startOnDisk(env: Record<string, string>, logLeft: number | null = null): Promise<OnDisk> {
  const disk = newDirectory();
  const mount = `mount -t tmpfs -o ${DISK} tmpfs ${disk}`;
  const [unshare, ...apart] = APART;
  const probe = spawnSync(unshare!, [...apart, mount], { encoding: "utf8" });
  if (probe.status !== 0) {
    const allow = "run the tests as root, or `sysctl -w kernel.unprivileged_userns_clone=1`";
    throw new Error(`no disk of its own could be mounted for this test: ${allow} (${probe.stderr?.trim()})`);
  }
  const before = await startTestServer();
  const credentials = await before.account("artist@example.com");
  await before.close();
  if (logLeft !== null) await useUpLog(before.dataDir, logLeft);
  const script = `${mount}; cp -r ${before.dataDir}/. ${disk}; ${AGAIN}`;
  const shell = spawn(unshare!, [...apart, script, "sh", process.execPath, ENTRY], {
    env: { PATH: process.env.PATH!, HOST: "127.0.0.1", PORT: "0", MAQUETTE_LOG: "silent", MAQUETTE_DATA: disk, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  running.push(shell);
  let words = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on("data", (chunk) => {
      words += chunk;
    });
  }
  const connect = async () => {
    const url = await until(() => {
      if (shell.exitCode !== null || words.includes("ended with")) throw new Error(`the server ended: ${words}`);
      return /^http:\S+$/m.exec(words)?.[0];
    }, START_MS);
    return createClient(url, credentials, "artist@example.com");
  };
  const filler = `/proc/${shell.pid}/root${join(disk, "filler")}`;
  return {
    client: await connect(),
    words: () => words,
    fill: (left = 0) => fill(filler, left),
    empty: () => rmSync(filler),
    again() {
      words = "";
      shell.stdin.write("\n");
      return connect();
    },
  };
}

/** Writes messages to nobody into the database's log, which spares the test thousands of requests. */
async function useUpLog(dataDir: string, left: number): Promise<void> {
  const { pglite, close } = await openEmbedded(dataDir);
  await pglite!.query(
    `select pg_logical_emit_message(false, '', repeat('.', $1::int - mod(pg_current_wal_insert_lsn() - '0/0', $1::int)::int - $2::int))`,
    [LOG_FILE, Math.floor(left)],
  );
  await close();
}

function upload(client: Client) {
  const form = new FormData();
  form.append("image", new Blob([PNG]), "chair.png");
  return client.post("/api/v1/process", form);
}

async function expectAllThere(client: Client, accepted: string[]): Promise<void> {
  for (const id of accepted) expect((await client.finished(id, 60_000)).iterations[0].status).toBe("completed");
  // And what was refused is not there.
  const { body } = await client.get(`/api/v1/fetchAll?devID=${client.devID}`);
  expect(body.assets.map((asset: { requestID: string }) => asset.requestID).sort()).toEqual(accepted.sort());
}

it("a disk that is full up to its reserve takes no new work, and once there is room the server goes on by itself", async () => {
  const { client, fill, empty } = await startOnDisk({ MAQUETTE_RESERVE_MEGABYTES: "40", MAQUETTE_CONCURRENCY: "1" });
  const ready = () => client.get("/readyz");
  const metric = async (name: string) => {
    const { body } = await client.get("/metrics");
    return Number(new RegExp(`^${name.replace(/[{}]/g, "\\$&")} (\\S+)$`, "m").exec(body)?.[1]);
  };
  const waiting = () => metric('maquette_assets_pending{state="queued"}');
  expect((await ready()).status).toBe(200);
  expect(await metric("maquette_disk_free_bytes")).toBeGreaterThan(45e6);
  const accepted = await Promise.all(Array.from({ length: 40 }, () => client.process()));

  fill(20e6);
  const refusal = await until(async () => {
    const answer = await ready();
    return answer.status === 503 ? answer.body : null;
  });
  expect([refusal.code, refusal.message]).toEqual([
    "not_ready",
    expect.stringMatching(/^Not ready: the disk has (19|20) MB left, and 40 MB are kept in reserve$/),
  ]);
  expect(await metric("maquette_disk_free_bytes")).toBeLessThan(21e6);
  const revise = () => client.post(`/api/maquette/v1/requests/${accepted[0]}/iterations`, { height: 50 });
  await client.finished(accepted[0]!);
  for (const refused of [await upload(client), await client.post("/api/v1/process", CUBE), await revise()]) {
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
  }
  // What ran ends; what waits, waits.
  await until(async () => (await metric('maquette_assets_pending{state="running"}')) === 0);
  const left = await waiting();
  expect(left).toBeGreaterThan(0);
  await new Promise((later) => setTimeout(later, 1500));
  expect(await waiting()).toBe(left);

  empty();
  await until(async () => (await ready()).status === 200);
  accepted.push((await upload(client)).body.requestID);
  await expectAllThere(client, accepted);
}, 180_000);

it("a full disk costs nothing that was accepted, also when the database's log finds no room, which ends the server", async () => {
  const disk = await startOnDisk({ MAQUETTE_RESERVE_MEGABYTES: "0", MAQUETTE_RATE_LIMIT: "10000000" }, LOG_LEFT);
  let { client } = disk;
  const accepted: string[] = [(await upload(client)).body.requestID];

  disk.fill();
  const refused = await upload(client);
  expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
  // Without a picture a request needs the database alone, which has room in the pages that it has: a few are accepted.
  const full = await until(async () => {
    const answer = await client.post("/api/v1/process", CUBE);
    if (answer.status === 201) accepted.push(answer.body.requestID);
    return answer.status === 201 ? null : answer;
  }, 60_000);
  expect([full.status, full.body.code, full.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
  disk.empty();
  const next = await until(async () => {
    const answer = await upload(client);
    return answer.status === 201 ? answer : null;
  });
  accepted.push(next.body.requestID);
  for (const id of accepted) await client.finished(id, 60_000);

  // Changes that need no page but the one they are on go on, until their file of the log is used up.
  disk.fill();
  const [changed] = accepted;
  const names: string[] = [];
  let kept = 0;
  await until(async () => {
    try {
      for (let n = 0; n < 50; n++) {
        const name = randomBytes(60).toString("hex");
        const tags = Array.from({ length: 24 }, () => randomBytes(28).toString("base64url"));
        const sent = names.push(name);
        const { status } = await client.request("PATCH", `/api/maquette/v1/requests/${changed}`, { name, tags });
        if (status === 200) kept = sent;
      }
    } catch {
      // The connection is cut when the server ends.
    }
    return disk.words().includes("ended with");
  }, 200_000);
  expect(disk.words()).toMatch(
    /the embedded database in \S+ does not work \(.*No space left on device; 0 MB are free on its disk\)\. .*\nended with 1\n/,
  );

  // As a supervisor may do at once.
  await expect(disk.again()).rejects.toThrow(/does not work \(.*No space left on device/);
  await until(() => disk.words().includes("ended with 1"));

  disk.empty();
  client = await disk.again();
  await expectAllThere(client, accepted);
  // The last change that was answered; one that was not may have been made.
  const { body } = await client.get("/api/maquette/v1/requests?limit=100");
  const { name } = body.assets.find(({ requestID }: { requestID: string }) => requestID === changed);
  expect(names.slice(kept - 1)).toContain(name);
}, 360_000);

const CUBE = { test: true, imageUrls: ["https://example.com/a.png"] };

/** Writes until so many bytes are left, none by default: then not one more fits. */
function fill(path: string, left: number): void {
  const file = openSync(path, "w");
  const room = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize > left;
  };
  try {
    for (const size of [65_536, 1]) {
      try {
        while (left === 0 || room()) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
