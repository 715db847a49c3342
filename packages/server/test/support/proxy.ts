import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A stretch of network between a server and its database. */
export interface DatabaseProxy {
  /** The database's URL, through here. */
  url: string;
  /** Cuts all connections and refuses new ones, or swallows all bytes, until `heal`. */
  fail(how: "refuse" | "swallow"): void;
  heal(): void;
  /** Lets the next commit of a connection that carried `text` through, and cuts that connection before the answer. */
  cutAtCommit(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<{ near: Socket; far: Socket; seen: string }>();
  let state: "up" | "refuse" | "swallow" = "up";
  let trap: { text: string; sprung: () => void } | null = null;

  const server = createServer((near) => {
    if (state === "refuse") {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const pair = { near, far, seen: "" };
    pairs.add(pair);
    let cut = false;
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    near.on("data", (chunk) => {
      if (state === "swallow") return;
      const text = chunk.toString("latin1");
      if (trap) pair.seen += text;
      if (trap && text.includes("commit") && pair.seen.includes(trap.text)) {
        cut = true;
        trap.sprung();
        trap = null;
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (cut) end();
      else if (state !== "swallow") near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = () => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: url.href,
    fail(how) {
      state = how;
      if (how === "refuse") cutAll();
    },
    heal() {
      // What was swallowed is missing in the stream: those connections are of no use any more.
      if (state === "swallow") cutAll();
      state = "up";
    },
    cutAtCommit: (text) =>
      new Promise((resolve) => {
        trap = { text, sprung: resolve };
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      }),
  };
}
