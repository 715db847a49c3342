const CHECK = "please check your payload and headers and try again";

/**
 * Every way in which the API says no. One registry: the code is stable, `%s` is the offending value or the reason. The
 * messages that clients compare are those of the specification, to the letter.
 */
const REGISTRY = {
  // -- who is asking
  api_key_missing: { status: 401, text: "The X-API-Key header is missing" },
  api_key_wrong: { status: 401, text: "The API key is not valid for this user" },
  jwt_missing: { status: 401, text: "The Authorization header is missing: send the JWT of registerHook or refreshJWT" },
  jwt_invalid: { status: 401, text: "The JWT is not valid: get a new one with refreshJWT" },
  jwt_expired: { status: 401, text: "The JWT has expired: get a new one with refreshJWT" },
  jwt_superseded: {
    status: 401,
    text: "A newer JWT has replaced this one: use that, or get a new one with refreshJWT",
  },
  session_required: { status: 401, text: "Sign in, or send X-API-Key and Authorization" },
  sign_in_link_invalid: {
    status: 401,
    text: "This sign-in link was used already or has expired: make a new one with `maquette account link`",
  },
  sign_in_failed: { status: 401, text: "The e-mail address or the password is wrong" },
  password_wrong: { status: 403, text: "The current password is wrong" },
  operator_only: { status: 403, text: "Only the operator of this server may see this" },
  dev_id_mismatch: { status: 403, text: "The devID is not the one that the JWT was made for" },
  studio_forbidden: { status: 403, text: "The studio %s does not exist or you are not a member of it" },
  role_forbidden: { status: 403, text: "Only %s of the studio may do this" },
  origin_forbidden: { status: 403, text: "Requests with a session come from the web app only, not from %s" },
  user_unknown: { status: 404, text: "User does not exist" },
  refresh_failed: { status: 400, text: "Request failed, please check your api-key and refresh-token and try again" },
  too_many_failures: { status: 429, text: "Too many failed attempts: wait %s seconds" },

  // -- what is asked
  quality_invalid: { status: 406, text: "Invalid level of quality inputed" },
  dev_id_required: { status: 400, text: "DevID is required, please make sure you are sending as a query parameter" },
  request_invalid: { status: 400, text: `Request failed due to %s, ${CHECK}` },
  image_refused: { status: 400, text: `Request failed due to %s, ${CHECK}` },
  model_refused: { status: 400, text: `Request failed due to %s, ${CHECK}` },
  wish_unknown: { status: 400, text: `Request failed due to %s, ${CHECK}` },
  body_invalid: { status: 400, text: `Request failed due to %s, ${CHECK}` },
  http_invalid: { status: 400, text: "The request is not valid HTTP (%s)" },
  request_timeout: { status: 408, text: "The request did not arrive in time" },
  body_too_large: { status: 413, text: "The request body is larger than %s" },
  uri_too_long: { status: 414, text: "The URL is too long" },
  encoding_unsupported: { status: 415, text: "Content-Encoding %s cannot be read: send the body as it is" },
  headers_too_large: { status: 431, text: "The request headers are larger than 16 kB" },
  idempotency_conflict: {
    status: 409,
    text: "This Idempotency-Key was used within 24 hours for a request with another body",
  },

  // -- too much
  rate_limited: { status: 429, text: "Too many requests: wait %s seconds" },
  queue_full: { status: 429, text: "%s of your assets are waiting already: wait until some are done" },
  quota_requests: { status: 429, text: "You have asked for %s, or ask the operator of this server for more" },
  quota_storage: {
    status: 403,
    text: "Your pictures and files take up %s: delete assets that you no longer need, or ask the operator of this server for more",
  },
  uploads_busy: { status: 429, text: "Too many uploads at the moment: try again in a few seconds" },

  // -- things
  route_unknown: { status: 404, text: "There is no %s" },
  request_unknown: { status: 404, text: "The request does not exist" },
  iteration_unknown: { status: 404, text: "The iteration does not exist" },
  session_unknown: { status: 404, text: "The session does not exist any more" },
  thumbnail_unknown: { status: 404, text: "There is no picture of it yet" },
  project_unknown: { status: 404, text: "The project does not exist" },
  account_unknown: { status: 404, text: "No account has the e-mail address %s" },
  member_unknown: { status: 404, text: "The studio has no such member" },
  destination_unknown: { status: 404, text: "The webhook destination does not exist" },
  delivery_unknown: { status: 404, text: "The delivery does not exist" },
  state_conflict: { status: 409, text: "%s" },
  account_exists: { status: 409, text: "An account with the e-mail address %s exists already" },
  link_invalid: { status: 403, text: "The download link was altered: fetch the request again for fresh ones" },
  link_expired: { status: 403, text: "The download link has expired: fetch the request again for fresh ones" },
  file_unknown: { status: 404, text: "The file does not exist any more" },
  files_removed: {
    status: 410,
    text: "The file was deleted %s days after it was made, as this server is set: revise the asset to make it again",
  },
  range_invalid: { status: 416, text: "The range %s lies outside the file" },

  // -- us
  internal: { status: 500, text: "Something failed on our side, it has been logged" },
  stopping: { status: 503, text: "The server is stopping: try again in a few seconds" },
  unavailable: {
    status: 503,
    text: "The database or the storage cannot be reached or is full at the moment, nothing was accepted: try again in a few seconds",
  },
  not_ready: { status: 503, text: "Not ready: %s" },
} as const;

export type ApiErrorCode = keyof typeof REGISTRY;

export interface ApiErrorBody {
  status: "error";
  message: string;
  code: ApiErrorCode;
  cause?: string;
  requestID?: string;
}

export interface ApiErrorDetails {
  /** What stands for `%s`. */
  value?: string | number;
  cause?: string;
  headers?: Record<string, string>;
}

/** An answer other than success. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly details: ApiErrorDetails;

  constructor(code: ApiErrorCode, details: ApiErrorDetails = {}) {
    const entry = REGISTRY[code];
    super(entry.text.replace("%s", () => String(details.value ?? "")));
    this.name = "ApiError";
    this.code = code;
    this.status = entry.status;
    this.details = details;
  }

  /** What is answered. @param requestID of the asset that it is about, if the client may know of it */
  body(requestID: string | null = null): ApiErrorBody {
    const { cause } = this.details;
    return {
      status: "error",
      message: this.message,
      code: this.code,
      ...(cause === undefined ? {} : { cause }),
      ...(requestID === null ? {} : { requestID }),
    };
  }
}

/** A 400 of `process` with the concrete reason. */
export function invalid(reason: string): ApiError {
  return new ApiError("request_invalid", { value: reason });
}

export function retryLater(
  code: "rate_limited" | "queue_full" | "uploads_busy" | "too_many_failures" | "unavailable",
  value: string | number,
  seconds: number,
): ApiError {
  return new ApiError(code, { value, headers: { "retry-after": String(Math.max(1, Math.ceil(seconds))) } });
}

/** All codes with their status and text, for the reference page and for tests. */
export const API_ERROR_CODES: Readonly<Record<ApiErrorCode, { status: number; text: string }>> = REGISTRY;
