import type { GeneratorRequest } from "@maquette/engine/generator";
import { type GeneratorClient, GeneratorError, type GeneratorSettings } from "./generator-client.ts";
import { call, postJson, quote } from "./http.ts";

/** Changes only when servers written for the former one would break. */
export const PROTOCOL = "maquette-generator/1";
const CHECK_MS = 3000;

/** The protocol of docs/generator-protocol.md: the pictures in one request, the model in its answer. */
export function plainHttp(settings: GeneratorSettings): GeneratorClient {
  return {
    async generate(request, signal) {
      const { timeoutMs, maxBytes } = settings;
      const response = await postJson(settings, "", bodyOf(request), { timeoutMs, maxBytes, signal });
      const { status, headers, body } = response;
      if (status === 200) return { model: body, companions: [] };
      const wait = Number(headers["retry-after"]);
      throw new GeneratorError(`its server answered ${status}: ${quote(said(body))}`, {
        transient: status === 429 || status >= 500,
        retryAfterSeconds: Number.isFinite(wait) && wait >= 0 ? wait : null,
      });
    },
    async check(signal) {
      const { status } = await call(settings, "", { timeoutMs: CHECK_MS, signal });
      if (status !== 200) throw new GeneratorError(`GET answered ${status} instead of 200`);
    },
  };
}

function bodyOf({ pictures, ...rest }: GeneratorRequest): object {
  return {
    protocol: PROTOCOL,
    ...rest,
    images: pictures.map(({ png, ...view }) => ({ png: Buffer.from(png).toString("base64"), ...view })),
  };
}

/** `error` of a JSON answer, or its text. */
function said(body: Buffer): string {
  const text = body.toString("utf8");
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}
