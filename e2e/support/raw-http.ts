import { connect } from "node:net";

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: Buffer;
  /** All bytes of the answer, as they came. */
  bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read field by field, and each test says what it expects.
  json: any;
}

export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const TIMEOUT_MS = 20_000;

/** The bytes of a request, with a Content-Length if there is a body and nothing else says how long it is. */
export function writeRequest({ method = "GET", path, headers = {}, body }: RawRequest, port: number): Buffer {
  const content = body === undefined ? null : Buffer.from(body);
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const lines = [`${method} ${path} HTTP/1.1`];
  if (!names.includes("host")) lines.push(`Host: 127.0.0.1:${port}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (content && !names.includes("content-length") && !names.includes("transfer-encoding")) {
    lines.push(`Content-Length: ${content.length}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`), content ?? Buffer.alloc(0)]);
}

/** Sends bytes to a port of this machine and reads the answer to the end of the connection. */
export function sendBytes(port: number, bytes: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(
          `no answer within ${TIMEOUT_MS / 1000} s; so far: ${Buffer.concat(chunks).toString("latin1", 0, 300)}`,
        ),
      );
    }, TIMEOUT_MS);
    const finish = () => {
      clearTimeout(timer);
      const all = Buffer.concat(chunks);
      if (all.length === 0) reject(new Error("the connection was closed without an answer"));
      else resolve(readAnswer(all));
    };
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", finish);
    // A server that refuses a body closes while it is still being sent; the answer is there all the same.
    socket.on("error", (error) => {
      if (chunks.length > 0) return finish();
      clearTimeout(timer);
      reject(error);
    });
    socket.write(bytes);
  });
}

export function send(port: number, request: RawRequest): Promise<RawAnswer> {
  return sendBytes(port, writeRequest(request, port));
}

export function readAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [statusLine, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines)
    headers.set(line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim());
  const rest = bytes.subarray(end + 4);
  // After a pipelined request, the next answer follows.
  const length = Number(headers.get("content-length") ?? rest.length);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunk(rest) : rest.subarray(0, length);
  const isJson = headers.get("content-type")?.startsWith("application/json") && body.length > 0;
  return {
    status: Number(statusLine!.split(" ")[1]),
    headers,
    body,
    bytes,
    json: isJson ? JSON.parse(body.toString("utf8")) : undefined,
  };
}

function unchunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (size === 0) break;
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}

export interface FormPart {
  name: string;
  value: string | Buffer;
  /** Makes it a file. */
  filename?: string;
  type?: string;
}

/** A multipart body, byte by byte as told. */
export function writeForm(parts: FormPart[], boundary = "----maquetteBoundary7MA4"): { type: string; body: Buffer } {
  const pieces = parts.flatMap(({ name, value, filename, type }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? "" : `; filename="${filename}"`}\r\n` +
        `${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(value),
    Buffer.from("\r\n"),
  ]);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
