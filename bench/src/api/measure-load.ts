import autocannon from "autocannon";
import type { Target } from "./targets.ts";

/** What is asked for again and again. */
export interface Load {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: Buffer | string;
}

export interface LoadResult {
  requestsPerSecond: number;
  p99Ms: number;
  requests: number;
  /** Answers other than 2xx, and requests without an answer. */
  failures: number;
}

/** Asks on so many connections at once, one request after another on each, for a while or for so many requests. */
export async function measureLoad(
  { url }: Target,
  load: Load,
  connections: number,
  limit: { seconds: number } | { requests: number },
): Promise<LoadResult> {
  const result = await autocannon({
    url: url + load.path,
    method: load.method,
    headers: load.headers,
    ...(load.body === undefined ? {} : { body: load.body }),
    connections,
    timeout: 60,
    ...("seconds" in limit ? { duration: limit.seconds } : { amount: limit.requests }),
  });
  return {
    requestsPerSecond: result["2xx"] / result.duration,
    p99Ms: result.latency.p99,
    requests: result["2xx"],
    failures: result.non2xx + result.errors,
  };
}

export const bare: Load = { method: "GET", path: "/", headers: {} };
export const bareSelect: Load = { method: "GET", path: "/select", headers: {} };

export function fetchRequest({ headers, devID, requestID }: Target): Load {
  return { method: "GET", path: `/api/v1/fetchRequest?devID=${devID}&requestID=${requestID}`, headers };
}

export function processTest({ headers, devID }: Target): Load {
  const body = JSON.stringify({ devID, LoQ: "standard", test: true, imageUrls: ["https://example.com/image1.png"] });
  return { method: "POST", path: "/api/v1/process", headers: { ...headers, "content-type": "application/json" }, body };
}

/** As the plugins send it: text parts and a file. The picture is looked at for its type only, so its size is what counts. */
export function processPicture({ headers, devID }: Target, picture: Buffer): Load {
  const boundary = "----maquetteBench";
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = Buffer.concat([
    Buffer.from(
      `${field("devID", devID)}${field("LoQ", "standard")}--${boundary}\r\n` +
        `Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`,
    ),
    picture,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const type = `multipart/form-data; boundary=${boundary}`;
  return { method: "POST", path: "/api/v1/process", headers: { ...headers, "content-type": type }, body };
}
