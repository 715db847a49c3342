import { t } from "../strings.ts";

const BASE = "/api/maquette/v1";

/** A refusal of the API, in its own words. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  /** What helps further, if the API said so. */
  readonly hint: string | null;

  constructor(status: number, code: string, message: string, hint: string | null = null) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Told when the session is over; set by the app's frame. */
export const session = { onLost: () => {} };

/**
 * Asks the API, with the session's cookie.
 * @param path below the product's own routes
 * @throws Problem
 */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: "same-origin",
      headers: body === undefined || isForm ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new Problem(0, "offline", t.problems.offline);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const code = answer?.code ?? "unreadable";
  if (response.status === 401 && code === "session_required") session.onLost();
  throw new Problem(response.status, code, readable(answer?.message ?? t.problems.unreadable), answer?.cause ?? null);
}

/** The reason alone, without the sentence that the specification wraps around it. */
function readable(message: string): string {
  const wrapped = /^Request failed due to (.*), please check your payload and headers and try again$/.exec(message);
  return wrapped ? `${t.problems.refused} ${wrapped[1]}.` : message;
}

/** A link as the API gives it, on the origin that this page came from: the policy allows no other. */
export function local(link: string): string {
  const url = new URL(link, location.href);
  return url.pathname.startsWith("/files/") ? url.pathname + url.search : link;
}

/** The small picture of an input of an asset. */
export function imageThumbnail(requestID: string, imageID: string): string {
  return `${BASE}/requests/${requestID}/images/${imageID}/thumbnail`;
}

export function iterationThumbnail(requestID: string, iterationID: string): string {
  return `${BASE}/requests/${requestID}/iterations/${iterationID}/thumbnail`;
}

export function batchLink(requestIDs: string[], format: string): string {
  return `${BASE}/batch.zip?requestIDs=${requestIDs.join(",")}&format=${format}`;
}

export const EVENTS = `${BASE}/events`;
