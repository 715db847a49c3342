import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createClient, newDirectory, PNG, startTestServer, until } from "./support/start.ts";

const ENTRY = fileURLToPath(new URL("../../../e2e/chaos/serve.ts", import.meta.url));
const CALLS = "write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2";

// What a power cut would leave cannot be tried in a test; what has reached the disk before the answer can be seen.
it("a request is flushed to the disk, database and picture, before it is answered with 201", async () => {
  // The database is made beforehand: its forty megabytes are not what is to be seen.
  const before = await startTestServer();
  const { dataDir } = before;
  const credentials = await before.account("artist@example.com");
  await before.close();
  const trace = join(newDirectory(), "trace");
  const server = spawn(
    "strace",
    [
      "-f",
      "--seccomp-bpf",
      "-y",
      "-s",
      "24",
      "-e",
      `trace=${CALLS}`,
      "-e",
      "signal=none",
      "-o",
      trace,
      process.execPath,
      ENTRY,
    ],
    {
      env: { PATH: process.env.PATH!, HOST: "127.0.0.1", PORT: "0", MAQUETTE_LOG: "silent", MAQUETTE_DATA: dataDir },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: strace passes no signal on.
      detached: true,
    },
  );
  try {
    let words = "";
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (chunk) => {
        words += chunk;
      });
    }
    const url = await until(() => {
      if (server.exitCode !== null) throw new Error(`strace ended with ${server.exitCode}: ${words}`);
      return /^http:\S+$/m.exec(words)?.[0];
    }, 50_000);
    const client = await createClient(url, credentials, "artist@example.com");
    const form = new FormData();
    form.append("image", new Blob([PNG]), "chair.png");
    const { status, body } = await client.post("/api/v1/process", form);
    expect(status).toBe(201);
    const calls = await until(() => {
      const lines = readFileSync(trace, "utf8").split("\n");
      const answer = lines.findIndex((line) => line.includes('"HTTP/1.1 201'));
      return answer > 0 ? lines.slice(0, answer) : null;
    });
    const lastOf = (pattern: RegExp) => calls.findLastIndex((line) => pattern.test(line));

    const logged = lastOf(/(pwrite64|pwritev|write|writev)\(\d+<[^>]*\/pg_wal\//);
    const flushed = lastOf(/fsync\(\d+<[^>]*\/pg_wal\//);
    expect(logged).toBeGreaterThan(0);
    expect(flushed).toBeGreaterThan(logged);

    const picture = `requests/${body.requestID}/input`;
    const written = lastOf(new RegExp(`write.*<[^>]*${picture}/[^>]*\\.tmp>`));
    const synced = lastOf(new RegExp(`fsync\\(\\d+<[^>]*${picture}/[^>]*\\.tmp>`));
    const renamed = lastOf(new RegExp(`rename.*${picture}`));
    const entry = lastOf(new RegExp(`fsync\\(\\d+<[^>]*${picture}>`));
    expect(written).toBeGreaterThan(0);
    expect([synced > written, renamed > synced, entry > renamed]).toEqual([true, true, true]);
    // The picture's row must not be there before the picture.
    expect(flushed).toBeGreaterThan(entry);
  } finally {
    process.kill(-server.pid!, "SIGKILL");
  }
});
