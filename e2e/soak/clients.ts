import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AccountCredentials } from "../../packages/server/src/auth/accounts.ts";

/** Milliseconds since the moment at which the asset was due; of the last two, since they were asked for. */
export interface ClientTimes {
  /** Until the 201. */
  accept: number;
  /** Until the success message arrived. */
  message: number;
  look: number;
  download: number;
}

export interface Clients {
  /**
   * One asset from end to end, as a pipeline takes it: asked for, waited for by webhook, looked up, its GLB downloaded.
   * @param due `performance.now()` at which the client wanted it, so that what waits for a slow load generator counts
   * @returns null, and an entry of `failures`, when any of it went wrong
   */
  ask(due: number): Promise<ClientTimes | null>;
  failures: string[];
  close(): Promise<void>;
}

/** A message that has not come by then is lost. */
const MESSAGE_MS = 60_000;

/** Clients of several accounts in turn, and the receiver of their messages. */
export async function startClients(url: string, accounts: AccountCredentials[]): Promise<Clients> {
  const arrived = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const receiver = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.end();
    const { requestID } = JSON.parse(text);
    const now = performance.now();
    const wake = waiting.get(requestID);
    if (wake) wake(now);
    else arrived.set(requestID, now);
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const destination = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;

  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const post = async <T>(path: string, headers: Record<string, string>, body: object): Promise<T> => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    };
    return (await (await call(path, init)).json()) as T;
  };
  const signedIn: { devID: string; headers: Record<string, string> }[] = [];
  for (const { devID, apiKey } of accounts) {
    const headers = { "x-api-key": apiKey };
    const { jwt } = await post<{ jwt: string }>("/api/v1/registerHook", headers, { devID, destination });
    signedIn.push({ devID, headers: { ...headers, authorization: jwt } });
  }

  /** When the message of a request came. */
  const message = (requestID: string): Promise<number> => {
    const at = arrived.get(requestID);
    if (at !== undefined) {
      arrived.delete(requestID);
      return Promise.resolve(at);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(requestID);
        reject(new Error(`${requestID}: no message within ${MESSAGE_MS / 1000} s`));
      }, MESSAGE_MS);
      waiting.set(requestID, (when) => {
        clearTimeout(timer);
        waiting.delete(requestID);
        resolve(when);
      });
    });
  };

  const failures: string[] = [];
  let turn = 0;
  return {
    failures,
    async ask(due) {
      const { devID, headers } = signedIn[turn++ % signedIn.length]!;
      try {
        const { requestID } = await post<{ requestID: string }>("/api/v1/process", headers, {
          devID,
          test: true,
          LoQ: "standard",
          imageUrls: ["https://example.com/a.png"],
        });
        const accept = performance.now() - due;
        const came = (await message(requestID)) - due;
        const looked = performance.now();
        const query = `devID=${devID}&requestID=${requestID}`;
        const answer = (await (await call(`/api/v1/fetchRequest?${query}`, { headers })).json()) as {
          asset: { iterations: { results: { glb: string } }[] };
        };
        const look = performance.now() - looked;
        const link = new URL(answer.asset.iterations[0]!.results.glb);
        const downloading = performance.now();
        await (await call(link.pathname + link.search, {})).arrayBuffer();
        return { accept, message: came, look, download: performance.now() - downloading };
      } catch (error) {
        failures.push((error as Error).message);
        return null;
      }
    },
    close: () =>
      new Promise<void>((resolve) => {
        receiver.closeAllConnections();
        receiver.close(() => resolve());
      }),
  };
}
