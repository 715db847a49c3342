import { randomUUID } from "node:crypto";
import { answerJson, type Served, serve } from "./serve.ts";

/** What goes wrong in its worker, as its Python would. */
export type HunyuanFault = "none" | "generate" | "texture";

export interface HunyuanDouble extends Served {
  /** Bodies that it was sent. */
  // biome-ignore lint/suspicious/noExplicitAny: read field by field, and each test says what it expects.
  requests: any[];
  fault: HunyuanFault;
  /** How long a model takes, milliseconds; painting takes as long again. */
  ms: number;
  /** What of the file is there at the first look at it: `os.path.exists` is true as soon as it is opened. */
  firstLook: number;
}

interface Job {
  initialAt: number;
  texturedAt: number;
  looks: number;
}

/** The words of `SERVER_ERROR_MSG`, whatever went wrong. */
const ERROR = {
  text: "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**",
  error_code: 1,
};

/**
 * A double of `api_server.py`, after the published sources of Hunyuan3D-2 (2ee4770) and of Hunyuan3D-2.1 (0406efe), which
 * differ: it makes no models, but answers as they do, faults included.
 */
export async function startHunyuan(generation: "2" | "2.1", model: Uint8Array): Promise<HunyuanDouble> {
  const jobs = new Map<string, Job>();
  /** `async def generate` computes in the event loop: nobody is answered meanwhile. */
  let loop: Promise<void> = Promise.resolve();
  const file = Buffer.from(model);
  const served = await serve(async (request, raw, response) => {
    await loop;
    const { method, url } = request;
    const now = Date.now();
    if (method === "POST" && (url === "/generate" || url === "/send")) {
      const params = JSON.parse(raw.toString());
      double.requests.push(params);
      const wrong = generation === "2.1" ? invalidField(params) : null;
      if (wrong) return answerJson(response, 422, { detail: [wrong] });
      const fails = double.fault === "generate" || typeof params.image !== "string";
      if (url === "/generate") {
        loop = new Promise((done) => setTimeout(done, double.ms));
        await loop;
        if (fails) return answerJson(response, 404, ERROR);
        response.writeHead(200, { "content-type": "model/gltf-binary" }).end(file);
        return;
      }
      const uid = randomUUID();
      // A thread whose exception nobody sees.
      const paints = params.texture === true && double.fault !== "texture";
      jobs.set(uid, {
        initialAt: fails ? Infinity : now + double.ms,
        texturedAt: fails || !paints ? Infinity : now + 2 * double.ms,
        looks: 0,
      });
      return answerJson(response, 200, { uid });
    }
    if (method === "GET" && generation === "2.1" && url === "/health") {
      return answerJson(response, 200, { status: "healthy", worker_id: "double" });
    }
    const uid = /^\/status\/(.+)$/.exec(url!)?.[1];
    if (method === "GET" && uid !== undefined) {
      const job = jobs.get(uid);
      const isThere = (at: number) => now >= at;
      const doneAt = generation === "2.1" || double.fault === "texture" ? job?.texturedAt : job?.initialAt;
      if (!job || !isThere(job.initialAt)) return answerJson(response, 200, { status: "processing" });
      if (!isThere(doneAt!))
        return answerJson(response, 200, { status: generation === "2.1" ? "texturing" : "processing" });
      const part = ++job.looks === 1 ? Math.floor(double.firstLook * file.length) : file.length;
      return answerJson(response, 200, {
        status: "completed",
        model_base64: file.subarray(0, part).toString("base64"),
        ...(generation === "2.1" ? { initial_model_base64: file.toString("base64") } : {}),
      });
    }
    answerJson(response, 404, { detail: "Not Found" });
  });
  const double: HunyuanDouble = { ...served, requests: [], fault: "none", ms: 100, firstLook: 1 };
  return double;
}

/** What pydantic says of the fields of `GenerationRequest`. */
function invalidField(params: Record<string, unknown>): object | null {
  const ranges: [string, number, number][] = [
    ["seed", 0, 2 ** 32 - 1],
    ["octree_resolution", 64, 512],
    ["num_inference_steps", 1, 20],
    ["face_count", 1000, 100_000],
  ];
  if (typeof params.image !== "string") return { type: "missing", loc: ["body", "image"], msg: "Field required" };
  for (const [name, min, max] of ranges) {
    const value = params[name];
    if (value === undefined || (typeof value === "number" && value >= min && value <= max)) continue;
    return { type: "less_than_equal", loc: ["body", name], msg: `Input should be less than or equal to ${max}` };
  }
  return null;
}
