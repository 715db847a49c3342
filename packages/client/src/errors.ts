import type { Error as ErrorBody } from "./api.ts";

/** A refusal of the server. */
export class ApiError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Stable, for programs: `queue_full`, `image_refused` and so on; null when what answered was no Maquette server. */
  readonly code: ErrorBody["code"] | null;
  /** More about the reason, where the server gives it. */
  readonly detail: string | null;
  readonly requestID: string | null;
  /** Seconds after which it is worth trying again, where the server gives them. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Partial<ErrorBody> | null, retryAfter: number | null) {
    super(body?.message ?? `The server answered ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = body?.code ?? null;
    this.detail = body?.cause ?? null;
    this.requestID = body?.requestID ?? null;
    this.retryAfter = retryAfter;
  }
}

/** An asset that could not be made. The message is the reason and what to change. */
export class AssetDismissed extends Error {
  readonly requestID: string;
  readonly iterationID: string;

  constructor(requestID: string, iterationID: string, reason: string) {
    super(reason);
    this.name = "AssetDismissed";
    this.requestID = requestID;
    this.iterationID = iterationID;
  }
}

/** A request that got no answer: the server is not there, or the connection broke. */
export class ConnectionError extends Error {
  constructor(url: string, cause: unknown) {
    super(`No answer from ${new URL(url).origin}: ${(cause as Error)?.message ?? cause}`, { cause });
    this.name = "ConnectionError";
  }
}

/** A webhook message that did not come from the server, or is too old. */
export class WebhookVerificationError extends Error {
  constructor(why: string) {
    super(`The webhook message cannot be trusted: ${why}`);
    this.name = "WebhookVerificationError";
  }
}
