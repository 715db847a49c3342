import { parseOptions } from "./parse-options.ts";
import { findLogin, isLoopback, SERVER_OPTIONS } from "./remote/credentials.ts";
import { ServerClient, ServerError, type WebhookEvent } from "./remote/server-client.ts";
import { EXIT, UsageError } from "./usage.ts";

export const WEBHOOK_OPTIONS = {
  forward: { type: "string" },
  port: { type: "string" },
  path: { type: "string" },
  ...SERVER_OPTIONS,
  json: { type: "boolean" },
} as const;

const POLL_MS = 1000;
/** As long as the server itself would wait for an answer. */
const TIMEOUT_MS = 15_000;

/**
 * `maquette webhooks listen`: takes the messages that the server has for webhooks and sends them to a program on this
 * machine, byte for byte as the server would, signature included. The server needs no way to this machine.
 */
export async function webhooks(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions("webhooks", args, WEBHOOK_OPTIONS);
  if (positionals.join(" ") !== "listen") {
    throw new UsageError(`'${["webhooks", ...positionals].join(" ")}' is not a command. See 'maquette help webhooks'`);
  }
  const target = findTarget(values);
  const client = new ServerClient(findLogin(values));
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  let { cursor } = await client.webhookEvents(null);
  console.error(`Listening to ${client.login.server}${target ? `, forwarding to ${target}` : ""}. Ctrl-C ends it`);
  let reachable = true;
  while (!abort.signal.aborted) {
    try {
      const page = await client.webhookEvents(cursor);
      if (!reachable) console.error("The server is there again");
      reachable = true;
      for (const event of page.events)
        report(event, target === null ? null : await forward(event, target), values.json ?? false);
      cursor = page.cursor;
    } catch (error) {
      if (!(error instanceof ServerError) || (error.status !== 0 && error.status < 500)) throw error;
      if (reachable) console.error(`maquette: ${error.message} Trying again`);
      reachable = false;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      abort.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  return EXIT.ok;
}

function findTarget({ forward: url, port, path }: { forward?: string; port?: string; path?: string }): string | null {
  if (url !== undefined && port !== undefined) throw new UsageError("give --forward or --port, not both");
  if (url === undefined && port === undefined) {
    if (path !== undefined) throw new UsageError("--path needs --port");
    return null;
  }
  const address = url ?? `http://127.0.0.1:${port}${path?.startsWith("/") ? path : `/${path ?? ""}`}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new UsageError(`'${url ?? port}' is no address or port to forward to`);
  }
  if (!isLoopback(new URL(address).origin)) {
    throw new UsageError(`${address} is not on this machine; register it as a webhook of the account instead`);
  }
  return new URL(address).href;
}

type Outcome = { status: number } | { error: string };

async function forward({ headers, body }: WebhookEvent, target: string): Promise<Outcome> {
  try {
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return { status: response.status };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return { error: cause?.code ?? message };
  }
}

function report({ id, body }: WebhookEvent, outcome: Outcome | null, json: boolean): void {
  const message = JSON.parse(body);
  if (json) {
    console.log(JSON.stringify({ id, ...outcome, message }));
    return;
  }
  const answer = outcome === null ? "" : "status" in outcome ? ` → ${outcome.status}` : ` → failed: ${outcome.error}`;
  const { status, requestID, results } = message;
  console.log(`${new Date().toISOString()}  ${status}  ${requestID}  version ${results.iterationID}${answer}`);
}
