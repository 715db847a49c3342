import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { prune } from "../src/housekeeping.ts";
import { DELIVERY, retryDelay } from "../src/webhooks/deliver.ts";
import { signMessage } from "../src/webhooks/sign.ts";
import { onBothDatabases } from "./support/databases.ts";
import { type Received, type Receiver, startReceiver } from "./support/receiver.ts";
import { refuse, standInEngine } from "./support/stand-in-engine.ts";
import { type Client, type TestServer, until } from "./support/start.ts";

describe("signatures", () => {
  const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

  it("are what receivers of either kind compute", () => {
    const headers = signMessage(secret, "msg_1", 1700000000, '{"a":1}');
    const { t, v1 } = JSON.parse(headers["kaedim-signature"]);
    expect(t).toBe(1700000000);
    expect(v1).toBe(createHmac("sha256", secret).update('1700000000{"a":1}').digest("hex"));
    // The vector of Standard Webhooks' own libraries: HMAC over id.timestamp.body with the decoded secret.
    const expected = createHmac("sha256", Buffer.alloc(32, 3)).update('msg_1.1700000000.{"a":1}').digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  it("match the published example of Standard Webhooks", () => {
    const body = '{"test": 2432232314}';
    const headers = signMessage(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1614265330,
      body,
    );
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });
});

it("retries wait 2, 4, 8 seconds and so on to an hour, spread, and longer if the receiver asks", () => {
  for (let attempt = 1; attempt < 40; attempt++) {
    const middle = Math.min(DELIVERY.longestRetrySeconds, 2 ** attempt);
    const delays = Array.from({ length: 50 }, () => retryDelay(attempt, null));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(Math.floor(middle * 0.75));
    expect(Math.max(...delays)).toBeLessThanOrEqual(Math.ceil(middle * 1.25));
  }
  expect(retryDelay(1, 60)).toBeGreaterThanOrEqual(45);
  expect(retryDelay(1, 10_000_000)).toBeLessThanOrEqual(4500);
});

onBothDatabases("webhooks", (start) => {
  let main: TestServer;
  let receiver: Receiver;
  let refuseAll = false;

  beforeAll(async () => {
    receiver = await startReceiver();
    main = await start({ runEngine: standInEngine({ ms: 10, onJob: () => (refuseAll ? refuse() : undefined) }) });
  });

  beforeEach(() => {
    receiver.answer = (response) => response.end();
    refuseAll = false;
  });

  afterAll(() => receiver.close());

  async function register(client: Client, destination: string): Promise<string> {
    const { status, body } = await client.post("/api/v1/registerHook", { devID: client.devID, destination });
    expect(status).toBe(201);
    client.headers = { "x-api-key": client.apiKey, authorization: body.jwt };
    return body.message;
  }
  const at = (path: string) => (received: Received) => received.path === path;

  it("tell of a finished asset in both shapes, signed, with links that work", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/success`);
    const requestId = await client.process({ name: "Robot" });
    const { body, text, headers } = await receiver.next(1, at("/success"));
    const ids = { userID: client.devID, devID: client.devID, requestID: requestId };
    expect(body).toMatchObject({ status: "success", ...ids });
    expect(body.results).toMatchObject({
      ...ids,
      status: "completed",
      iterationID: "0",
      studioID: null,
      name: "Robot",
      type: "generation",
      isRevision: false,
      assetComplete: true,
    });
    expect(Object.keys(body.results.completedModels)).toEqual(["obj", "fbx", "glb", "gltf", "mtl"]);
    for (const format of ["obj", "fbx", "glb", "gltf", "mtl"]) {
      expect(body.results[format]).toBe(body.results.completedModels[format]);
      const file = await fetch(body.results[format]);
      expect([file.status, (await file.text()).startsWith(`${format} of Robot`)]).toEqual([200, true]);
    }
    expect(new Date(body.results.completedAt).getTime()).toBeGreaterThanOrEqual(
      new Date(body.results.createdAt).getTime(),
    );
    // A receiver that serialises the parsed body again gets the bytes that were signed.
    expect(JSON.stringify(body)).toBe(text);
    const { t, v1 } = JSON.parse(headers["kaedim-signature"] as string);
    expect(v1).toBe(
      createHmac("sha256", client.secret)
        .update(t + text)
        .digest("hex"),
    );
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
    const key = Buffer.from(client.secret.slice("whsec_".length), "base64");
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    expect(headers["webhook-id"]).toMatch(/^msg_[^.]+$/);
    expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(60 + main.ahead.ms / 1000);
    expect(text.length).toBeLessThan(20_000);
  });

  it("tell of a refused asset with its cause", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/refused`);
    refuseAll = true;
    const requestId = await client.process();
    const { body } = await receiver.next(1, at("/refused"));
    expect(body).toMatchObject({
      status: "error",
      requestID: requestId,
      userID: client.devID,
      devID: client.devID,
      message: "Asset creation failed",
    });
    expect(body.cause).toMatch(/^Image 1: no object/);
    expect(body.results).toMatchObject({ status: "dismissed", requestID: requestId, dismissedReason: body.cause });
  });

  it("reach every destination of the account and of nobody else", async () => {
    const [client, other] = [await main.account(), await main.account()];
    for (const path of ["/one", "/two"]) await register(client, receiver.url + path);
    await register(other, `${receiver.url}/other`);
    await client.process();
    await receiver.next(1, at("/one"));
    await receiver.next(1, at("/two"));
    expect(receiver.received.filter(at("/other"))).toEqual([]);
  });

  it("are tried again under the same id, with a new time and a new signature, until a 2xx", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/flaky`);
    receiver.answer = (response, { path }) => {
      const tries = receiver.received.filter(at(path)).length;
      response.statusCode = path === "/flaky" && tries === 1 ? 500 : path === "/flaky" && tries === 2 ? 301 : 204;
      response.setHeader("location", `${receiver.url}/elsewhere`).end();
    };
    await client.process();
    const third = await receiver.next(3, at("/flaky"), 30_000);
    const tries = receiver.received.filter(at("/flaky"));
    expect(new Set(tries.map((received) => received.headers["webhook-id"])).size).toBe(1);
    expect(new Set(tries.map((received) => received.headers["webhook-timestamp"])).size).toBe(3);
    expect(third.body.status).toBe("success");
    // Redirects are failures, not followed.
    expect(receiver.received.filter(at("/elsewhere"))).toEqual([]);
    const delivery = await until(async () => {
      const { body } = await client.get("/api/maquette/v1/deliveries?state=delivered");
      return body.deliveries[0];
    });
    expect(delivery).toMatchObject({ attempts: 3, lastStatus: 204, lastError: null, nextAt: null });
  });

  it("to receivers that hang, reset or are not there hold nobody else up", async () => {
    const [client, other] = [await main.account(), await main.account()];
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    const { port } = hanging.address() as { port: number };
    await register(client, `http://127.0.0.1:${port}/hang`);
    await register(client, "www.example.invalid/test3");
    await register(client, "test");
    await register(other, `${receiver.url}/prompt`);
    for (let i = 0; i < 5; i++) await client.process();
    const before = Date.now();
    await other.process();
    await receiver.next(1, at("/prompt"));
    expect(Date.now() - before).toBeLessThan(8000);
    const failed = await until(async () => {
      const { body } = await client.get("/api/maquette/v1/deliveries");
      const tried = body.deliveries.filter((delivery: { lastError: string | null }) => delivery.lastError !== null);
      return tried.length >= 2 ? tried : null;
    });
    expect(failed[0]).toMatchObject({ state: "pending" });
    hanging.close();
  });

  it("never reach an address that is not allowed", async () => {
    const client = await main.account();
    await register(client, "http://169.254.169.254/latest/meta-data/");
    await client.process();
    const delivery = await until(async () =>
      (await client.get("/api/maquette/v1/deliveries")).body.deliveries.find((d: { lastError: string }) => d.lastError),
    );
    expect(delivery.lastError).toBe("169.254.169.254 is not a public address");
  });

  it("are given up after a day, listed, and sent again by hand with fresh links", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/dead`);
    receiver.answer = (response, { path }) => response.writeHead(path === "/dead" ? 500 : 200).end();
    await client.process();
    await receiver.next(1, at("/dead"));
    const listed = async () => (await client.get("/api/maquette/v1/deliveries")).body.deliveries[0];
    await until(async () => (await listed()).attempts === 1);
    main.ahead.ms += DELIVERY.windowMs;
    await client.login();
    await receiver.next(2, at("/dead"));
    const dead = await until(async () => {
      const delivery = await listed();
      return delivery.state === "dead" ? delivery : null;
    });
    expect(dead).toMatchObject({ lastStatus: 500, lastError: "the receiver answered 500", nextAt: null });

    receiver.answer = (response) => response.end();
    const stranger = await main.account();
    expect((await stranger.post(`/api/maquette/v1/deliveries/${dead.deliveryID}/resend`)).status).toBe(404);
    expect((await client.post(`/api/maquette/v1/deliveries/${dead.deliveryID}/resend`)).status).toBe(200);
    const again = await receiver.next(3, at("/dead"));
    expect(again.headers["webhook-id"]).toBe(`msg_${dead.deliveryID}`);
    expect((await fetch(again.body.results.glb)).status).toBe(200);
    await until(async () => (await listed()).state === "delivered");
  });

  it("switch a destination off after three days without a success, and a registration switches it on", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/off`);
    receiver.answer = (response, { path }) => response.writeHead(path === "/off" ? 503 : 200).end();
    const destination = async () => (await client.get("/api/maquette/v1/destinations")).body.destinations[0];
    await client.process();
    await until(async () => (await destination()).failingSince !== null);
    main.ahead.ms += DELIVERY.disableAfterMs + 1000;
    await client.login();
    const off = await until(async () => {
      const now = await destination();
      return now.state === "disabled" ? now : null;
    }, 30_000);
    expect(off.lastError).toBe("the receiver answered 503");
    const { body } = await client.get("/api/maquette/v1/audit-events");
    expect(body.events[0]).toMatchObject({ kind: "webhook.disabled", detail: { url: `${receiver.url}/off` } });
    const before = receiver.received.filter(at("/off")).length;
    await client.finished(await client.process());
    expect(receiver.received.filter(at("/off"))).toHaveLength(before);
    await register(client, `${receiver.url}/off`);
    expect(await destination()).toMatchObject({ state: "active", failingSince: null });
  });

  it("go to ten destinations at most; the least recently successful makes room", async () => {
    const client = await main.account();
    for (let i = 0; i < 10; i++) await register(client, `${receiver.url}/d${i}`);
    await client.process();
    for (let i = 0; i < 10; i++) await receiver.next(1, at(`/d${i}`));
    await until(async () =>
      (await client.get("/api/maquette/v1/destinations")).body.destinations.every(
        (d: { lastSuccessAt: string }) => d.lastSuccessAt,
      ),
    );
    await main.server.context.db
      .updateTable("destination")
      .set({ last_success_at: null })
      .where("url", "=", `${receiver.url}/d4`)
      .execute();
    await register(client, `${receiver.url}/d10`);
    const urls = (await client.get("/api/maquette/v1/destinations")).body.destinations.map(
      (d: { url: string }) => d.url,
    );
    expect(urls).toHaveLength(10);
    expect(urls).not.toContain(`${receiver.url}/d4`);
    expect(urls).toContain(`${receiver.url}/d10`);
  });

  it("are signed with a new secret as soon as there is one", async () => {
    const client = await main.account();
    await register(client, `${receiver.url}/rotated`);
    const { body } = await client.post("/api/maquette/v1/credentials/secret");
    await client.process();
    const { text, headers } = await receiver.next(1, at("/rotated"));
    const { t, v1 } = JSON.parse(headers["kaedim-signature"] as string);
    expect(v1).toBe(
      createHmac("sha256", body.value)
        .update(t + text)
        .digest("hex"),
    );
  });

  it("leave nothing expired behind", async () => {
    const { db } = main.server.context;
    main.ahead.ms += 40 * 24 * 3600 * 1000;
    await prune(main.server.context);
    for (const table of ["idempotency", "sign_in_link", "session", "auth_failure"] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });
});
