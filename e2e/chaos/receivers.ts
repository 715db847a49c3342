import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "./random.ts";

/** What receivers in the wild do to a message. */
const MANNERS = ["refuse", "hang", "500", "redirect", "reset", "late", "answer and reset"] as const;

export interface Receivers {
  /** The destination of one account. */
  urlOf(account: string): string;
  /** Messages that were answered with a 2xx, by requestID, each with its webhook-id. */
  taken: Map<string, string[]>;
  /** All messages, however they were answered. */
  seen: number;
  /** All webhook-ids of a request, also of messages that were not answered well. */
  ids: Map<string, Set<string>>;
  /** From now on every message is answered at once. */
  calm(): void;
  close(): Promise<void>;
}

/** Receivers on loopback of which a share of messages meets bad manners. */
export async function startReceivers(random: Random, share = 0.3): Promise<Receivers> {
  let wild = true;
  const receivers = {
    taken: new Map<string, string[]>(),
    ids: new Map<string, Set<string>>(),
    seen: 0,
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const manner = wild && random.next() < share ? random.pick(MANNERS) : "answer";
    // Before a byte of it is read.
    if (manner === "refuse") return request.socket.destroy();
    let text = "";
    for await (const chunk of request) text += chunk;
    const { requestID } = JSON.parse(text);
    const id = String(request.headers["webhook-id"]);
    receivers.seen++;
    receivers.ids.set(requestID, (receivers.ids.get(requestID) ?? new Set()).add(id));
    const take = () => receivers.taken.set(requestID, [...(receivers.taken.get(requestID) ?? []), id]);
    switch (manner) {
      case "hang":
        return;
      case "500":
        return response.writeHead(500).end();
      case "redirect":
        return response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
      case "reset":
        return request.socket.resetAndDestroy();
      case "late":
        await new Promise((resolve) => setTimeout(resolve, 1000));
        break;
      case "answer and reset":
        // Whether the sender heard the answer nobody knows: it may come again.
        take();
        response.end(() => request.socket.resetAndDestroy());
        return;
      default:
    }
    take();
    return response.end();
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receivers, {
    urlOf: (account: string) => `http://127.0.0.1:${port}/${account}`,
    calm() {
      wild = false;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
