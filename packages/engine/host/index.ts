/**
 * Runs the engine in a process of its own, so that a crash, a leak or an endless loop in it (or in a native decoder)
 * takes one job down and nothing else. This is an edge: the engine itself knows neither processes nor clocks.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Asset, EngineJob, Progress } from "../src/asset.ts";
import { EngineError, type ErrorCode } from "../src/errors.ts";
import type { GeneratorAnswer, GeneratorRequest } from "../src/generator.ts";
import { explainEnd, startSandboxed } from "./sandbox.ts";

export interface RunOptions {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Resident memory at which the process is stopped, MB. */
  memoryMb?: number;
  /** Wall-clock limit, milliseconds. */
  timeoutMs?: number;
  /**
   * Asks the job's generator. It has its own limit of time; that of the engine stands still meanwhile.
   * @param onProgress takes 0–1.
   */
  generate?: (
    request: GeneratorRequest,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ) => Promise<GeneratorAnswer>;
  /** Folder of the learned prior's weights; by default those that come with the package. */
  modelFolder?: string;
  /** What runs; the engine unless a test brings something that misbehaves. */
  program?: string;
}

export const RUN_DEFAULTS = { memoryMb: 4096, timeoutMs: 10 * 60_000 } as const;

const MEMORY_POLL_MS = 250;
/** `child.ts` in the repository, `child.js` in a package that was built. */
const CHILD = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

/** What the child is told. */
export type Message = { kind: "job"; job: EngineJob } | { kind: "generated"; answer: GeneratorAnswer };

/** What the child sends back. */
export type Reply =
  | { kind: "generate"; request: GeneratorRequest }
  | { kind: "progress"; progress: Progress }
  | { kind: "asset"; asset: Asset }
  | { kind: "error"; code: ErrorCode; detail: string; picture: number | null };

/**
 * Runs one job to its end.
 * @throws EngineError as the engine threw it; code `internal` when the process died, ran out of memory or time.
 * @throws the signal's reason when aborted.
 */
export function runEngine(job: EngineJob, options: RunOptions = {}): Promise<Asset> {
  const { onProgress, signal } = options;
  const memoryMb = options.memoryMb ?? RUN_DEFAULTS.memoryMb;
  const timeoutMs = options.timeoutMs ?? RUN_DEFAULTS.timeoutMs;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const folder = options.modelFolder ? [options.modelFolder] : [];
    const child = startSandboxed(options.program ?? CHILD, folder, {
      memoryMb,
      cpuSeconds: Math.ceil(timeoutMs / 1000) * availableParallelism(),
      readable: folder,
    });
    let stage: string = "start";
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2000);
    });
    const stop = (error: unknown) => {
      settle(() => reject(error));
      child.kill("SIGKILL");
    };
    const startTimer = () =>
      setTimeout(
        () =>
          stop(
            new EngineError("internal", `time limit of ${Math.round(timeoutMs / 1000)} s reached in stage ${stage}`),
          ),
        timeoutMs,
      );
    let timer = startTimer();
    const memory = setInterval(() => {
      const rss = residentMb(child.pid);
      if (rss > memoryMb) stop(new EngineError("internal", `memory limit of ${memoryMb} MB reached in stage ${stage}`));
    }, MEMORY_POLL_MS);
    const over = new AbortController();
    const generate = async (request: GeneratorRequest) => {
      clearTimeout(timer);
      const answer = await askGenerator(options, request, over.signal);
      if (settled) return;
      timer = startTimer();
      child.send({ kind: "generated", answer } satisfies Message);
    };
    const abort = () => stop(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let settled = false;
    const settle = (then: () => void) => {
      if (settled) return;
      settled = true;
      over.abort(signal?.aborted ? signal.reason : new Error("the engine process has ended"));
      clearTimeout(timer);
      clearInterval(memory);
      signal?.removeEventListener("abort", abort);
      then();
    };
    child.on("message", (reply: Reply) => {
      if (reply.kind === "progress") {
        stage = reply.progress.stage;
        if (!settled) onProgress?.(reply.progress);
      } else if (reply.kind === "generate") {
        void generate(reply.request);
      } else if (reply.kind === "asset") {
        settle(() => resolve(reply.asset));
        child.disconnect();
      } else {
        settle(() => reject(new EngineError(reply.code, reply.detail, reply.picture)));
        child.disconnect();
      }
    });
    child.on("error", (error) =>
      settle(() => reject(new EngineError("internal", `engine process failed: ${error.message}`))),
    );
    child.on("exit", (code, killed) =>
      settle(() => {
        const how = explainEnd(code, killed);
        const lines = errors.trim().split("\n");
        const last = lines.findLast((line) => /Error\b|^FATAL/.test(line)) ?? lines.pop() ?? "";
        reject(new EngineError("internal", `engine process ended with ${how} in stage ${stage}${last && `: ${last}`}`));
      }),
    );
    child.send({ kind: "job", job } satisfies Message);
  });
}

/** Where the stage begins and ends, within the whole, in which a generator is asked. */
const GENERATING = { from: 0.12, to: 0.27 };

async function askGenerator(
  { generate, onProgress }: RunOptions,
  request: GeneratorRequest,
  signal: AbortSignal,
): Promise<GeneratorAnswer> {
  if (!generate) return { ok: false, cause: "this program has no generators" };
  const { from, to } = GENERATING;
  try {
    return await generate(request, signal, (fraction) => {
      if (!signal.aborted) onProgress?.({ stage: "infer", fraction: from + (to - from) * fraction });
    });
  } catch (error) {
    return { ok: false, cause: error instanceof Error ? error.message : String(error) };
  }
}

function residentMb(pid: number | undefined): number {
  try {
    // Linux only; elsewhere the heap limit alone holds.
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return (pages * 4096) / 1e6;
  } catch {
    return 0;
  }
}
