import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createClient, newDirectory, PNG, startTestServer, until } from "./support/start.ts";

const ENTRY = fileURLToPath(new URL("../../../e2e/chaos/serve.ts", import.meta.url));
/** A namespace of users lets everybody mount what nobody else sees. */
const APART = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc"];
/** The database takes 36 MB. */
const DISK = "size=120m";

let server: ChildProcess | null = null;
afterAll(() => server?.kill("SIGKILL"));

it("a full disk costs nothing that was accepted, and once there is room the server goes on by itself", async () => {
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
  const script = `${mount} && cp -r ${before.dataDir}/. ${disk} && exec "$@"`;
  const child = spawn(unshare!, [...apart, script, "sh", process.execPath, ENTRY], {
    env: { PATH: process.env.PATH!, HOST: "127.0.0.1", PORT: "0", MAQUETTE_LOG: "silent", MAQUETTE_DATA: disk },
    stdio: ["ignore", "pipe", "pipe"],
  });
  server = child;
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      words += chunk;
    });
  }
  const url = await until(() => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${words}`);
    return /^http:\S+$/m.exec(words)?.[0];
  }, 50_000);
  const client = await createClient(url, credentials, "artist@example.com");
  const upload = () => {
    const form = new FormData();
    form.append("image", new Blob([PNG]), "chair.png");
    return client.post("/api/v1/process", form);
  };
  const accepted: string[] = [(await upload()).body.requestID];

  const filler = `/proc/${child.pid}/root${join(disk, "filler")}`;
  fill(filler);
  const refused = await upload();
  expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
  // Without a picture a request needs the database alone, which has room in the pages that it has: a few are accepted.
  const full = await until(async () => {
    const answer = await client.post("/api/v1/process", { test: true, imageUrls: ["https://example.com/a.png"] });
    if (answer.status === 201) accepted.push(answer.body.requestID);
    return answer.status === 201 ? null : answer;
  }, 60_000);
  expect([full.status, full.body.code, full.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);

  rmSync(filler);
  const next = await until(async () => {
    const answer = await upload();
    return answer.status === 201 ? answer : null;
  });
  accepted.push(next.body.requestID);
  for (const id of accepted) expect((await client.finished(id, 60_000)).iterations[0].status).toBe("completed");
  // And what was refused is not there.
  const { body } = await client.get(`/api/v1/fetchAll?devID=${client.devID}`);
  expect(body.assets.map((asset: { requestID: string }) => asset.requestID).sort()).toEqual(accepted.sort());
}, 180_000);

/** Writes until not a byte more fits. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const size of [65_536, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
