import { createHmac } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Received, Receiver } from "../../packages/server/test/support/receiver.ts";
import {
  asClient,
  type Client,
  onBothModes,
  portOf,
  refuse,
  standInEngine,
  startReceiver,
  startTestServer,
  type TestServer,
  until,
} from "../support/api.ts";
import { send } from "../support/raw-http.ts";

const HOUR_MS = 3600 * 1000;
/** That of a receiver to answer. */
const TIME_LIMIT_MS = 15_000;
const FORMATS = ["obj", "fbx", "glb", "gltf", "mtl"];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let server: TestServer;
let receiver: Receiver;
let refused = false;

const at = (path: string) => (received: Received) => received.path === path;
const list = async (client: Client, what: "deliveries" | "destinations") =>
  (await asClient(server, client)({ path: `/api/maquette/v1/${what}` })).json[what];

async function register(client: Client, ...destinations: string[]): Promise<void> {
  for (const destination of destinations) await registerOn(server, client, destination);
}

async function registerOn(on: TestServer, client: Client, destination: string): Promise<void> {
  const { status, json } = await send(portOf(on), {
    method: "POST",
    path: "/api/v1/registerHook",
    headers: { "X-API-Key": client.apiKey, "Content-Type": "application/json" },
    body: JSON.stringify({ devID: client.devID, destination }),
  });
  expect([destination, status]).toEqual([destination, 201]);
  client.headers.authorization = json.jwt;
}

async function process(client: Client, fields: object = {}, on = server): Promise<string> {
  const body = { devID: client.devID, test: true, imageUrls: ["https://example.com/image1.png"], ...fields };
  const { status, json } = await asClient(on, client)({ method: "POST", path: "/api/v1/process", body });
  expect(status).toBe(201);
  return json.requestID;
}

onBothModes("contract 3, webhook delivery", (start, kind) => {
  beforeAll(async () => {
    receiver = await startReceiver();
    server = await start({
      runEngine: standInEngine({ ms: 10, onJob: () => (refused ? refuse() : undefined) }),
    });
  });

  beforeEach(() => {
    refused = false;
    receiver.answer = (response, { path }) => response.writeHead(path.startsWith("/down") ? 503 : 200).end();
  });

  afterAll(() => receiver.close());

  it("POST to every destination of the account and of nobody else, JSON", async () => {
    const [client, other] = [await server.account(), await server.account()];
    await register(client, `${receiver.url}/one`, `${receiver.url}/two?k=v`);
    await register(other, `${receiver.url}/other`);
    const requestID = await process(client);
    for (const path of ["/one", "/two?k=v"]) {
      const { headers, text, body } = await receiver.next(1, at(path));
      expect(headers["content-type"]).toBe("application/json");
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
      expect(body.requestID).toBe(requestID);
    }
    expect(receiver.received.filter(at("/other"))).toEqual([]);
  });

  it("the superset of both shapes, with links that work by plain GET", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/shape`);
    const requestID = await process(client, { name: "Rocket" });
    const { body } = await receiver.next(1, at("/shape"));
    const ids = { userID: client.devID, devID: client.devID, requestID };
    expect(body).toMatchObject({ status: "success", ...ids, message: expect.any(String) });
    const { results } = body;
    expect(results).toMatchObject({
      ...ids,
      status: "completed",
      iterationID: "0",
      studioID: null,
      name: "Rocket",
      image: "https://example.com/image1.png",
      type: "generation",
      isRevision: false,
      createdAt: expect.stringMatching(ISO),
      completedAt: expect.stringMatching(ISO),
      assetComplete: true,
    });
    expect(Object.keys(results.completedModels)).toEqual(FORMATS);
    for (const format of FORMATS) {
      expect(results[format]).toBe(results.completedModels[format]);
      const { pathname, search } = new URL(results[format]);
      const file = await send(portOf(server), { path: pathname + search });
      expect([file.status, file.body.toString().startsWith(`${format} of Rocket`)]).toEqual([200, true]);
    }
    expect(Date.parse(results.completedAt)).toBeGreaterThanOrEqual(Date.parse(results.createdAt));
  });

  it("a revision says that it is one, and a studio's asset whose it is", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/revised`);
    const call = asClient(server, client);
    const studios = await call({ method: "POST", path: "/api/maquette/v1/studios", body: { name: "Team" } });
    const { studioID } = studios.json;
    const requestID = await process(client, { studioID, polycount: "none" });
    const first = await receiver.next(1, at("/revised"));
    expect(first.body).toMatchObject({
      warnings: ['polycount "none" is not a number and was ignored'],
      results: { studioID, iterationID: "0", type: "generation", isRevision: false, test: true },
    });
    await client.finished(requestID);
    const path = `/api/maquette/v1/requests/${requestID}/iterations`;
    expect((await call({ method: "POST", path, body: { height: 10 } })).status).toBe(201);
    const second = await receiver.next(2, at("/revised"));
    expect(second.body).toMatchObject({
      requestID,
      results: { studioID, iterationID: "1", type: "revision", isRevision: true, assetComplete: true },
    });
    expect(second.body.results.glb).not.toBe(first.body.results.glb);
    expect(second.headers["webhook-id"]).not.toBe(first.headers["webhook-id"]);
  });

  it("a failure: status error, Asset creation failed, cause, results dismissed", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/failure`);
    refused = true;
    const requestID = await process(client);
    const { body } = await receiver.next(1, at("/failure"));
    const ids = { userID: client.devID, devID: client.devID, requestID };
    expect(body).toMatchObject({ status: "error", ...ids, message: "Asset creation failed" });
    expect(body.cause).toMatch(/^Image 1: no object can be told from the background: .+\. Use .+\.$/);
    expect(body.results).toMatchObject({
      ...ids,
      status: "dismissed",
      assetComplete: false,
      dismissedReason: body.cause,
    });
  });

  it("kaedim-signature {t, v1} over t + body, whose bytes are what JSON.stringify gives", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/signed`);
    await process(client, { name: 'Käse "☃" 1e3' });
    const { text, headers } = await receiver.next(1, at("/signed"));
    expect(JSON.stringify(JSON.parse(text))).toBe(text);
    const header = headers["kaedim-signature"] as string;
    const { t, v1, ...rest } = JSON.parse(header);
    expect([rest, Number.isInteger(t)]).toEqual([{}, true]);
    expect(Math.abs(t - Date.now() / 1000)).toBeLessThan(60);
    const mac = createHmac("sha256", client.secret).update(t + JSON.stringify(JSON.parse(text)));
    expect(v1).toBe(mac.digest("hex"));
  });

  it("the headers of Standard Webhooks, which their libraries verify", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/standard`);
    await process(client);
    const { text, headers } = await receiver.next(1, at("/standard"));
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
    expect(timestamp).toMatch(/^\d{10}$/);
    expect(id).toMatch(/^msg_[^.]+$/);
    const key = Buffer.from(client.secret.replace("whsec_", ""), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${text}`).digest("base64");
    expect((signature as string).split(" ")).toContain(`v1,${mac}`);
  });

  it("at least once, the same webhook-id on every try, until any 2xx; a redirect is none", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/flaky`);
    const statuses = [500, 302, 299];
    receiver.answer = (response) => {
      response.writeHead(statuses.shift() ?? 200, { location: `${receiver.url}/elsewhere` }).end();
    };
    await process(client);
    await receiver.next(3, at("/flaky"), 30_000);
    const delivered = await until(async () => {
      const [delivery] = await list(client, "deliveries");
      return delivery.state === "delivered" ? delivery : null;
    });
    expect(delivered).toMatchObject({ attempts: 3, lastStatus: 299 });
    const tries = receiver.received.filter(at("/flaky"));
    expect(new Set(tries.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    // Each with the time and the signature of its own.
    expect(new Set(tries.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(3);
    expect(receiver.received.filter(at("/elsewhere"))).toEqual([]);
  });

  // Half a minute, and nothing of it depends on the database: on one is enough.
  if (kind === "embedded")
    it("an answer later than 15 s is a failure, and a receiver that never answers holds nobody up", async () => {
      const silent = await listenSilently();
      const [patient, hasty] = [await server.account(), await server.account()];
      await register(patient, `${silent.url}/never`, `${receiver.url}/patient`);
      await register(hasty, `${receiver.url}/hasty`);
      const began = Date.now();
      for (let i = 0; i < 12; i++) await process(patient);
      await process(hasty);
      await receiver.next(1, at("/hasty"));
      await receiver.next(12, at("/patient"));
      expect(Date.now() - began).toBeLessThan(TIME_LIMIT_MS);
      const late = await until(async () => {
        const tried = await list(patient, "deliveries");
        return tried.find(({ url, lastError }: Tried) => url === `${silent.url}/never` && lastError !== null);
      }, 30_000);
      expect(late).toMatchObject({ state: "pending", lastStatus: null, lastError: expect.stringMatching(/15 s/) });
      expect(Date.now() - began).toBeGreaterThanOrEqual(TIME_LIMIT_MS);
      await silent.close();
    });

  it("what cannot be delivered fails at delivery, visibly", async () => {
    const client = await server.account();
    await register(client, "test", "www.example.com:22/test3");
    await process(client);
    const tried = await until(async () => {
      const deliveries: Tried[] = await list(client, "deliveries");
      return deliveries.length === 2 && deliveries.every(({ lastError }) => lastError !== null) && deliveries;
    });
    expect(Object.fromEntries(tried.map(({ url, lastError }) => [url, lastError]))).toEqual({
      test: expect.stringMatching(/\S/),
      "www.example.com:22/test3": expect.stringMatching(/\S/),
    });
  });

  it("tried for 24 h, then a dead letter that can be sent again, with links signed afresh", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/down/dead`);
    await process(client);
    const listed = async () => (await list(client, "deliveries"))[0];
    const first = await until(async () => {
      const delivery = await listed();
      return delivery?.attempts === 1 ? delivery : null;
    });
    const pause = Date.parse(first.nextAt) - (Date.now() + server.ahead.ms);
    expect([first.state, pause < 4000]).toEqual(["pending", true]);
    server.ahead.ms += 22 * HOUR_MS;
    await client.login();
    const late = await until(async () => {
      const delivery = await listed();
      return delivery.attempts > 1 ? delivery : null;
    });
    expect(late.state).toBe("pending");
    server.ahead.ms += 2 * HOUR_MS;
    await client.login();
    const dead = await until(async () => {
      const delivery = await listed();
      return delivery.state === "dead" ? delivery : null;
    });
    expect(dead).toMatchObject({ lastStatus: 503, lastError: "the receiver answered 503", nextAt: null });
    const inVain = receiver.received.filter(at("/down/dead")).length;
    receiver.answer = (response) => response.end();
    const path = `/api/maquette/v1/deliveries/${dead.deliveryID}/resend`;
    expect((await asClient(server, await server.account())({ method: "POST", path })).status).toBe(404);
    expect((await asClient(server, client)({ method: "POST", path })).status).toBe(200);
    const again = await receiver.next(inVain + 1, at("/down/dead"));
    expect(again.headers["webhook-id"]).toBe(`msg_${dead.deliveryID}`);
    const tries = receiver.received.filter(at("/down/dead"));
    expect(new Set(tries.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    const [old, fresh] = [tries[0]!, again].map(({ body }) => new URL(body.results.glb));
    expect((await send(portOf(server), { path: old!.pathname + old!.search })).status).toBe(403);
    expect((await send(portOf(server), { path: fresh!.pathname + fresh!.search })).status).toBe(200);
    await until(async () => (await listed()).state === "delivered");
  });

  it("a destination that failed for 3 days is switched off, and says so; a registration switches it on", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/down/off`);
    await process(client);
    const destination = async () => (await list(client, "destinations"))[0];
    await until(async () => (await destination()).failingSince !== null);
    server.ahead.ms += 3 * 24 * HOUR_MS + 1000;
    await client.login();
    const off = await until(async () => {
      const now = await destination();
      return now.state === "disabled" ? now : null;
    }, 30_000);
    expect(off.lastError).toBe("the receiver answered 503");
    const events = (await asClient(server, client)({ path: "/api/maquette/v1/audit-events" })).json.events;
    expect(events[0]).toMatchObject({ kind: "webhook.disabled", detail: { url: `${receiver.url}/down/off` } });
    const tries = receiver.received.filter(at("/down/off")).length;
    await client.finished(await process(client));
    expect(receiver.received.filter(at("/down/off"))).toHaveLength(tries);
    await register(client, `${receiver.url}/down/off`);
    expect(await destination()).toMatchObject({ state: "active", failingSince: null });
  });

  it("a new secret signs from its first message on", async () => {
    const client = await server.account();
    await register(client, `${receiver.url}/rotated`);
    const path = "/api/maquette/v1/credentials/secret";
    const { value } = (await asClient(server, client)({ method: "POST", path })).json;
    await process(client);
    const { text, headers } = await receiver.next(1, at("/rotated"));
    const { t, v1 } = JSON.parse(headers["kaedim-signature"] as string);
    expect(v1).toBe(
      createHmac("sha256", value)
        .update(t + text)
        .digest("hex"),
    );
  });

  it("an account keeps ten destinations; the least recently successful makes room", async () => {
    const client = await server.account();
    const urls = Array.from({ length: 10 }, (_, i) => `${receiver.url}/${i === 6 ? "down/" : ""}d${i}`);
    await register(client, ...urls);
    await process(client);
    await until(
      async () => (await list(client, "destinations")).filter((d: Destination) => d.lastSuccessAt).length === 9,
    );
    await register(client, `${receiver.url}/d10`);
    const kept = (await list(client, "destinations")).map((d: Destination) => d.url);
    expect(new Set(kept)).toEqual(new Set([...urls.filter((url) => !url.includes("/down/")), `${receiver.url}/d10`]));
  });

  if (kind === "embedded")
    it("or as many as the operator says", async () => {
      const other = await start({ env: { MAQUETTE_DESTINATIONS: "2" } });
      const client = await other.account();
      for (const url of ["one", "two", "three"]) await registerOn(other, client, url);
      const { json } = await asClient(other, client)({ path: "/api/maquette/v1/destinations" });
      expect(new Set(json.destinations.map((d: Destination) => d.url))).toEqual(new Set(["two", "three"]));
    });
});

describe("contract 6, webhooks to forbidden addresses", () => {
  it("never reach this machine in any notation, unless the operator allows it", async () => {
    const silent = await listenSilently();
    const { port } = new URL(silent.url);
    const open = await startTestServer({ env: { HOST: "0.0.0.0" } });
    const allowed = await startTestServer({ env: { HOST: "0.0.0.0", MAQUETTE_ALLOW_HOSTS: "127.0.0.0/8" } });
    try {
      const client = await open.account();
      const hosts = ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "①②⑦.⓪.⓪.①"];
      for (const host of hosts) await registerOn(open, client, `http://${host}:${port}/hook`);
      await registerOn(open, client, "http://169.254.169.254/latest/meta-data/");
      await process(client, {}, open);
      const deliveries = await until(async () => {
        const { json } = await asClient(open, client)({ path: "/api/maquette/v1/deliveries" });
        const tried = json.deliveries.filter((delivery: { attempts: number }) => delivery.attempts > 0);
        return tried.length === hosts.length + 1 && tried;
      });
      for (const { lastStatus, lastError } of deliveries) {
        expect([lastStatus, lastError]).toEqual([
          null,
          expect.stringMatching(/is not a public address|is a private name/),
        ]);
      }
      expect(silent.connections()).toBe(0);

      const insider = await allowed.account();
      await registerOn(allowed, insider, `http://127.0.0.1:${port}/hook`);
      await process(insider, {}, allowed);
      await until(() => silent.connections() === 1);
    } finally {
      await open.close();
      await allowed.close();
      await silent.close();
    }
  });
});

interface Tried {
  url: string;
  lastError: string | null;
}

interface Destination {
  url: string;
  lastSuccessAt: string | null;
}

/** Accepts connections and never says a word. */
async function listenSilently() {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    connections: () => sockets.length,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
