import type { Asset, EngineJob, Hooks, Progress } from "../src/asset.ts";
import { EngineError } from "../src/errors.ts";
import { finishModel } from "../src/finish-model.ts";
import type { GeneratorAnswer, GeneratorRequest } from "../src/generator.ts";
import type { Models } from "../src/models.ts";
import { makeAsset, makeTestCube } from "../src/pipeline.ts";
import type { Message, Reply } from "./index.ts";
import { loadContentCheck } from "./load-content-check.ts";
import { MatteLoader } from "./load-matte-model.ts";
import { loadModels } from "./load-models.ts";

type AssetJob = Extract<EngineJob, { kind: "asset" }>;

const send = (reply: Reply): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send!(reply, undefined, undefined, () => done());
    else done();
  });

// The parent is gone: nobody wants the result any more.
process.on("disconnect", () => process.exit(0));

process.once("message", async (message: Message) => {
  if (message.kind !== "job") return;
  const { job } = message;
  const hooks = {
    onProgress: (progress: Progress) => void send({ kind: "progress", progress }),
  };
  try {
    await send({ kind: "asset", asset: await run(job, hooks) });
  } catch (error) {
    if (error instanceof EngineError) {
      await send({ kind: "error", code: error.code, detail: error.detail, picture: error.picture });
    } else {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      await send({ kind: "error", code: "internal", detail, picture: null });
    }
  }
});

/** The parent has the network; this process has none of its own. */
async function generate(request: GeneratorRequest): Promise<GeneratorAnswer> {
  const answered = new Promise<GeneratorAnswer>((resolve) => {
    process.once("message", (message: Message) => {
      if (message.kind === "generated") resolve(message.answer);
    });
  });
  await send({ kind: "generate", request });
  return answered;
}

async function make({ pictures, options, generator }: AssetJob, hooks: Hooks): Promise<Asset> {
  const loader = new MatteLoader(process.env.MAQUETTE_MATTE_MODEL);
  const content = loadContentCheck(process.env);
  let warning: string | null = null;
  const loadPrior = async () => {
    const loaded = await tryToLoad();
    warning = loaded.warning;
    return loaded.models;
  };
  const asset = await makeAsset(
    pictures,
    options,
    hooks,
    loadPrior,
    loader.model,
    generator ? { ...generator, generate } : null,
    content,
  );
  asset.report.warnings.push(...[warning, loader.warning].filter((w) => w !== null));
  return asset;
}

/** An asset from silhouettes alone is better than none, as long as the report says so. */
async function tryToLoad(): Promise<{ models: Models | null; warning: string | null }> {
  try {
    return { models: await loadModels(process.argv[2]), warning: null };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return {
      models: null,
      warning: `Made from silhouettes alone, so sides that no picture shows are plain: ${cause}. Install the weights and ONNX Runtime with npm ci, or ask for this with --no-prior.`,
    };
  }
}

function run(job: EngineJob, hooks: Hooks): Promise<Asset> {
  if (job.kind === "cube") return makeTestCube(job.options, hooks);
  if (job.kind === "finish") return finishModel(job.model, new Map(job.companions), job.options, hooks);
  return make(job, hooks);
}
