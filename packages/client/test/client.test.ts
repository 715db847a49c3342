import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refuse, standInEngine } from "../../server/test/support/stand-in-engine.ts";
import { type Client, PNG, startTestServer, type TestServer } from "../../server/test/support/start.ts";
import { ApiError, AssetDismissed, ConnectionError, MaquetteClient } from "../src/index.ts";

const picture = new Uint8Array(PNG);

describe("the client", () => {
  let server: TestServer;
  let account: Client;
  let client: MaquetteClient;
  let engine: { refuse: boolean; ms: number };

  beforeAll(async () => {
    engine = { refuse: false, ms: 20 };
    server = await startTestServer({
      runEngine: (job, options) =>
        standInEngine({ ms: engine.ms, onJob: () => (engine.refuse ? refuse() : undefined) })(job, options),
    });
    account = await server.account();
    const { devID, apiKey, refreshToken } = account;
    client = new MaquetteClient({ baseUrl: `${server.url}/`, devID, apiKey, refreshToken });
  });
  afterAll(() => server.close());

  /** How the server understood the pictures. */
  async function inputs(requestID: string) {
    const { db } = server.server.context;
    const images = await db
      .selectFrom("image")
      .select(["id", "name", "url", "mime"])
      .where("request_id", "=", requestID)
      .execute();
    const iteration = await db
      .selectFrom("iteration")
      .select("inputs")
      .where("request_id", "=", requestID)
      .executeTakeFirstOrThrow();
    return iteration.inputs.map(({ imageID, view }) => {
      const { name, url, mime } = images.find(({ id }) => id === imageID)!;
      return { name, url, mime, view };
    });
  }

  it("makes an asset from pictures, waits for it and downloads it", async () => {
    const { requestID } = await client.createAsset({ images: [picture], name: "Fox", LoQ: "high", height: 90 });
    const seen: number[] = [];
    const { asset, iteration } = await client.waitFor(requestID, {
      pollMs: 20,
      onProgress: ({ progress }) => seen.push(progress),
    });
    expect([asset.requestID, asset.name, iteration.loq, iteration.status]).toEqual([
      requestID,
      "Fox",
      "high",
      "completed",
    ]);
    expect(seen.at(-1)).toBe(1);
    const file = await client.download(requestID, "glb");
    expect([file.name, file.type]).toEqual(["Fox.glb", "model/gltf-binary"]);
    expect(new TextDecoder().decode(file.bytes)).toMatch(/^glb of Fox /);
    await expect(client.download(requestID, "stl")).rejects.toThrow("has no stl: there are obj");
  });

  it("takes pictures as bytes, blobs, files and addresses, in a list or by side", async () => {
    const list = await client.createAsset({
      test: true,
      images: ["https://example.com/a.png", new Blob([picture]), new File([picture], "cat.png")],
      views: ["front", "back", "left"],
    });
    expect(await inputs(list.requestID)).toEqual([
      { name: "image", url: null, mime: "image/png", view: "back" },
      { name: "cat", url: null, mime: "image/png", view: "left" },
      { name: null, url: "https://example.com/a.png", mime: null, view: "front" },
    ]);
    const sides = await client.createAsset({
      test: true,
      images: { left: new URL("https://example.com/l.png"), top: { content: picture, name: "roof.png" } },
    });
    expect(await inputs(sides.requestID)).toMatchObject([
      { name: "roof", view: "top" },
      { url: "https://example.com/l.png", view: "left" },
    ]);
    const addresses = await client.createAsset({ test: true, images: ["https://example.com/a.png"], tags: ["a", "b"] });
    expect((await client.getAsset(addresses.requestID)).tags).toEqual(["a", "b"]);
  });

  it("sends the same wish once, however often it is asked", async () => {
    const wish = { test: true, images: ["https://example.com/a.png"], idempotencyKey: "order-7" };
    const [first, second] = await Promise.all([client.createAsset(wish), client.createAsset(wish)]);
    expect(second.requestID).toBe(first.requestID);
    expect((await client.createAsset({ ...wish, idempotencyKey: undefined })).requestID).not.toBe(first.requestID);
  });

  it("says why an asset cannot be made", async () => {
    engine.refuse = true;
    const { requestID } = await client.createAsset({ images: [picture] });
    const failure = await client.waitFor(requestID, { pollMs: 20 }).catch((error) => error);
    engine.refuse = false;
    expect(failure).toBeInstanceOf(AssetDismissed);
    expect(failure).toMatchObject({ requestID, iterationID: "0", message: expect.stringMatching(/^Image 1: /) });
    await expect(client.download(requestID, "glb")).rejects.toThrow("no finished iteration");
  });

  it("throws refusals as errors with status, code and text", async () => {
    const failure = await client.createAsset({ images: [new TextEncoder().encode("hello")] }).catch((error) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({
      status: 400,
      code: "image_refused",
      message: expect.stringContaining("text file"),
    });
    await expect(client.getAsset("01900000-0000-7000-8000-000000000000")).rejects.toMatchObject({
      status: 404,
      code: "request_unknown",
    });
  });

  it("revises, approves, cancels, lists and deletes", async () => {
    const { requestID } = await client.createAsset({ test: true, images: ["https://example.com/a.png"], height: 100 });
    await client.waitFor(requestID, { pollMs: 20 });
    const { iterationID, applied } = await client.revise(requestID, { editDescription: "twice as tall" });
    expect([iterationID, applied]).toEqual(["1", ["height 200 cm"]]);
    await client.waitFor(requestID, { iterationID, pollMs: 20 });
    await client.approve(requestID, "1");
    const listed: string[] = [];
    for await (const asset of client.listAssets()) listed.push(asset.requestID);
    expect(listed).toContain(requestID);
    expect((await client.listProjects()).map(({ name }) => name)).toEqual(["Sandbox"]);
    engine.ms = 30_000;
    const slow = await client.createAsset({ test: true, images: ["https://example.com/a.png"] });
    await client.cancel(slow.requestID, "0");
    engine.ms = 20;
    await expect(client.waitFor(slow.requestID, { pollMs: 20 })).rejects.toThrow("Cancelled at your request.");
    await client.deleteAsset(requestID);
    await expect(client.getAsset(requestID)).rejects.toMatchObject({ code: "request_unknown" });
  });

  it("gets a new JWT when the old one is void, once for all calls at a time", async () => {
    const jwts: string[] = [];
    const { devID, apiKey, refreshToken } = account;
    const own = new MaquetteClient({
      baseUrl: server.url,
      devID,
      apiKey,
      refreshToken,
      onJwt: (jwt) => jwts.push(jwt),
    });
    await Promise.all([own.listProjects(), own.listProjects(), own.call("getAccount", {})]);
    expect(jwts).toHaveLength(1);
    await account.login();
    await Promise.all([own.listProjects(), own.listProjects()]);
    expect(jwts).toHaveLength(2);
    expect(own.jwt).toBe(jwts[1]);
    const shared = new MaquetteClient({ baseUrl: server.url, devID, apiKey, jwt: own.jwt! });
    expect((await shared.call("getAccount", {})).email).toBe(account.email);
    await account.login();
    await expect(shared.listProjects()).rejects.toMatchObject({ status: 401, code: "jwt_superseded" });
    const nothing = new MaquetteClient({ baseUrl: server.url, devID, apiKey });
    await expect(nothing.listProjects()).rejects.toThrow("give the client a refreshToken");
  });

  it("registers a webhook, after which it has a JWT and a way to others", async () => {
    const { devID, apiKey } = await server.account();
    const own = new MaquetteClient({ baseUrl: server.url, devID, apiKey });
    await own.registerWebhook("https://hooks.example/x");
    const { destinations } = await own.call("listDestinations", {});
    expect(destinations.map(({ url }) => url)).toEqual(["https://hooks.example/x"]);
    await own.refresh();
    expect((await own.call("listAuditEvents", { query: { limit: 1 } })).events).toHaveLength(1);
  });

  it("stops waiting when it is told to or the time is up", async () => {
    engine.ms = 60_000;
    const { requestID } = await client.createAsset({ test: true, images: ["https://example.com/a.png"] });
    await expect(client.waitFor(requestID, { timeoutMs: 100, pollMs: 20 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const abort = new AbortController();
    const waiting = client.waitFor(requestID, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 50);
    await expect(waiting).rejects.toThrow("enough");
    await client.cancel(requestID, "0");
    engine.ms = 20;
  });

  it("tries again what was refused for now or broke off, and nothing else", async () => {
    const answers: (number | "break")[] = [];
    const asked: string[] = [];
    const flaky = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers["idempotency-key"] ?? ""}`);
      const next = answers.shift() ?? 200;
      request.resume();
      if (next === "break") return void request.socket.destroy();
      response.writeHead(next, { "content-type": "application/json", ...(next === 429 ? { "retry-after": "0" } : {}) });
      response.end(
        JSON.stringify(next === 200 ? { requestID: "x", projects: [] } : { status: "error", message: "no" }),
      );
    });
    await new Promise<void>((resolve) => flaky.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`;
    const own = new MaquetteClient({ baseUrl, devID: "d", apiKey: "k", jwt: "j", retries: 2 });
    const outcome = async (script: (number | "break")[], work: () => Promise<unknown>) => {
      answers.splice(0, answers.length, ...script);
      asked.length = 0;
      const result = await work().then(
        () => "done",
        (error) => error,
      );
      return { result, times: asked.length };
    };
    const create = () => own.createAsset({ images: ["https://example.com/a.png"] });
    expect(await outcome([429, "break"], create)).toEqual({ result: "done", times: 3 });
    expect(new Set(asked).size).toBe(1);
    expect((await outcome([503, 503, 503], create)).result).toMatchObject({ status: 503 });
    expect((await outcome([400], create)).times).toBe(1);
    expect(await outcome(["break"], () => own.listProjects())).toEqual({ result: "done", times: 2 });
    const revised = await outcome(["break"], () => own.revise("x", { height: 1 }));
    expect([revised.result, revised.times]).toEqual([expect.any(ConnectionError), 1]);
    flaky.closeAllConnections();
    flaky.close();
    expect((await outcome([], () => own.listProjects())).result.message).toMatch(/^No answer from http:\/\/127/);
  });
});
