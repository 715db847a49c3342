import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { parseOptions } from "../parse-options.ts";
import { findLogin, SERVER_OPTIONS } from "../remote/credentials.ts";
import { ServerClient } from "../remote/server-client.ts";
import { EXIT, UsageError } from "../usage.ts";
import { createMcpServer } from "./tools.ts";

export const MCP_OPTIONS = {
  ...SERVER_OPTIONS,
  http: { type: "boolean" },
  port: { type: "string" },
  host: { type: "string" },
} as const;

/** Six pictures of 5 MB as base64, and room for the rest. */
const MAX_BODY_BYTES = 48 * 1024 * 1024;
const PATH = "/mcp";
const DEFAULT_PORT = 8081;

/** `maquette mcp`: serves the tools until the client goes or a signal comes. */
export async function mcp(args: string[]): Promise<number> {
  const { values } = parseOptions("mcp", args, MCP_OPTIONS, false);
  const login = findLogin(values);
  if (values.http) return serveHttp(new ServerClient(login), values);
  if (values.port !== undefined || values.host !== undefined) throw new UsageError("--port and --host need --http");
  const client = new ServerClient(login);
  await new Promise<void>((done) => {
    const handle = serveStdio(() => createMcpServer(client, { files: true }), {
      onerror: (error) => console.error(`maquette mcp: ${error.message}`),
    });
    const stop = () => void handle.close().then(done);
    process.stdin.once("end", stop);
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
  return EXIT.ok;
}

async function serveHttp(client: ServerClient, values: { port?: string; host?: string }): Promise<number> {
  const host = values.host ?? "127.0.0.1";
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port is '${values.port}'; expected a number from 0 to 65535`);
  }
  const local = /^(localhost|::1|127(\.\d+){3})$/.test(host);
  const token = process.env.MAQUETTE_MCP_TOKEN || null;
  if (!local && token === null) {
    throw new UsageError(
      `--host ${host} can be reached from elsewhere: set MAQUETTE_MCP_TOKEN to the bearer token that clients must send`,
    );
  }
  const handler = createMcpHandler(() => createMcpServer(client, { files: false }), {
    maxRequestBodySize: MAX_BODY_BYTES,
    onerror: (error) => console.error(`maquette mcp: ${error.message}`),
  });
  const handle = toNodeHandler(handler, { maxRequestBodySize: MAX_BODY_BYTES });
  // On loopback these keep pages of a browser out (DNS rebinding); elsewhere the token does.
  const isHost = localhostHostValidation();
  const isOrigin = localhostOriginValidation();
  const server = createServer((request, response) => {
    if (local && (!isHost(request, response) || !isOrigin(request, response))) return;
    if (new URL(request.url ?? "/", "http://x").pathname !== PATH) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: "error", message: `MCP is served at ${PATH}` }));
      return;
    }
    if (token !== null && !carries(request, token)) {
      response.writeHead(401, { "content-type": "application/json", "www-authenticate": "Bearer" });
      response.end(JSON.stringify({ status: "error", message: "send MAQUETTE_MCP_TOKEN as a bearer token" }));
      return;
    }
    void handle(request, response);
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(port, host, listening);
  });
  const { port: bound } = server.address() as AddressInfo;
  console.log(
    `MCP for ${client.login.server} is served at http://${host.includes(":") ? `[${host}]` : host}:${bound}${PATH}`,
  );
  await new Promise<void>((done) => {
    const stop = () => {
      server.close(() => done());
      server.closeAllConnections();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
  await handler.close();
  return EXIT.ok;
}

function carries(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(/^bearer\s+(.*)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
  const expected = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
