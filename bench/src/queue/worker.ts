/** A worker of `bench:queue`: takes jobs, but its engine waits until the parent says that all workers are there. */
import { setTimeout as sleep } from "node:timers/promises";
import { runEngine } from "@maquette/engine/host";
import { createLog, readConfig, startServer } from "@maquette/server";
import { standInEngine } from "../../../packages/server/test/support/stand-in-engine.ts";

const engine = process.argv[2]!;
let go: () => void = () => {};
const started = new Promise<void>((resolve) => {
  go = resolve;
});
const make = engine === "real" ? runEngine : standInEngine({ ms: 0 });
const server = await startServer(readConfig(process.env, "worker"), {
  log: createLog("error"),
  runEngine: async (job, options) => {
    await started;
    if (engine === "wait") await sleep(100);
    return make(job, options);
  },
});
process.on("message", (message) => {
  if (message === "go") go();
  else void server.close(0).then(() => process.exit(0));
});
process.send!("ready");
