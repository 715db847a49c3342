import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "./start.ts";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: read field by field, and each test says what it expects.
  body: any;
}

/** A webhook receiver on loopback. */
export interface Receiver {
  url: string;
  received: Received[];
  /** How it answers; 200 unless set. */
  answer: (response: ServerResponse, received: Received) => void;
  /** Waits for the n-th message (from 1) that fits. */
  next(n?: number, fits?: (received: Received) => boolean, timeoutMs?: number): Promise<Received>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const received = {
      path: request.url!,
      headers: request.headers,
      text,
      body: text === "" ? null : JSON.parse(text),
    };
    receiver.received.push(received);
    receiver.answer(response, received);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: (response) => response.end(),
    next: (n = 1, fits = () => true, timeoutMs = 20_000) =>
      until(() => receiver.received.filter(fits)[n - 1], timeoutMs),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiver;
}
