import type { GeneratorRequest } from "@maquette/engine/generator";
import { pause } from "../pause.ts";
import { type GeneratorClient, GeneratorError, type GeneratorSettings } from "./generator-client.ts";
import { call, postJson, quote, readJson } from "./http.ts";

/** Between two looks at a job, milliseconds. */
const POLL_MS = 1000;
/** Of one look. While `/generate` of somebody else runs, the server of Hunyuan3D-2 answers nobody: it blocks its loop. */
const LOOK_MS = 60_000;
const CHECK_MS = 3000;
/** Looks in a row that may fail before the server counts as gone. */
const MISSED_LOOKS = 5;
/** A job that no server has: both generations answer for any number, so that it shows whether they answer at all. */
const NO_JOB = "00000000-0000-0000-0000-000000000000";
/** `model_base64`, and in 2.1 the bare model beside it. */
const BASE64_FACTOR = (2 * 4) / 3;

/**
 * The `api_server.py` of Hunyuan3D-2 and Hunyuan3D-2.1, as published. What has to be known of it:
 *
 * - It takes one picture, as base64 in JSON. Others are not sent.
 * - `/send` starts a thread and answers with a `uid`; `/status/{uid}` looks whether a file is there. A job that failed, or
 *   that never was, is "processing" for ever: only our own time-out ends it.
 * - The file is there as soon as it is begun: what comes may be cut short, and is then asked for again.
 * - 2.1 calls a job complete only when it was painted: without `texture` it is "texturing" for ever, like one whose painting
 *   failed. So bare models are made with `/generate`, which answers with the file when it is done.
 * - `/generate` answers every error with 404 and the same words, whatever it was; 2.1 refuses wrong fields with 422.
 * - `type` other than glb is never found by `/status`.
 */
export function hunyuan3d(settings: GeneratorSettings): GeneratorClient {
  const body = ({ pictures, seed }: GeneratorRequest) => ({
    seed: seed % 2 ** 32,
    texture: settings.texture,
    ...settings.parameters,
    type: "glb",
    image: Buffer.from(pictures[0]!.png).toString("base64"),
  });

  async function make(request: GeneratorRequest, signal: AbortSignal): Promise<Uint8Array> {
    const { timeoutMs, maxBytes } = settings;
    const response = await postJson(settings, "/generate", body(request), { timeoutMs, maxBytes, signal });
    if (response.status === 404) {
      throw new GeneratorError(
        "its server answered 404, which it does for every error: what it was stands in its own log",
        { transient: true },
      );
    }
    if (response.status !== 200) throw refusal(response);
    return response.body;
  }

  async function send(
    request: GeneratorRequest,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<Uint8Array> {
    const deadline = Date.now() + settings.timeoutMs;
    const sent = await postJson(settings, "/send", body(request), { timeoutMs: LOOK_MS, signal });
    if (sent.status !== 200) throw refusal(sent);
    const { uid } = readJson(sent);
    if (typeof uid !== "string" || !/^[\w-]{1,64}$/.test(uid)) {
      throw new GeneratorError("its server took the picture and gave no uid for it");
    }
    let last = "processing";
    for (let missed = 0; ; ) {
      await pause(POLL_MS, signal);
      const left = deadline - Date.now();
      if (left <= 0) throw tooLong(last, settings.timeoutMs);
      let answer: Record<string, unknown>;
      try {
        const looked = await call(settings, `/status/${uid}`, {
          timeoutMs: Math.min(LOOK_MS, left),
          maxBytes: Math.ceil(settings.maxBytes * BASE64_FACTOR),
          signal,
        });
        answer = readJson(looked);
        missed = 0;
      } catch (error) {
        if (!(error instanceof GeneratorError) || !error.transient || ++missed === MISSED_LOOKS) throw error;
        continue;
      }
      last = quote(answer.status ?? "nothing");
      if (answer.status === "texturing") onProgress(0.6);
      if (answer.status === "error") throw new GeneratorError(`its server said: ${quote(answer.message)}`);
      if (answer.status !== "completed") continue;
      const model = Buffer.from(String(answer.model_base64 ?? ""), "base64");
      if (isWhole(model)) return model;
      last = "completed, but the model is cut short";
    }
  }

  return {
    async generate(request, signal, onProgress) {
      const model = settings.texture ? await send(request, signal, onProgress) : await make(request, signal);
      return { model, companions: [] };
    },
    async check(signal) {
      const { status } = await call(settings, `/status/${NO_JOB}`, { timeoutMs: CHECK_MS, signal });
      if (status !== 200) throw new GeneratorError(`/status answered ${status}; is it the api_server of Hunyuan3D?`);
    },
  };
}

/** Its length stands in a GLB's header. */
function isWhole(model: Buffer): boolean {
  return model.length >= 12 && model.toString("latin1", 0, 4) === "glTF" && model.readUInt32LE(8) <= model.length;
}

function tooLong(last: string, timeoutMs: number): GeneratorError {
  const seconds = Math.round(timeoutMs / 1000);
  return new GeneratorError(
    `it was not done within ${seconds} s (its last word was "${last}", which its server also says of jobs that failed)`,
  );
}

function refusal({ status, body }: { status: number; body: Buffer }): GeneratorError {
  return new GeneratorError(`its server answered ${status}: ${quote(body.toString("utf8"))}`, {
    transient: status >= 500 || status === 429,
  });
}
