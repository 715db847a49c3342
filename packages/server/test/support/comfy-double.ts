import { createHash, randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { parseMultipart } from "../../src/api/parse-multipart.ts";
import { answerJson, type Served, serve } from "./serve.ts";

type Prompt = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

export interface ComfyDouble extends Served {
  /** Pictures that were uploaded, by their name in the input folder. */
  uploads: Map<string, Buffer>;
  /** Prompts that were accepted, as they were sent. */
  prompts: Prompt[];
  /** Ids of prompts that were interrupted or taken out of the queue. */
  withdrawn: string[];
  /** What a node's Python raises; null for nothing. */
  raises: string | null;
  /** Forgets all prompts, as a restart does. */
  restart(): void;
  /** How long a node takes, milliseconds. */
  ms: number;
}

const NODES = new Set(["LoadImage", "ImageOnlyCheckpointLoader", "KSampler", "VAEDecodeHunyuan3D", "SaveGLB"]);

/**
 * A double of ComfyUI after its published `server.py` and `execution.py`: it runs no nodes, but uploads, checks, queues,
 * remembers and tells as they do. One prompt at a time; `SaveGLB` "writes" the model.
 */
export async function startComfy(model: Uint8Array): Promise<ComfyDouble> {
  const queue: { id: string; prompt: Prompt; client: string | undefined; gone: boolean; lost: boolean }[] = [];
  let running: (typeof queue)[number] | null = null;
  let history: Record<string, unknown> = {};
  const sockets = new Map<string, Duplex>();
  const tell = (client: string | undefined, type: string, data: object) => {
    const socket = client === undefined ? undefined : sockets.get(client);
    if (socket && !socket.destroyed) socket.write(frame(JSON.stringify({ type, data })));
  };
  const work = async () => {
    while (!running && queue.length > 0) {
      running = queue.shift()!;
      const { id, prompt, client } = running;
      const messages: [string, object][] = [["execution_start", { prompt_id: id }]];
      const outputs: Record<string, object> = {};
      let failed = false;
      for (const [node, { class_type }] of Object.entries(prompt)) {
        tell(client, "executing", { node, prompt_id: id });
        for (let step = 1; step <= 2; step++) {
          await new Promise((done) => setTimeout(done, double.ms / 2));
          tell(client, "progress", { value: step, max: 2, prompt_id: id, node });
        }
        if (running.gone)
          messages.push(["execution_interrupted", { prompt_id: id, node_id: node, node_type: class_type }]);
        else if (double.raises !== null && class_type === "KSampler") {
          messages.push([
            "execution_error",
            {
              prompt_id: id,
              node_id: node,
              node_type: class_type,
              exception_message: double.raises,
              exception_type: "RuntimeError",
            },
          ]);
        } else {
          if (class_type === "SaveGLB") {
            outputs[node] = { "3d": [{ filename: "ComfyUI_00001_.glb", subfolder: "mesh", type: "output" }] };
          }
          continue;
        }
        failed = true;
        break;
      }
      if (!failed) messages.push(["execution_success", { prompt_id: id }]);
      const { lost } = running;
      running = null;
      if (lost) continue;
      history[id] = {
        prompt: [0, id, prompt, {}, []],
        outputs,
        status: { status_str: failed ? "error" : "success", completed: !failed, messages },
      };
    }
  };
  const served = await serve((request, raw, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://double");
    const route = `${request.method} ${pathname.replace(/\/[0-9a-f-]{36}$/, "/:id")}`;
    switch (route) {
      case "GET /system_stats":
        return answerJson(response, 200, { system: { comfyui_version: "double" }, devices: [] });
      case "POST /upload/image": {
        const boundary = /boundary=(.+)$/.exec(request.headers["content-type"]!)![1]!;
        const parts = parseMultipart(raw, boundary);
        const text = (name: string) => parts.find((part) => part.name === name)?.data.toString() ?? "";
        const image = parts.find((part) => part.name === "image");
        if (!image?.filename) return void response.writeHead(400).end();
        let name = image.filename;
        const path = () => [text("subfolder"), name].filter(Boolean).join("/");
        if (text("overwrite") !== "true")
          for (let i = 1; double.uploads.has(path()); i++) name = `${image.filename} (${i})`;
        double.uploads.set(path(), image.data);
        return answerJson(response, 200, { name, subfolder: text("subfolder"), type: "input" });
      }
      case "POST /prompt": {
        const { prompt, client_id } = JSON.parse(raw.toString()) as { prompt?: Prompt; client_id?: string };
        if (!prompt) return answerJson(response, 400, { error: "no prompt", node_errors: [] });
        const wrong = validate(prompt, double.uploads);
        if (wrong) return answerJson(response, 400, wrong);
        const id = randomUUID();
        double.prompts.push(prompt);
        queue.push({ id, prompt, client: client_id, gone: false, lost: false });
        void work();
        return answerJson(response, 200, { prompt_id: id, number: double.prompts.length, node_errors: {} });
      }
      case "GET /history/:id": {
        const id = pathname.split("/").pop()!;
        return answerJson(response, 200, history[id] ? { [id]: history[id] } : {});
      }
      case "GET /queue":
        return answerJson(response, 200, {
          queue_running: running ? [[0, running.id, running.prompt, {}, []]] : [],
          queue_pending: queue.map(({ id, prompt }, i) => [i, id, prompt, {}, []]),
        });
      case "POST /queue": {
        const { delete: ids = [] } = JSON.parse(raw.toString()) as { delete?: string[] };
        for (const id of ids) {
          const at = queue.findIndex((item) => item.id === id);
          if (at >= 0) double.withdrawn.push(queue.splice(at, 1)[0]!.id);
        }
        return void response.end();
      }
      case "POST /interrupt":
        if (running) {
          running.gone = true;
          double.withdrawn.push(running.id);
        }
        return void response.end();
      case "GET /view": {
        const asked = [searchParams.get("type"), searchParams.get("subfolder"), searchParams.get("filename")].join("/");
        if (asked !== "output/mesh/ComfyUI_00001_.glb") return void response.writeHead(404).end();
        response.writeHead(200, { "content-type": "application/octet-stream" }).end(model);
        return;
      }
      default:
        response.writeHead(404).end("404: Not Found");
    }
  });
  served.server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("error", () => {});
    socket.on("data", () => {});
    const client = new URL(request.url!, "http://double").searchParams.get("clientId") ?? "";
    sockets.set(client, socket);
    tell(client, "status", { status: { exec_info: { queue_remaining: queue.length } }, sid: client });
  });
  const double: ComfyDouble = {
    ...served,
    uploads: new Map(),
    prompts: [],
    withdrawn: [],
    raises: null,
    ms: 100,
    restart() {
      queue.length = 0;
      history = {};
      if (running) Object.assign(running, { id: "of the former process", lost: true });
    },
    async close() {
      for (const socket of sockets.values()) socket.destroy();
      await served.close();
    },
  };
  return double;
}

/** `validate_prompt`: nodes that do not exist, pictures that were not uploaded. */
function validate(prompt: Prompt, uploads: Map<string, Buffer>): object | null {
  for (const [id, { class_type, inputs }] of Object.entries(prompt)) {
    if (!NODES.has(class_type)) {
      return {
        error: {
          type: "invalid_prompt",
          message: `Cannot execute because node ${class_type} does not exist.`,
          details: `Node ID '#${id}'`,
          extra_info: {},
        },
        node_errors: {},
      };
    }
    if (class_type === "LoadImage" && !uploads.has(String(inputs.image))) {
      return {
        error: {
          type: "prompt_outputs_failed_validation",
          message: "Prompt outputs failed validation",
          details: "",
          extra_info: {},
        },
        node_errors: {
          [id]: {
            errors: [
              {
                type: "custom_validation_failed",
                message: "Custom validation failed for node",
                details: `image - Invalid image file: ${inputs.image}`,
                extra_info: {},
              },
            ],
            dependent_outputs: [],
            class_type,
          },
        },
      };
    }
  }
  return null;
}

/** An unmasked text frame (RFC 6455). */
function frame(text: string): Buffer {
  const data = Buffer.from(text);
  const head =
    data.length < 126
      ? Buffer.from([0x81, data.length])
      : Buffer.from([0x81, 126, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, data]);
}
