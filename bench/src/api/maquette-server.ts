import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, readConfig, startServer } from "@maquette/server";
import { answerParent } from "./answer-parent.ts";

/**
 * A server whose engine never ends: jobs queue up, so that what is measured is the API and not the making of assets. Limits
 * on how much an account may ask for are out of the way.
 */
const directory = mkdtempSync(join(tmpdir(), "maquette-bench-"));
const config = readConfig({
  PORT: "0",
  HOST: "127.0.0.1",
  MAQUETTE_DATA: directory,
  MAQUETTE_RATE_LIMIT: "100000000",
  MAQUETTE_QUEUE_LIMIT: "1000000",
  MAQUETTE_CONCURRENCY: "1",
  ...(process.env.DATABASE_URL ? { DATABASE_URL: process.env.DATABASE_URL } : {}),
});
const server = await startServer(config, { log: createLog("info"), runEngine: () => new Promise(() => {}) });
const credentials = JSON.parse(readFileSync(join(directory, "credentials.json"), "utf8"));
const { devID, apiKey } = credentials;

async function call(path: string, headers: Record<string, string>, body: object) {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": apiKey, ...headers },
    body: JSON.stringify({ devID, ...body }),
  });
  return (await response.json()) as { jwt: string; requestID: string };
}

const { jwt } = await call("/api/v1/refreshJWT", { "refresh-token": credentials.refreshToken }, {});
const headers = { "x-api-key": apiKey, authorization: jwt };
const { requestID } = await call("/api/v1/process", headers, { test: true, imageUrls: ["https://example.com/a.png"] });
answerParent({ url: server.url, headers, devID, requestID }, async () => {
  // The job that never ends is not waited for.
  void server.close(0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  rmSync(directory, { recursive: true, force: true });
});
