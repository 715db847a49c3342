import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3Config } from "../../src/config/read-config.ts";

export interface S3Stub {
  config: S3Config;
  objects: Map<string, { data: Buffer; mime: string; modified?: Date }>;
  /** Answers this many of the next requests with 503, as a busy service does. */
  failNext: number;
  close(): Promise<void>;
}

/**
 * An S3 service in memory, strict where the real ones are: it recomputes every signature (AWS Signature Version 4,
 * header form) and refuses what does not match or is older than 15 minutes.
 */
export async function startS3Stub(): Promise<S3Stub> {
  const config = {
    endpoint: "",
    bucket: "assets",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG",
  };
  const stub: S3Stub = {
    config,
    objects: new Map(),
    failNext: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (stub.failNext > 0) {
      stub.failNext--;
      return fail(response, 503, "SlowDown");
    }
    const refusal = checkSignature(request, body, config);
    return refusal ? fail(response, 403, refusal) : answer(stub, request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  config.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return stub;
}

function answer(stub: S3Stub, request: IncomingMessage, response: ServerResponse, body: Buffer): ServerResponse {
  const url = new URL(request.url!, "http://s3");
  const [, bucket, ...rest] = url.pathname.split("/");
  const key = decodeURIComponent(rest.join("/"));
  if (bucket !== stub.config.bucket) return fail(response, 404, "NoSuchBucket");
  const { objects } = stub;
  if (key === "") {
    if (request.method === "HEAD") return response.end();
    if (request.method === "POST" && url.searchParams.has("delete")) {
      const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1]!);
      for (const name of keys) objects.delete(name);
      const deleted = keys.map((name) => `<Deleted><Key>${name}</Key></Deleted>`).join("");
      return xml(response, 200, `<DeleteResult>${deleted}</DeleteResult>`);
    }
    const prefix = url.searchParams.get("prefix") ?? "";
    const after = url.searchParams.get("continuation-token") ?? "";
    const found = [...objects].filter(([name]) => name.startsWith(prefix) && name > after).sort();
    const page = found.slice(0, Math.min(1000, Number(url.searchParams.get("max-keys") ?? 1000)));
    const more = page.length < found.length;
    const contents = page.map(
      ([name, { data, modified = new Date() }]) =>
        `<Contents><Key>${name}</Key><LastModified>${modified.toISOString()}</LastModified><Size>${data.length}</Size></Contents>`,
    );
    const next = more ? `<NextContinuationToken>${page.at(-1)![0]}</NextContinuationToken>` : "";
    return xml(
      response,
      200,
      `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
    );
  }
  if (request.method === "PUT") {
    objects.set(key, { data: body, mime: request.headers["content-type"] ?? "", modified: new Date() });
    return response.setHeader("etag", `"${createHash("md5").update(body).digest("hex")}"`).end();
  }
  const object = objects.get(key);
  if (!object) return fail(response, 404, "NoSuchKey");
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (start === undefined) return response.end(object.data);
  const last = end === "" ? object.data.length - 1 : Math.min(Number(end), object.data.length - 1);
  if (Number(start) > last) return fail(response, 416, "InvalidRange");
  response.writeHead(206, { "content-range": `bytes ${start}-${last}/${object.data.length}` });
  return response.end(object.data.subarray(Number(start), last + 1));
}

function checkSignature(request: IncomingMessage, body: Buffer, config: S3Config): string | null {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? "",
  );
  if (!match) return "AccessDenied";
  const [, credential, signedHeaders, signature] = match as unknown as [string, string, string, string];
  const [accessKey, date, region, service, terminator] = credential.split("/") as [
    string,
    string,
    string,
    string,
    string,
  ];
  if (accessKey !== config.accessKeyId) return "InvalidAccessKeyId";
  if (service !== "s3" || terminator !== "aws4_request") return "AuthorizationHeaderMalformed";
  const amzDate = String(request.headers["x-amz-date"]);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  const at = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  if (!amzDate.startsWith(date) || !(Math.abs(Date.now() - at) < 15 * 60_000)) return "RequestTimeTooSkewed";
  const announced = String(request.headers["x-amz-content-sha256"]);
  const actual = createHash("sha256").update(body).digest("hex");
  if (announced !== "UNSIGNED-PAYLOAD" && announced !== actual) return "XAmzContentSHA256Mismatch";
  const url = new URL(request.url!, "http://s3");
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const headers = signedHeaders
    .split(";")
    .map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`)
    .join("");
  const canonical = [request.method, url.pathname, query, headers, signedHeaders, announced].join("\n");
  const scope = `${date}/${region}/${service}/${terminator}`;
  const toSign = ["AWS4-HMAC-SHA256", amzDate, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const signing = [region, service, terminator].reduce(hmac, hmac(`AWS4${config.secretAccessKey}`, date));
  return timingSafeEqual(hmac(signing, toSign), Buffer.from(signature, "hex")) ? null : "SignatureDoesNotMatch";
}

function fail(response: ServerResponse, status: number, code: string): ServerResponse {
  return xml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function xml(response: ServerResponse, status: number, text: string): ServerResponse {
  return response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
}
