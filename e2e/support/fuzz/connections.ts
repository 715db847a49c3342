import { Agent, request as requestHttp } from "node:http";
import { connect } from "node:net";
import type { RawAnswer } from "../raw-http.ts";
import { readAnswer } from "../raw-http.ts";
import type { FuzzedRequest } from "./requests.ts";

/** Longer than anything takes on a busy machine, shorter than a hang. */
const TIMEOUT_MS = 20_000;

/** Connections that are kept, so that thousands of requests cost thousands of requests and not of connections. */
export class Connections {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, count: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: count });
  }

  send({ method, path, headers, body }: FuzzedRequest): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const request = requestHttp(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          headers: { ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) },
          timeout: TIMEOUT_MS,
        },
        async (response) => {
          const chunks: Buffer[] = [];
          // A stream of events has no end; that it begins is its answer.
          const endless = response.headers["content-type"]?.startsWith("text/event-stream");
          if (endless) request.destroy();
          else for await (const chunk of response) chunks.push(chunk);
          const content = Buffer.concat(chunks);
          const isJson = response.headers["content-type"]?.includes("json") && content.length > 0;
          resolve({
            status: response.statusCode!,
            headers: new Map(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
            body: content,
            bytes: content,
            json: isJson ? JSON.parse(content.toString("utf8")) : undefined,
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on("error", reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Sends bytes, and says that there are no more. Null: the connection was closed without a word. */
export function sendDamaged(port: number, bytes: Buffer): Promise<RawAnswer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
      socket.destroy();
    }, TIMEOUT_MS);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(chunks.length === 0 ? null : readAnswer(Buffer.concat(chunks)));
    });
    socket.end(bytes);
  });
}
