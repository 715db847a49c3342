import { lookup as systemLookup } from "node:dns";
import { type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import {
  type AddressPolicy,
  allowedByName,
  checkAddress,
  checkUrl,
  ForbiddenUrl,
  hostOf,
  portOf,
} from "./address-policy.ts";

export interface Resolved {
  address: string;
  family: number;
}

/** All addresses of a name. Injected in tests that play a hostile name server. */
export type Resolve = (host: string) => Promise<Resolved[]>;

export interface OutgoingOptions {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  policy: AddressPolicy;
  /** From the start to the last byte, redirects included, ms. */
  timeoutMs: number;
  maxBytes: number;
  /** What to do with an answer over `maxBytes` or not complete in time: fail, or keep what came. */
  overflow: "fail" | "truncate";
  /** Redirects to follow; each is checked like the first. */
  redirects: number;
  resolve?: Resolve;
  /** Ends the request with the signal's reason. */
  signal?: AbortSignal;
}

export interface OutgoingResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An outgoing request that brought no answer. */
export class OutgoingError extends Error {
  /** Whether trying again may help. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.name = "OutgoingError";
    this.transient = transient;
  }
}

/**
 * Makes an HTTP request to a URL that somebody outside chose. Every address is checked in the very look-up whose
 * result the socket connects to, so that a name cannot change its address between check and use, and once more on the
 * connected socket.
 * @throws OutgoingError, or the signal's reason
 */
export async function sendRequest(text: string, options: OutgoingOptions): Promise<OutgoingResponse> {
  const deadline = Date.now() + options.timeoutMs;
  let target = text;
  for (let hops = 0; ; hops++) {
    options.signal?.throwIfAborted();
    let url: URL;
    try {
      url = checkUrl(target, options.policy);
    } catch (error) {
      const where = hops === 0 ? "" : `redirected to ${clip(target)}: `;
      throw new OutgoingError(where + (error as Error).message, false);
    }
    const response = await sendOnce(url, options, deadline);
    const location = response.headers.location;
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!isRedirect || options.redirects === 0) return response;
    if (hops === options.redirects) throw new OutgoingError(`more than ${options.redirects} redirects`, false);
    try {
      target = new URL(location, url).href;
    } catch {
      throw new OutgoingError(`redirected to ${clip(location)}, which is not a URL`, false);
    }
  }
}

function sendOnce(url: URL, options: OutgoingOptions, deadline: number): Promise<OutgoingResponse> {
  const { policy, maxBytes } = options;
  const host = hostOf(url);
  const port = portOf(url);
  const trusted = allowedByName(host, port, policy);
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      settled();
      reject(error);
      request.destroy();
    };
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
      method: options.method,
      // A connection of its own: none that was checked for another host is used again.
      agent: false,
      lookup: checkedLookup(host, port, trusted, policy, options.resolve ?? systemResolve),
      headers: {
        "user-agent": "Maquette",
        accept: "*/*",
        "accept-encoding": "identity",
        ...(options.body === undefined ? {} : { "content-length": Buffer.byteLength(options.body) }),
        ...options.headers,
      },
    });
    const abort = () => fail(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let keepPartial: (() => void) | null = null;
    const timer = setTimeout(
      () => {
        if (keepPartial) keepPartial();
        else fail(new OutgoingError(`no complete answer within ${Math.round(options.timeoutMs / 1000)} s`, true));
      },
      Math.max(0, deadline - Date.now()),
    );
    request.on("socket", (socket) =>
      socket.on("connect", () => {
        if (trusted || !socket.remoteAddress) return;
        try {
          checkAddress(socket.remoteAddress, port, policy);
        } catch (error) {
          fail(new OutgoingError((error as Error).message, false));
        }
      }),
    );
    request.on("error", (error) => fail(describe(error)));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () => {
        settled();
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      };
      const cut = () => {
        finish();
        request.destroy();
      };
      if (options.overflow === "truncate") keepPartial = cut;
      response.on("data", (chunk: Buffer) => {
        if (size + chunk.length > maxBytes) {
          if (options.overflow === "fail") {
            fail(new OutgoingError(`the answer is larger than ${megabytes(maxBytes)} MB`, false));
          } else {
            chunks.push(chunk.subarray(0, maxBytes - size));
            cut();
          }
          return;
        }
        size += chunk.length;
        chunks.push(chunk);
      });
      response.on("end", finish);
      response.on("error", (error) => fail(describe(error)));
      response.on("aborted", () => fail(new OutgoingError("the connection was cut in the middle of the answer", true)));
    });
    request.end(options.body);
  });
}

function checkedLookup(
  host: string,
  port: number,
  trusted: boolean,
  policy: AddressPolicy,
  resolve: Resolve,
): LookupFunction {
  return (_hostname, lookupOptions, callback) => {
    resolve(host).then(
      (addresses) => {
        let refusal: Error = new ForbiddenUrl("the name has no address");
        const allowed = addresses.filter(({ address }) => {
          if (trusted) return true;
          try {
            checkAddress(address, port, policy);
            return true;
          } catch (error) {
            refusal = error as Error;
            return false;
          }
        });
        const first = allowed[0];
        if (!first) callback(refusal, "", 0);
        else if (lookupOptions.all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, "", 0),
    );
  };
}

const systemResolve: Resolve = (host) =>
  new Promise((resolve, reject) => {
    if (isIP(host)) return resolve([{ address: host, family: isIP(host) }]);
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });

/** Connection errors are transient except those that say that the name or the certificate is wrong. */
function describe(error: Error & { code?: string }): OutgoingError {
  if (error instanceof OutgoingError) return error;
  if (error instanceof ForbiddenUrl) return new OutgoingError(error.message, false);
  const code = error.code ?? "";
  const texts: Record<string, string> = {
    ENOTFOUND: "its host name does not exist",
    EAI_AGAIN: "its host name could not be looked up",
    ECONNREFUSED: "the connection was refused",
    ECONNRESET: "the connection was reset",
    EHOSTUNREACH: "its host cannot be reached",
    ENETUNREACH: "its host cannot be reached",
    ETIMEDOUT: "the connection timed out",
    EPIPE: "the connection was closed",
  };
  if (texts[code]) return new OutgoingError(texts[code], code !== "ENOTFOUND");
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code)) return new OutgoingError(`no secure connection (${code})`, false);
  if (code.startsWith("HPE_")) return new OutgoingError("the answer is not HTTP", false);
  return new OutgoingError(`the connection failed (${code || error.message})`, true);
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 10) / 10;
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
