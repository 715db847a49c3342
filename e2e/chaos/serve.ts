/** The server of a chaos run, in a process of its own: what `maquette serve` does, and it says where it listens. */
import { closeOnSignal, serve } from "@maquette/server";
import { standInEngine } from "../../packages/server/test/support/stand-in-engine.ts";

const [role = "all", engine = "stand-in"] = process.argv.slice(2);
const server = await serve({
  role,
  print: () => {},
  // A cube of the real engine takes 0.7 s of processor time; thousands of them show no more than a few do.
  ...(engine === "real" ? {} : { runEngine: standInEngine({ ms: 60 }) }),
});
console.log(server.url);
await closeOnSignal(server);
