import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import type { S3Config } from "../../packages/server/src/config/read-config.ts";
import type { Random } from "./random.ts";

export interface FlakyS3 {
  config: S3Config;
  /** Calls that were made to fail. */
  failed: number;
  calm(): void;
  close(): Promise<void>;
}

/** A real S3 server behind a network that fails a share of the calls: before, after, or slowly. */
export async function startFlakyS3(random: Random, share: number): Promise<FlakyS3> {
  const directory = mkdtempSync(join(tmpdir(), "maquette-chaos-s3-"));
  const s3 = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: "assets", configs: [] }],
  });
  const { port } = (await s3.run()) as AddressInfo;
  let wild = true;
  const flaky = { failed: 0 };
  const proxy = createServer((incoming, outgoing) => {
    const fate = wild && random.next() < share ? random.pick(["busy", "reset", "lost answer", "slow"]) : "passes";
    if (fate !== "passes") flaky.failed++;
    if (fate === "reset") return void incoming.socket.destroy();
    if (fate === "busy") {
      incoming.resume();
      return void outgoing
        .writeHead(503, { "content-type": "application/xml" })
        .end("<Error><Code>SlowDown</Code></Error>");
    }
    const onward = send(
      { host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        if (fate === "lost answer") {
          answer.resume();
          return void incoming.socket.destroy();
        }
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => incoming.socket.destroy());
    incoming.on("error", () => onward.destroy());
    setTimeout(() => incoming.pipe(onward), fate === "slow" ? 1500 : 0);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return Object.assign(flaky, {
    config: {
      endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      bucket: "assets",
      accessKeyId: "S3RVER",
      secretAccessKey: "S3RVER",
    },
    calm() {
      wild = false;
    },
    async close() {
      proxy.closeAllConnections();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
      await s3.close();
      rmSync(directory, { recursive: true, force: true });
    },
  });
}
