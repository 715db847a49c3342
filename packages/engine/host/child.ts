import type { EngineJob } from "../src/asset.ts";
import { EngineError } from "../src/errors.ts";
import { makeAsset, makeTestCube } from "../src/pipeline.ts";
import type { Reply } from "./index.ts";

const send = (reply: Reply): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send!(reply, undefined, undefined, () => done());
    else done();
  });

// The parent is gone: nobody wants the result any more.
process.on("disconnect", () => process.exit(0));

process.once("message", async (job: EngineJob) => {
  const hooks = {
    onProgress: (progress: import("../src/asset.ts").Progress) => void send({ kind: "progress", progress }),
  };
  try {
    const asset =
      job.kind === "cube" ? await makeTestCube(job.options, hooks) : await makeAsset(job.pictures, job.options, hooks);
    await send({ kind: "asset", asset });
  } catch (error) {
    if (error instanceof EngineError) {
      await send({ kind: "error", code: error.code, detail: error.detail, picture: error.picture });
    } else {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      await send({ kind: "error", code: "internal", detail, picture: null });
    }
  }
});
