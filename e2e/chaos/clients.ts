import { readFileSync } from "node:fs";
import type { AccountCredentials } from "../../packages/server/src/auth/accounts.ts";
import { type Random, sleep } from "./random.ts";

/** What the servers have promised. */
export interface Ledger {
  /** Idempotency-Key → requestID of every request that was answered with 201. */
  accepted: Map<string, string>;
  /** Answers that broke off, and refusals for the moment (429, 503). */
  failedTries: number;
  /** Answers that no failure explains: with status and body. */
  wrong: string[];
}

export interface Load {
  ledger: Ledger;
  /** Asks for no more; resolves when the last one under way has been accepted. */
  stop(): Promise<void>;
}

const TIMEOUT_MS = 15_000;

/** One view of an example, as clients send it. */
export function realPictures(): string[] {
  const data = readFileSync(new URL("../../examples/lantern/picture.png", import.meta.url));
  return [`data:image/png;base64,${data.toString("base64")}`];
}

/** Of an account's requests, one in so many is of real pictures where there are some. */
const REAL_EVERY = 2;

/**
 * Clients that behave as good ones do: each asks for one test asset after another, and repeats what was not answered,
 * under the same Idempotency-Key, until it is.
 * @param pictures `data:` URLs of one object, for requests that are no tests
 */
export async function startLoad(
  accounts: AccountCredentials[],
  urls: () => string[],
  hookOf: (account: string) => string,
  random: Random,
  pauseMs: number,
  pictures: string[] = [],
): Promise<Load> {
  const ledger: Ledger = { accepted: new Map(), failedTries: 0, wrong: [] };
  let stopping = false;

  const post = async (path: string, headers: Record<string, string>, body: object) => {
    for (;;) {
      const alive = urls();
      if (alive.length > 0) {
        try {
          const response = await fetch(random.pick(alive) + path, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify(body),
            signal: AbortSignal.timeout(TIMEOUT_MS),
          });
          const text = await response.text();
          if (response.status === 201) return JSON.parse(text);
          if (response.status !== 429 && response.status !== 503) {
            ledger.wrong.push(`${path} ${response.status} ${text.slice(0, 200)}`);
          }
        } catch {
          // Refused, reset, timed out: whatever became of it, asking again finds out.
        }
        ledger.failedTries++;
      }
      await sleep(random.between(100, 400));
    }
  };
  const work = accounts.map(async (account) => {
    const { devID, apiKey } = account;
    const { jwt } = await post("/api/v1/registerHook", { "x-api-key": apiKey }, { devID, destination: hookOf(devID) });
    for (let n = 0; !stopping; n++) {
      const key = `${devID}-${n}`;
      const real = pictures.length > 0 && n % REAL_EVERY === 1;
      const imageUrls = real ? pictures : ["https://example.com/a.png"];
      const { requestID } = await post(
        "/api/v1/process",
        { "x-api-key": apiKey, authorization: jwt, "idempotency-key": key },
        { devID, test: !real, LoQ: "standard", name: `asset ${n}`, imageUrls },
      );
      ledger.accepted.set(key, requestID);
      await sleep(random.between(0, 2 * pauseMs));
    }
  });
  return {
    ledger,
    async stop() {
      stopping = true;
      await Promise.all(work);
    },
  };
}

/** Waits until nothing is waiting or running any more, by what the server itself counts. */
export async function drained(urls: () => string[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const [url] = urls();
    if (url) {
      const text = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
        .then((response) => response.text())
        .catch(() => "");
      const counts = [...text.matchAll(/^maquette_(?:assets|webhook_deliveries)_pending(?:\{[^}]*\})? (\d+)$/gm)];
      if (counts.length >= 3 && counts.every((count) => count[1] === "0")) return true;
    }
    await sleep(250);
  }
  return false;
}
