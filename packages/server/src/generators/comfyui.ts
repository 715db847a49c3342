import { randomUUID } from "node:crypto";
import type { GeneratorRequest } from "@maquette/engine/generator";
import { pause } from "../pause.ts";
import { type GeneratorClient, GeneratorError, type GeneratorSettings } from "./generator-client.ts";
import { call, postJson, quote, readJson } from "./http.ts";
import { fillWorkflow, picturesOf } from "./workflow.ts";

/** Between two looks at the history, milliseconds; the socket only tells how far it is. */
const POLL_MS = 1000;
const CALL_MS = 60_000;
const CHECK_MS = 3000;
/** Looks in a row that may fail, and looks at which neither queue nor history may know the prompt. */
const MISSED_LOOKS = 5;
const MODEL_FILE = /\.(glb|gltf|obj|fbx)$/i;
/** A progress message larger than this is a picture for people. */
const MESSAGE_CHARACTERS = 100_000;

interface OutputFile {
  filename: string;
  subfolder: string;
  type: string;
}

/**
 * ComfyUI, as its `server.py` and `execution.py` are published: pictures go to `/upload/image`, the operator's workflow with
 * their names to `/prompt`, the outcome is asked of `/history`, the file of `/view`. What has to be known of it:
 *
 * - Two prompts that are alike are executed once, and older versions then have no outputs for the second: the names of the
 *   pictures, which are new each time, keep them apart.
 * - A prompt that it lost (a restart) is in neither `/queue` nor `/history`.
 * - `/interrupt` stops whatever runs: it is used only while the queue says that this is ours.
 * - Uploaded pictures stay in its `input/maquette` folder: it has no way of taking them away.
 */
export function comfyui(settings: GeneratorSettings): GeneratorClient {
  const options = (signal: AbortSignal) => ({ timeoutMs: CALL_MS, signal });

  async function upload(png: Uint8Array, name: string, signal: AbortSignal): Promise<string> {
    const form = multipart({ type: "input", subfolder: "maquette", overwrite: "true" }, name, png);
    const response = await call(settings, "/upload/image", { ...options(signal), method: "POST", ...form });
    if (response.status !== 200) throw refusal("/upload/image", response);
    const stored = readJson(response) as { name?: string; subfolder?: string };
    if (typeof stored.name !== "string") throw new GeneratorError("/upload/image gave no name for the picture");
    return stored.subfolder ? `${stored.subfolder}/${stored.name}` : stored.name;
  }

  async function enqueue(request: GeneratorRequest, clientId: string, signal: AbortSignal): Promise<string> {
    const workflow = settings.workflows.find((w) => picturesOf(w, request).missing.length === 0);
    if (!workflow) {
      const { missing } = picturesOf(settings.workflows.at(-1)!, request);
      throw new GeneratorError(`no workflow can do without the picture "${missing[0]}", which was not given`);
    }
    const names = new Map<string, string>();
    const run = randomUUID().slice(0, 8);
    for (const [label, { png }] of picturesOf(workflow, request).pictures) {
      names.set(label, await upload(png, `maquette-${run}-${label}.png`, signal));
    }
    const prompt = fillWorkflow(workflow, names, request);
    const response = await postJson(settings, "/prompt", { prompt, client_id: clientId }, options(signal));
    if (response.status !== 200) throw refusal("/prompt", response);
    const { prompt_id } = readJson(response);
    if (typeof prompt_id !== "string") throw new GeneratorError("/prompt gave no prompt_id");
    return prompt_id;
  }

  async function outcome(promptId: string, deadline: number, signal: AbortSignal): Promise<Record<string, unknown>> {
    let missed = 0;
    for (;;) {
      if (Date.now() > deadline) {
        throw new GeneratorError(`the workflow was not done within ${Math.round(settings.timeoutMs / 1000)} s`);
      }
      try {
        const history = readJson(await call(settings, `/history/${encodeURIComponent(promptId)}`, options(signal)));
        const entry = history[promptId] as Record<string, unknown> | undefined;
        if (entry) return entry;
        if (await isQueued(promptId, signal)) missed = 0;
        else if (++missed === MISSED_LOOKS) {
          throw new GeneratorError("ComfyUI no longer knows of the workflow; was it restarted?", { transient: true });
        }
      } catch (error) {
        if (!(error instanceof GeneratorError) || !error.transient || ++missed >= MISSED_LOOKS) throw error;
      }
      await pause(POLL_MS, signal);
    }
  }

  async function isQueued(promptId: string, signal: AbortSignal): Promise<"running" | "pending" | null> {
    const queue = readJson(await call(settings, "/queue", options(signal)));
    const has = (list: unknown) =>
      Array.isArray(list) && list.some((item) => Array.isArray(item) && item[1] === promptId);
    if (has(queue.queue_running)) return "running";
    return has(queue.queue_pending) ? "pending" : null;
  }

  /** Takes back what nobody waits for any more, as far as that can be done. */
  async function withdraw(promptId: string): Promise<void> {
    const signal = AbortSignal.timeout(CHECK_MS);
    try {
      await postJson(settings, "/queue", { delete: [promptId] }, options(signal));
      if ((await isQueued(promptId, signal)) === "running") {
        await postJson(settings, "/interrupt", { prompt_id: promptId }, options(signal));
      }
    } catch {
      // It goes on for nothing, as it would if it could not be reached at all.
    }
  }

  async function view(file: OutputFile, signal: AbortSignal): Promise<Buffer> {
    const { timeoutMs, maxBytes } = settings;
    const response = await call(settings, `/view?${new URLSearchParams({ ...file })}`, { timeoutMs, maxBytes, signal });
    if (response.status !== 200) throw refusal(`/view of ${file.filename}`, response);
    return response.body;
  }

  return {
    async generate(request, signal, onProgress) {
      const deadline = Date.now() + settings.timeoutMs;
      const clientId = randomUUID();
      const listener = new ProgressListener(settings, clientId, onProgress);
      try {
        const promptId = await enqueue(request, clientId, signal);
        listener.prompt = promptId;
        let entry: Record<string, unknown>;
        try {
          entry = await outcome(promptId, deadline, signal);
        } catch (error) {
          await withdraw(promptId);
          throw error;
        }
        const fault = faultOf(entry);
        if (fault) throw new GeneratorError(fault);
        const file = modelOf(entry, settings.outputNode);
        if (!file) throw new GeneratorError("the workflow ended without writing a GLB, OBJ or FBX file");
        return { model: await view(file, signal), companions: [] };
      } finally {
        listener.close();
      }
    },
    async check(signal) {
      const { status } = await call(settings, "/system_stats", { timeoutMs: CHECK_MS, signal });
      if (status !== 200) throw new GeneratorError(`/system_stats answered ${status}; is it ComfyUI?`);
    },
  };
}

/** Hears on ComfyUI's socket how far a prompt is. Without it nothing is lost but that. */
class ProgressListener {
  prompt: string | null = null;
  readonly #socket: WebSocket | null;
  readonly #nodes = new Set<string>();
  #furthest = 0;

  constructor(settings: GeneratorSettings, clientId: string, onProgress: (fraction: number) => void) {
    const total = Math.max(1, ...settings.workflows.map((workflow) => Object.keys(workflow).length));
    try {
      const url = `${settings.url.replace(/^http/, "ws").replace(/\/+$/, "")}/ws?clientId=${clientId}`;
      this.#socket = new WebSocket(url, { headers: settings.headers } as never);
    } catch {
      this.#socket = null;
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onerror = () => {};
    this.#socket.onmessage = ({ data }) => {
      if (typeof data !== "string" || data.length > MESSAGE_CHARACTERS) return;
      const fraction = this.#read(data, total);
      if (fraction === null || fraction <= this.#furthest) return;
      this.#furthest = Math.min(0.99, fraction);
      onProgress(this.#furthest);
    };
  }

  #read(text: string, total: number): number | null {
    try {
      const { type, data } = JSON.parse(text) as { type?: string; data?: Record<string, unknown> };
      if (!data || (data.prompt_id !== undefined && data.prompt_id !== this.prompt)) return null;
      if (type === "executing" && typeof data.node === "string") {
        this.#nodes.add(data.node);
        return (this.#nodes.size - 1) / total;
      }
      if (type !== "progress") return null;
      const within = Number(data.value) / Number(data.max);
      return Number.isFinite(within) ? (Math.max(0, this.#nodes.size - 1) + within) / total : null;
    } catch {
      return null;
    }
  }

  close(): void {
    this.#socket?.close();
  }
}

/** What `status` of a history entry says went wrong; null when nothing did. */
function faultOf(entry: Record<string, unknown>): string | null {
  const { status_str, messages } = (entry.status ?? {}) as { status_str?: string; messages?: unknown[] };
  if (status_str !== "error") return null;
  for (const message of Array.isArray(messages) ? messages : []) {
    if (!Array.isArray(message)) continue;
    const [name, data] = message as [string, Record<string, unknown>];
    if (name === "execution_interrupted") return "the workflow was interrupted in ComfyUI";
    if (name === "execution_error") {
      return `its node ${quote(data.node_type ?? data.node_id)} failed: ${quote(data.exception_message ?? data.exception_type)}`;
    }
  }
  return "the workflow failed, and ComfyUI does not say why";
}

/**
 * The file that a workflow wrote: what its nodes report as `{filename, subfolder, type}` under any key (`3d` of SaveGLB), or as
 * a path in the output folder (`result` of Preview3D). One that is kept is better than one for a preview, a later node than
 * an earlier one.
 */
function modelOf(entry: Record<string, unknown>, outputNode: string | null): OutputFile | null {
  const outputs = (entry.outputs ?? {}) as Record<string, Record<string, unknown>>;
  const nodes = Object.keys(outputs).filter((node) => outputNode === null || node === outputNode);
  const found = nodes.flatMap((node) =>
    Object.values(outputs[node] ?? {}).flatMap((list) => (Array.isArray(list) ? list.flatMap(asFile) : [])),
  );
  return found.findLast((file) => file.type === "output") ?? found.at(-1) ?? null;
}

function asFile(value: unknown): OutputFile[] {
  if (typeof value === "string") {
    if (!MODEL_FILE.test(value)) return [];
    const parts = value.split(/[\\/]/);
    return [{ filename: parts.pop()!, subfolder: parts.filter(Boolean).join("/"), type: "output" }];
  }
  const { filename, subfolder, type } = (value ?? {}) as Partial<OutputFile>;
  if (typeof filename !== "string" || !MODEL_FILE.test(filename)) return [];
  return [{ filename, subfolder: String(subfolder ?? ""), type: String(type ?? "output") }];
}

function refusal(what: string, { status, body }: { status: number; body: Buffer }): GeneratorError {
  let said: unknown = body.toString("utf8");
  try {
    const { error, node_errors } = JSON.parse(said as string) as {
      error?: { message?: string; details?: string };
      node_errors?: Record<string, { class_type?: string; errors?: { message?: string; details?: string }[] }>;
    };
    const nodes = Object.values(node_errors ?? {}).flatMap(({ class_type, errors }) =>
      (errors ?? []).map(({ message, details }) => `${class_type}: ${message} (${details})`),
    );
    said = [error?.message, ...nodes].filter(Boolean).join("; ") || said;
  } catch {
    // Its words as they are.
  }
  return new GeneratorError(`${what} answered ${status}: ${quote(said)}`, {
    transient: status >= 500 || status === 429,
  });
}

function multipart(fields: Record<string, string>, filename: string, data: Uint8Array) {
  const boundary = `maquette-${randomUUID()}`;
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="${filename}"\r\nContent-Type: image/png\r\n\r\n`;
  return {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(texts.join("") + head), data, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
