import type { Start } from "../../packages/server/test/support/databases.ts";
import { type Client, contractOf, type TestServer } from "../../packages/server/test/support/start.ts";
import { type RawAnswer, type RawRequest, send } from "./raw-http.ts";

export { startReceiver } from "../../packages/server/test/support/receiver.ts";
export { refuse, standInEngine } from "../../packages/server/test/support/stand-in-engine.ts";
export { PNG, startTestServer, until } from "../../packages/server/test/support/start.ts";
export { onBothModes, onScaledMode } from "./modes.ts";
export type { Client, Start, TestServer };

export function portOf(server: TestServer): number {
  return Number(new URL(server.url).port);
}

/** Sends a request with an account's credentials; a body that is no text goes as JSON. */
export function asClient(server: TestServer, client: Client) {
  return async (request: Omit<RawRequest, "body"> & { body?: unknown }): Promise<RawAnswer> => {
    const { body, headers = {}, ...rest } = request;
    const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const answer = await send(portOf(server), {
      ...rest,
      headers: {
        "X-API-Key": client.apiKey,
        ...(client.headers.authorization ? { Authorization: client.headers.authorization } : {}),
        ...(isRaw ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string | Buffer) : JSON.stringify(body) }),
    });
    const { method = "GET", path } = request;
    const contentType = answer.headers.get("content-type") ?? null;
    (await contractOf(server.url)).check({ method, path, status: answer.status, contentType, body: answer.json });
    return answer;
  };
}
