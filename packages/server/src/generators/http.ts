import type { AddressPolicy } from "../webhooks/address-policy.ts";
import { hostOf, portOf } from "../webhooks/address-policy.ts";
import { OutgoingError, type OutgoingResponse, sendRequest } from "../webhooks/send-request.ts";
import { GeneratorError, type GeneratorSettings } from "./generator-client.ts";

/** Bytes of an answer that is not a model. */
const ANSWER_BYTES = 4 * 1024 * 1024;

export interface Call {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Milliseconds. */
  timeoutMs: number;
  maxBytes?: number;
  signal: AbortSignal;
}

/**
 * Calls a generator. Its address is the operator's choice, so that it may be a private one; what it answers is bounded in
 * bytes and time like a stranger's, and it redirects nobody.
 * @throws GeneratorError, or the signal's reason
 */
export async function call(settings: GeneratorSettings, path: string, options: Call): Promise<OutgoingResponse> {
  const base = new URL(settings.url);
  const url = path === "" ? settings.url : `${settings.url.replace(/\/+$/, "")}${path}`;
  const policy: AddressPolicy = { allow: [{ kind: "host", host: hostOf(base), port: portOf(base) }], loopback: true };
  try {
    return await sendRequest(url, {
      method: options.method ?? "GET",
      headers: { ...settings.headers, ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      policy,
      timeoutMs: options.timeoutMs,
      maxBytes: options.maxBytes ?? ANSWER_BYTES,
      overflow: "fail",
      redirects: 0,
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof OutgoingError) throw new GeneratorError(error.message, { transient: error.transient });
    throw error;
  }
}

export function postJson(settings: GeneratorSettings, path: string, body: unknown, options: Call) {
  return call(settings, path, {
    ...options,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** @throws GeneratorError when the answer is not a JSON object */
export function readJson(response: OutgoingResponse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(response.body.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new GeneratorError(`it answered ${response.status} with something that is not a JSON object`);
}

/** A piece of what a generator said, fit for a sentence. */
export function quote(value: unknown): string {
  const text = (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replace(/\s+/g, " ").trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
