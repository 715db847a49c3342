/** The process that evaluates objects, one after another, for as long as its parent sends some. */
import { makeMethod } from "../methods/registry.ts";
import { evaluateObject } from "./evaluate.ts";
import type { Job, Reply } from "./pool.ts";

process.on("disconnect", () => process.exit(0));

process.on("message", async ({ model, settings }: Job) => {
  const { cases, methods, measured, weights, quality, seed, pictures } = settings;
  let reply: Reply;
  try {
    const made = await Promise.all(methods.map((name) => makeMethod(name, quality, seed, measured, weights)));
    reply = { kind: "outcome", outcome: await evaluateObject(model, cases, made, seed, pictures) };
  } catch (error) {
    reply = { kind: "failure", message: error instanceof Error ? error.message : String(error) };
  }
  process.send!(reply);
});
