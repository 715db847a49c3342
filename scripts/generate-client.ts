import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, readConfig, startServer } from "@maquette/server";
import { generateApi } from "../packages/client/scripts/generate-api.ts";

/** `npm run generate:client`: the client's types, from the document that this version's server serves. */
const directory = mkdtempSync(join(tmpdir(), "maquette-document-"));
const server = await startServer(readConfig({ PORT: "0", HOST: "127.0.0.1", MAQUETTE_DATA: directory }), {
  log: createLog("warn"),
});
try {
  const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
  console.log(`${generateApi(document)} written`);
} finally {
  await server.close(0);
  rmSync(directory, { recursive: true, force: true });
}
