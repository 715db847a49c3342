import { EngineError } from "@maquette/engine/errors";
import { type PictureFormat, sniffFormat } from "@maquette/engine/ingest/sniff-format";
import { LIMITS } from "../config/limits.ts";
import { pause } from "../pause.ts";
import type { AddressPolicy } from "../webhooks/address-policy.ts";
import { OutgoingError, type Resolve, sendRequest } from "../webhooks/send-request.ts";

const TIMEOUT_MS = 30_000;
const REDIRECTS = 3;
const TRIES = 3;
const FIRST_PAUSE_MS = 500;

/** Why a picture could not be had, in a sentence for the user. */
export class FetchError extends Error {
  readonly code = "image_unreachable";

  constructor(index: number, url: string, why: string) {
    super(`Image ${index + 1} could not be fetched from ${url}: ${why}.`);
    this.name = "FetchError";
  }
}

export interface FetchOptions {
  policy: AddressPolicy;
  signal: AbortSignal;
  resolve?: Resolve;
}

/**
 * Fetches a picture from a URL that a user gave: bounded in bytes and seconds, trying again what may pass.
 * @throws FetchError naming the URL, EngineError when what came is no picture
 */
export async function fetchPicture(
  url: string,
  index: number,
  options: FetchOptions,
): Promise<{ data: Buffer; format: PictureFormat }> {
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const outcome = await tryOnce(url, options);
    if ("data" in outcome) return { data: outcome.data, format: formatOf(outcome.data, url, index) };
    if (!outcome.transient || attempt === TRIES) throw new FetchError(index, url, outcome.why);
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()), options.signal);
  }
}

type Outcome = { data: Buffer } | { why: string; transient: boolean };

async function tryOnce(url: string, options: FetchOptions): Promise<Outcome> {
  try {
    const { status, headers, body } = await sendRequest(url, {
      method: "GET",
      policy: options.policy,
      timeoutMs: TIMEOUT_MS,
      maxBytes: LIMITS.imageBytes,
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

function formatOf(data: Buffer, url: string, index: number): PictureFormat {
  const from = `fetched from ${url}`;
  if (data.length === 0) throw new EngineError("image_empty", from, index);
  const sniffed = sniffFormat(data);
  if (sniffed.format === null) throw new EngineError("image_unsupported", `${sniffed.looksLike}, ${from}`, index);
  return sniffed.format;
}
