import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asClient, type Client, onBothModes, portOf, startTestServer, type TestServer } from "../support/api.ts";
import { send, sendBytes, writeForm } from "../support/raw-http.ts";

onBothModes("contract 1, serving", (start) => {
  let server: TestServer;
  let client: Client;
  let port: number;
  let call: ReturnType<typeof asClient>;
  const logged: Record<string, unknown>[] = [];

  beforeAll(async () => {
    server = await start({ logged });
    client = await server.account();
    port = portOf(server);
    call = asClient(server, client);
  });

  it("routes live under /api/v1/, and a trailing slash is accepted", async () => {
    for (const path of ["/api/v1/fetchAll", "/api/v1/fetchAll/"]) {
      expect((await call({ path: `${path}?devID=${client.devID}` })).status).toBe(200);
    }
    const body = { devID: client.devID, imageUrls: ["https://example.com/a.png"], test: true };
    expect((await call({ method: "POST", path: "/api/v1/process/", body })).status).toBe(201);
  });

  it("a base URL that ends in a slash works", async () => {
    expect((await call({ path: `//api/v1/fetchAll?devID=${client.devID}` })).status).toBe(200);
    const body = { devID: client.devID, imageUrls: ["https://example.com/a.png"], test: true };
    expect((await call({ method: "POST", path: "//api/v1/process", body })).status).toBe(201);
  });

  it("what a body is announced as does not matter, not even if it is no media type", async () => {
    const body = JSON.stringify({ devID: client.devID, imageUrls: ["https://example.com/a.png"], test: true });
    for (const type of [
      "json",
      "",
      "undefined",
      ";",
      "multipart/form-data;",
      "image/png",
      "application/json;charset",
    ]) {
      const answer = await call({ method: "POST", path: "/api/v1/process", headers: { "Content-Type": type }, body });
      expect([type, answer.status]).toEqual([type, 201]);
    }
    const untyped = await call({ method: "POST", path: "/api/v1/process", body });
    expect(untyped.status).toBe(201);
  });

  it("GET / answers 200 with the web app, which loads nothing from elsewhere", async () => {
    const page = await send(port, { path: "/" });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'/);
    const html = page.body.toString();
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\son[a-z]+=|style="/);
    for (const [, url] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(url).toMatch(/^\//);
      expect((await send(port, { path: url! })).status).toBe(200);
    }
    expect((await send(port, { method: "HEAD", path: "/" })).status).toBe(200);
  });

  it("/healthz, /readyz and /metrics tell orchestrators", async () => {
    expect((await send(port, { path: "/healthz" })).json).toEqual({ status: "ok" });
    expect((await send(port, { path: "/readyz" })).json).toEqual({ status: "ready" });
    const metrics = await send(port, { path: "/metrics" });
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(metrics.body.toString()).toMatch(/^maquette_assets_pending\{state="queued"\} \d+$/m);
  });

  it("CORS is open on the API and on links, preflight included", async () => {
    const preflight = await send(port, {
      method: "OPTIONS",
      path: "/api/v1/process",
      headers: {
        Origin: "https://plugin.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key, authorization, refresh-token, content-type",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    for (const name of ["x-api-key", "authorization", "refresh-token", "content-type"]) {
      expect(preflight.headers.get("access-control-allow-headers")).toContain(name);
    }
    const origin = { Origin: "https://plugin.example" };
    const answers = [
      await call({ path: `/api/v1/fetchAll?devID=${client.devID}`, headers: origin }),
      await send(port, { path: "/api/v1/fetchAll", headers: origin }),
      await call({ path: "/api/v1/nothing", headers: origin }),
      await call({
        method: "POST",
        path: "/api/v1/process",
        headers: { ...origin, "Content-Encoding": "br" },
        body: "x",
      }),
      await call({ path: "/files/artifact/x/y.glb", headers: origin }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([200, 401, 404, 415, 403]);
    for (const { headers } of answers) expect(headers.get("access-control-allow-origin")).toBe("*");
    const beforeDownload = await send(port, {
      method: "OPTIONS",
      path: "/files/artifact/x/y.glb?expires=1&signature=x",
      headers: { ...origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range" },
    });
    expect(beforeDownload.status).toBe(204);
    expect(beforeDownload.headers.get("access-control-allow-origin")).toBe("*");
    expect(beforeDownload.headers.get("access-control-allow-headers")).toContain("range");
  });

  it("every error is JSON with status and message, whatever goes wrong", async () => {
    const bytes = (text: string) => sendBytes(port, Buffer.from(text));
    const answers = [
      await send(port, { path: "/nowhere" }),
      await send(port, { method: "PUT", path: "/api/v1/process" }),
      await send(port, { path: "/api/v1/fetchAll" }),
      await send(port, { path: "/%zz" }),
      await send(port, { path: `/files/artifact/${"a".repeat(2000)}/x` }),
      await call({
        method: "POST",
        path: "/api/v1/process",
        body: "{broken",
        headers: { "Content-Type": "application/json" },
      }),
      await call({ method: "POST", path: "/api/v1/process", body: "x", headers: { "Content-Encoding": "gzip" } }),
      await bytes("GARBAGE\r\n\r\n"),
      await bytes(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`),
      await bytes(
        "POST /api/v1/refreshJWT HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      ),
      await bytes("POST /api/v1/refreshJWT HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n"),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 401, 400, 414, 400, 415, 400, 431, 400, 400]);
    for (const { headers, json } of answers) {
      expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(json).toMatchObject({ status: "error", message: expect.any(String), code: expect.any(String) });
      expect(JSON.stringify(json)).not.toMatch(/\n\s+at |node_modules/);
    }
  });

  it("header names are case-insensitive, and Authorization is a bare JWT or Bearer", async () => {
    const jwt = client.headers.authorization!;
    const path = `/api/v1/fetchProjects?devID=${client.devID}`;
    const spellings: Record<string, string>[] = [
      { "X-API-Key": client.apiKey, Authorization: jwt },
      { "x-api-key": client.apiKey, authorization: `Bearer ${jwt}` },
      { "X-API-KEY": client.apiKey, AUTHORIZATION: `bearer  ${jwt}` },
    ];
    for (const headers of spellings) {
      expect((await send(port, { path, headers })).status).toBe(200);
    }
  });

  it("devID comes in the body, the query or the path, also with a JSON body on GET", async () => {
    const { devID } = client;
    const json = { "Content-Type": "application/json" };
    const good = [
      { path: `/api/v1/fetchAll?devID=${devID}` },
      { path: `/api/v1/fetchAll/${devID}` },
      { path: `/api/v1/fetchAll/${devID}/` },
      { path: "/api/v1/fetchAll", body: { devID } },
      { path: "/api/v1/fetchAll", body: JSON.stringify({ devID }), headers: json },
      { path: `/api/v1/fetchProjects/${devID}` },
      // The client that sends somebody else's in the query and the user's in the body.
      { path: "/api/v1/fetchAll?devID=00000000-0000-4000-8000-000000000000", body: { devID } },
      { path: `/api/v1/fetchAll?devID=${devID.toUpperCase()}` },
      { path: `/api/v1/fetchAll?devId=${devID}` },
      // The specification's own sample: a content type and no body.
      { path: `/api/v1/fetchAll?devID=${devID}`, headers: json },
    ];
    for (const request of good) expect([request, (await call(request)).status]).toEqual([request, 200]);
    const requestID = await client.process();
    const inBody = await call({ path: "/api/v1/fetchRequest", body: { devID, requestID } });
    expect([inBody.status, inBody.json.requestID]).toEqual([200, requestID]);
    const other = await server.account();
    for (const path of [
      `/api/v1/fetchAll?devID=${other.devID}`,
      `/api/v1/fetchAll/${other.devID}`,
      "/api/v1/fetchProjects?devID=nonsense",
    ]) {
      const answer = await call({ path });
      expect([answer.status, answer.json.code]).toEqual([403, "dev_id_mismatch"]);
    }
  });

  it("unknown fields are ignored, numbers and booleans may be strings, empty strings mean nothing", async () => {
    const body = {
      devID: client.devID,
      imageUrls: ["https://example.com/a.png"],
      test: "true",
      height: "250",
      polycount: "20000",
      projectID: "",
      studioID: "",
      name: "",
      somethingNew: { a: 1 },
      LoQ: "",
    };
    const answer = await call({ method: "POST", path: "/api/v1/process", body });
    expect(answer.status).toBe(201);
    const asset = await client.finished(answer.json.requestID);
    expect(asset).toMatchObject({ polycount: "20000", projectID: null, studioID: null, test: true });
    expect(asset.iterations[0].loq).toBe("standard");
  });

  it("a body over the limit is cut off as soon as it is, announced or not", async () => {
    const announced = await call({ method: "POST", path: "/api/v1/registerHook", body: "x".repeat(70_000) });
    expect([announced.status, announced.json.code, announced.headers.get("connection")]).toEqual([
      413,
      "body_too_large",
      "close",
    ]);
    const chunked = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let text = "";
      let sent = 0;
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("close", () => resolve(text));
      socket.on("error", () => (text === "" ? reject(new Error("no answer")) : resolve(text)));
      socket.write("POST /api/v1/registerHook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      const timer = setInterval(() => {
        if (socket.destroyed || sent > 5_000_000) return clearInterval(timer);
        sent += 16_384;
        socket.write(`4000\r\n${"x".repeat(16_384)}\r\n`);
      }, 5);
    });
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("a stranger's upload is refused before it is read", async () => {
    const socket = connect(port, "127.0.0.1");
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (chunk) => resolve(chunk.toString("latin1")));
      // Thirty megabytes are announced, none are sent.
      socket.write(
        "POST /api/v1/process HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 30000000\r\n\r\n",
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it("a connection on which nothing is said does not hold up the end of the server", async () => {
    const other = await start();
    const socket = connect(portOf(other), "127.0.0.1");
    await new Promise((connected) => socket.once("connect", connected));
    const gone = new Promise((closed) => socket.once("close", closed));
    const before = Date.now();
    await other.server.close(2000);
    await gone;
    expect(Date.now() - before).toBeLessThan(20_000);
  });

  it("an upload that breaks off leaves nothing behind", async () => {
    const { db } = server.server.context;
    const count = async () => (await db.selectFrom("request").select("id").execute()).length;
    const before = await count();
    const { type, body } = writeForm([{ name: "image", filename: "a.png", value: Buffer.alloc(100_000) }]);
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(
          `POST /api/v1/process HTTP/1.1\r\nHost: x\r\nX-API-Key: ${client.apiKey}\r\nAuthorization: ${client.headers.authorization}\r\n` +
            `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
        );
        socket.write(body.subarray(0, 50_000), () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    await new Promise((done) => setTimeout(done, 200));
    expect(await count()).toBe(before);
    expect(logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
    expect((await send(port, { path: "/healthz" })).status).toBe(200);
  });
});

describe("contract 1, HTTPS", () => {
  let server: TestServer;
  afterAll(() => server?.close());

  it("is switched on with a certificate and a key", async () => {
    const directory = mkdtempSync(join(tmpdir(), "maquette-tls-"));
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-keyout",
        key,
        "-out",
        cert,
      ],
      { stdio: "pipe" },
    );
    server = await startTestServer({ env: { TLS_CERT: cert, TLS_KEY: key } });
    expect(server.url).toMatch(/^https:/);
    const { status, hsts } = await new Promise<{ status: number; hsts: unknown }>((resolve, reject) => {
      const request = requestHttps(`${server.url}/healthz`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode!, hsts: response.headers["strict-transport-security"] });
      });
      request.on("error", reject);
      request.end();
    });
    expect([status, hsts]).toEqual([200, "max-age=31536000"]);
    expect(server.server.firstStart!.signInUrl).toMatch(/^https:/);
  });
});
