import { pause } from "../pause.ts";
import type { AddressPolicy } from "../webhooks/address-policy.ts";
import { OutgoingError, type Resolve, sendRequest } from "../webhooks/send-request.ts";

const REDIRECTS = 3;
const TRIES = 3;
const FIRST_PAUSE_MS = 500;

/** Why a picture or a model could not be had, in a sentence for the user. */
export class FetchError extends Error {
  readonly code: "image_unreachable" | "model_unreachable";

  /** @param index of the picture, from 0; null for a model */
  constructor(index: number | null, url: string, why: string) {
    super(`${index === null ? "The model" : `Image ${index + 1}`} could not be fetched from ${url}: ${why}.`);
    this.name = "FetchError";
    this.code = index === null ? "model_unreachable" : "image_unreachable";
  }
}

export interface FetchOptions {
  policy: AddressPolicy;
  signal: AbortSignal;
  resolve?: Resolve;
}

/**
 * Fetches what a user gave the URL of: bounded in bytes and seconds, trying again what may pass.
 * @param index of the picture, from 0; null for a model
 * @throws FetchError naming the URL
 */
export async function fetchFile(
  url: string,
  index: number | null,
  limits: { maxBytes: number; timeoutMs: number },
  options: FetchOptions,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const outcome = await tryOnce(url, limits, options);
    if ("data" in outcome) return outcome.data;
    if (!outcome.transient || attempt === TRIES) throw new FetchError(index, url, outcome.why);
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()), options.signal);
  }
}

type Outcome = { data: Buffer } | { why: string; transient: boolean };

async function tryOnce(
  url: string,
  limits: { maxBytes: number; timeoutMs: number },
  options: FetchOptions,
): Promise<Outcome> {
  try {
    const { status, headers, body } = await sendRequest(url, {
      method: "GET",
      policy: options.policy,
      ...limits,
      overflow: "fail",
      redirects: REDIRECTS,
      signal: options.signal,
      ...(options.resolve ? { resolve: options.resolve } : {}),
    });
    if (status < 200 || status > 299) {
      return { why: `the server answered ${status}`, transient: status >= 500 || status === 429 || status === 408 };
    }
    const encoding = headers["content-encoding"];
    if (encoding && encoding !== "identity") {
      return { why: `the server sent it compressed (${encoding}), which was not asked for`, transient: false };
    }
    return { data: body };
  } catch (error) {
    if (error instanceof OutgoingError) return { why: error.message, transient: error.transient };
    throw error;
  }
}
