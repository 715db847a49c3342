import { type Error as ErrorBody, type Operations, ROUTES } from "./api.ts";
import { ApiError, ConnectionError } from "./errors.ts";

export type OperationName = keyof Operations;
export type Answer<Name extends OperationName> = Operations[Name]["answer"];

export type CallInput<Name extends OperationName> = {
  query?: Partial<Operations[Name]["query"]>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Whether asking twice does no harm. Default: GET and HEAD only. */
  repeatable?: boolean;
} & (Record<never, never> extends Operations[Name]["path"]
  ? { path?: Operations[Name]["path"] }
  : { path: Operations[Name]["path"] }) &
  (Operations[Name]["body"] extends undefined ? { body?: undefined } : { body: Operations[Name]["body"] });

export interface Transport {
  baseUrl: string;
  fetch: typeof fetch;
  /** How often a request is tried again when that may help. */
  retries: number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Refused before anything was done. */
const NOT_DONE = new Set([429, 503]);

/**
 * Sends a request of an operation, and again when that may help: after a refusal that says so, and, if repeating it does
 * no harm, after a connection that broke.
 * @throws ApiError, ConnectionError
 */
export async function send<Name extends OperationName>(
  { baseUrl, fetch, retries }: Transport,
  name: Name,
  input: CallInput<Name>,
): Promise<Answer<Name>> {
  const [method, template] = ROUTES[name];
  const url = baseUrl + fill(template, (input.path ?? {}) as Record<string, string>) + search(input.query ?? {});
  const { body, signal, repeatable = method === "GET" } = input;
  const isForm = body instanceof FormData;
  const request: RequestInit = {
    method,
    headers: { ...(body === undefined || isForm ? {} : { "content-type": "application/json" }), ...input.headers },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryOnce(fetch, url, request);
    if (!(outcome instanceof Error)) return outcome as Answer<Name>;
    signal?.throwIfAborted();
    const worthIt =
      outcome instanceof ApiError ? NOT_DONE.has(outcome.status) || (repeatable && outcome.status >= 500) : repeatable;
    if (!worthIt || attempt >= retries) throw outcome;
    const asked = outcome instanceof ApiError && outcome.retryAfter !== null ? outcome.retryAfter * 1000 : 0;
    await pause(
      Math.min(LONGEST_PAUSE_MS, Math.max(asked, FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()))),
      signal,
    );
  }
}

async function tryOnce(fetch: Transport["fetch"], url: string, request: RequestInit): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, request);
    text = await response.text();
  } catch (error) {
    return new ConnectionError(url, error);
  }
  const isJson = response.headers.get("content-type")?.includes("json");
  if (response.ok && isJson) return JSON.parse(text);
  return toError(response, isJson ? JSON.parse(text) : null);
}

export function toError(response: Response, body: Partial<ErrorBody> | null): ApiError {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ApiError(response.status, body, Number.isNaN(retryAfter) ? null : retryAfter);
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(values[name] ?? ""));
}

function search(query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
