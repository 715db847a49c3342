import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asClient,
  type Client,
  onBothModes,
  PNG,
  portOf,
  standInEngine,
  type TestServer,
  until,
} from "../support/api.ts";
import { type FormPart, type RawRequest, send, sendBytes, writeForm } from "../support/raw-http.ts";

const URLS = ["https://example.com/image1.png"];

let server: TestServer;
let client: Client;
let call: ReturnType<typeof asClient>;
const logged: Record<string, unknown>[] = [];
/** Jobs wait for it; null lets them through. */
let gate: Promise<void> | null = null;
let release = () => {};
const started: string[] = [];

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call({ method: "POST", path, body, headers });
const process = (fields: object = {}) => post("/api/v1/process", { test: true, imageUrls: URLS, ...fields });
const fetched = async (requestID: string) =>
  (await call({ path: `/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}` })).json;

/** Holds every job back until `release`. */
function hold(): void {
  gate = new Promise((resolve) => {
    release = () => {
      gate = null;
      resolve();
    };
  });
}

onBothModes("limits and safety", (start) => {
  beforeAll(async () => {
    started.length = 0;
    const engine = standInEngine({
      onJob: async (job) => {
        started.push(job.options.name);
        await gate;
      },
    });
    server = await start({
      runEngine: engine,
      logged,
      env: { MAQUETTE_CONCURRENCY: "1", MAQUETTE_QUEUE_LIMIT: "4" },
    });
    client = await server.account();
    call = asClient(server, client);
  });

  afterAll(() => release());

  describe("contract 1, what other files have no test for", () => {
    it("an error about an asset carries its requestID, unless the client may not know of it", async () => {
      const requestID = (await process()).json.requestID;
      await client.finished(requestID);
      const late = await post(`/api/maquette/v1/requests/${requestID}/iterations/0/cancel`, {});
      expect([late.status, late.json.requestID]).toEqual([409, requestID]);
      const stranger = await server.account();
      const theirs = await asClient(
        server,
        stranger,
      )({ method: "DELETE", path: `/api/maquette/v1/requests/${requestID}` });
      expect([theirs.status, theirs.json.requestID]).toEqual([404, undefined]);
    });

    it("HTTP/1.0 and pipelined requests are answered like any other", async () => {
      const port = portOf(server);
      const head = `X-API-Key: ${client.apiKey}\r\nAuthorization: Bearer ${client.headers.authorization}\r\n`;
      const path = `/api/v1/fetchProjects?devID=${client.devID}`;
      const old = await sendBytes(port, Buffer.from(`GET ${path} HTTP/1.0\r\n${head}\r\n`));
      expect([old.status, old.json.status]).toEqual([200, "success"]);
      const twice = await sendBytes(
        port,
        Buffer.from(
          `GET ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\nGET ${path} HTTP/1.1\r\nHost: x\r\n${head}Connection: close\r\n\r\n`,
        ),
      );
      expect(twice.bytes.toString("latin1").match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    });
  });

  describe("contract 2, failures", () => {
    it("failed attempts are limited for an address, whoever they claim to be, with Retry-After", async () => {
      const limited = await start();
      const owner = await limited.account();
      const guess = (request: Partial<RawRequest>) =>
        send(portOf(limited), { path: "/api/v1/fetchProjects", ...request });
      const statuses: number[] = [];
      const json = { "X-API-Key": "mq_guess", "refresh-token": "mqr_guess", "Content-Type": "application/json" };
      // Wherever they are made, they count together.
      for (let i = 0; i < 63; i++) {
        const token = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify({ sub: `nobody-${i}` })).toString("base64url")}.x`;
        const body = JSON.stringify({ devID: `nobody-${i}`, destination: "x" });
        const requests: Partial<RawRequest>[] = [
          { headers: { "X-API-Key": "mq_guess", Authorization: token } },
          { method: "POST", path: "/api/v1/refreshJWT", headers: json, body },
          { method: "POST", path: "/api/v1/registerHook", headers: json, body },
        ];
        statuses.push((await guess(requests[i % 3]!)).status);
      }
      expect(statuses).toEqual([...Array(20).fill([401, 400, 404]).flat(), 429, 429, 429]);
      const refused = await guess({ headers: { "X-API-Key": "mq_guess", Authorization: "x" } });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const good = { "X-API-Key": owner.apiKey, Authorization: owner.headers.authorization! };
      expect((await guess({ headers: good })).status).toBe(200);
    });
  });

  describe("contract 3, what other files have no test for", () => {
    it("the default upper limit of polycount is 30,000, 100,000 or 300,000 by LoQ", async () => {
      for (const [LoQ, polycount] of [
        ["standard", "30000"],
        ["high", "100000"],
        ["ultra", "300000"],
      ]) {
        const { json } = await process({ LoQ });
        const asset = await client.finished(json.requestID);
        expect([asset.polycount, asset.iterations[0].loq]).toEqual([polycount, LoQ]);
      }
      const { json } = await call({ path: `/api/v1/fetchAll?devID=${client.devID}&limit=1` });
      expect(json.assets[0].polycount).toBe("300000");
    });

    it("a 201 comes after the request, its images and its job are durable", async () => {
      hold();
      const { type, body } = writeForm([{ name: "image", filename: "a.png", value: PNG }]);
      const accepted = await post("/api/v1/process", body, { "Content-Type": type });
      expect(accepted.status).toBe(201);
      const { db, storage } = server.server.context;
      const image = await db
        .selectFrom("image")
        .select("storage_key")
        .where("request_id", "=", accepted.json.requestID)
        .executeTakeFirstOrThrow();
      expect(await storage.get(image.storage_key!)).toEqual(PNG);
      const iteration = await db
        .selectFrom("iteration")
        .select("status")
        .where("request_id", "=", accepted.json.requestID)
        .executeTakeFirstOrThrow();
      expect(["queued", "running"]).toContain(iteration.status);
      release();
      await client.finished(accepted.json.requestID);
    });

    it("an iteration is new with stage, progress and queuePosition, results null; then completed; then approved", async () => {
      hold();
      const [first, second] = [(await process()).json.requestID, (await process()).json.requestID];
      await until(async () => (await fetched(first)).iterations[0].queuePosition === 0);
      const waiting = (await fetched(second)).iterations[0];
      expect(waiting).toMatchObject({ status: "new", stage: "queued", progress: 0, queuePosition: 1, results: null });
      const all = await call({ path: `/api/v1/fetchAll?devID=${client.devID}&limit=2` });
      expect(
        all.json.assets.map(({ requestID, iterations }: { requestID: string; iterations: { status: string }[] }) => [
          requestID,
          iterations[0]!.status,
        ]),
      ).toEqual([
        [second, "new"],
        [first, "new"],
      ]);
      release();
      await client.finished(second);
      const done = (await fetched(second)).iterations[0];
      expect(done).toMatchObject({ status: "completed", stage: null, progress: 1, queuePosition: null });
      expect(Object.keys(done.results)).toEqual(
        expect.arrayContaining(["obj", "fbx", "glb", "gltf", "mtl", "zip", "preview"]),
      );
      const path = `/api/maquette/v1/requests/${second}/iterations/0/approve`;
      expect((await post(path, {})).status).toBe(200);
      expect((await fetched(second)).iterations[0]).toMatchObject({
        status: "approved",
        results: { glb: expect.any(String) },
      });
    });

    it("an Idempotency-Key holds for 24 hours, a day later it is a new request", async () => {
      const headers = { "Idempotency-Key": "daily" };
      const once = () => post("/api/v1/process", { test: true, imageUrls: URLS }, headers);
      const first = await once();
      server.ahead.ms += 23 * 3600 * 1000;
      client.headers.authorization = await client.login();
      expect((await once()).json.requestID).toBe(first.json.requestID);
      server.ahead.ms += 2 * 3600 * 1000;
      client.headers.authorization = await client.login();
      const later = await once();
      expect([later.status, later.json.requestID === first.json.requestID]).toEqual([201, false]);
      await client.finished(later.json.requestID);
      server.ahead.ms = 0;
      client.headers.authorization = await client.login();
    });
  });

  describe("contract 6, limits", () => {
    it("headers are bounded: 16 kB, then 431", async () => {
      const path = `/api/v1/fetchProjects?devID=${client.devID}`;
      expect((await call({ path, headers: { "X-Long": "a".repeat(12_000) } })).status).toBe(200);
      expect((await call({ path, headers: { "X-Long": "a".repeat(20_000) } })).status).toBe(431);
      expect((await call({ path: `${path}&pad=${"a".repeat(20_000)}` })).status).toBe(431);
    });

    it("JSON is bounded in depth, and what it says may not reach a prototype", async () => {
      const nested = (depth: number) =>
        `{"devID":"${client.devID}","test":true,"imageUrls":${JSON.stringify(URLS)},"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
      const json = { "Content-Type": "application/json" };
      const deep = await post("/api/v1/process", nested(31), json);
      expect(deep.status).toBe(201);
      await client.finished(deep.json.requestID);
      for (const body of [
        nested(32),
        nested(100_000),
        "[".repeat(60_000),
        '{"__proto__":{"test":true}}',
        '{"a":1e400',
        "NaN",
      ]) {
        const answer = await post("/api/v1/process", body, json);
        expect([body.slice(0, 40), answer.status, answer.json.status]).toEqual([body.slice(0, 40), 400, "error"]);
      }
    });

    it("strings, parts and lists are bounded, each with a 400 that names it", async () => {
      const form = (parts: FormPart[]) => {
        const { type, body } = writeForm([{ name: "image", filename: "a.png", value: PNG }, ...parts]);
        return post("/api/v1/process", body, { "Content-Type": type });
      };
      const answers = {
        name: await process({ name: "n".repeat(129) }),
        URL: await process({ test: false, imageUrls: [`https://example.com/${"u".repeat(2100)}`] }),
        tag: await process({ tags: ["t".repeat(65)] }),
        tags: await process({ tags: Array.from({ length: 33 }, (_, i) => `t${i}`) }),
        images: await process({ imageUrls: Array(7).fill(URLS[0]) }),
        field: await form([{ name: "note", value: "f".repeat(70_000) }]),
        parts: await form(Array.from({ length: 100 }, (_, i) => ({ name: `p${i}`, value: "x" }))),
      };
      for (const [what, { status, json }] of Object.entries(answers)) {
        expect([what, status, json.message]).toEqual([what, 400, expect.stringContaining(what)]);
      }
    });

    it("bodies are bounded, and compressed ones are not unpacked", async () => {
      const large = await post("/api/v1/process", Buffer.alloc(43 * 1024 * 1024), { "Content-Type": "image/png" });
      expect([large.status, large.json.code]).toEqual([413, "body_too_large"]);
      const bomb = gzipSync(Buffer.alloc(20_000_000));
      const packed = await post("/api/v1/process", bomb, {
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
      });
      expect([packed.status, packed.json.code]).toEqual([415, "encoding_unsupported"]);
    });

    it("a queue is bounded for each account, with Retry-After, and starves nobody", async () => {
      hold();
      const other = await server.account();
      const answers = [];
      for (let i = 0; i < 5; i++) answers.push(await process({ name: `greedy ${i}` }));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 429]);
      expect(answers[4]!.json).toMatchObject({ status: "error", code: "queue_full" });
      expect(answers[4]!.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      const body = { test: true, imageUrls: URLS, name: "modest" };
      expect((await asClient(server, other)({ method: "POST", path: "/api/v1/process", body })).status).toBe(201);
      release();
      for (const { json } of answers.slice(0, 4)) await client.finished(json.requestID);
      const order = await until(
        () => started.includes("modest") && started.filter((name) => /^greedy|^modest/.test(name)),
      );
      // One of the greedy account's was running already; of those that wait, the other's is not the last.
      expect(order.indexOf("modest")).toBeLessThan(3);
    });

    it("requests are limited for each account, with Retry-After, after which they work again", async () => {
      const limited = await start({ env: { MAQUETTE_RATE_LIMIT: "120" } });
      const [busy, calm] = [await limited.account(), await limited.account()];
      const ask = (who: Client) => asClient(limited, who)({ path: `/api/v1/fetchProjects?devID=${who.devID}` });
      const answers = [];
      for (let i = 0; i < 40; i++) answers.push(await ask(busy));
      const refused = answers.find(({ status }) => status === 429)!;
      expect(answers.slice(0, 30).map(({ status }) => status)).toEqual(Array(30).fill(200));
      expect(refused.json).toMatchObject({ status: "error", code: "rate_limited" });
      const seconds = Number(refused.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(0);
      expect((await ask(calm)).status).toBe(200);
      limited.ahead.ms += seconds * 1000;
      expect((await ask(busy)).status).toBe(200);
    });

    it("sign-ins, replaced keys and changes of members are on record", async () => {
      const [owner, member] = [await server.account(), await server.account()];
      const as = asClient(server, owner);
      const kinds = async (who: Client) => {
        const { json } = await asClient(server, who)({ path: "/api/maquette/v1/audit-events" });
        return json.events.map(({ kind }: { kind: string }) => kind);
      };
      const studioID = (await as({ method: "POST", path: "/api/maquette/v1/studios", body: { name: "Team" } })).json
        .studioID;
      const members = `/api/maquette/v1/studios/${studioID}/members`;
      await as({ method: "POST", path: members, body: { email: member.email } });
      await as({ method: "PATCH", path: `${members}/${member.devID}`, body: { role: "admin" } });
      await as({ method: "DELETE", path: `${members}/${member.devID}` });
      expect(await kinds(member)).toEqual(["member.removed", "member.changed", "member.added", "account.created"]);
      for (const what of ["secret", "refresh-token", "api-key"]) {
        await as({ method: "POST", path: `/api/maquette/v1/credentials/${what}` });
      }
      const { rows } = await recorded(owner);
      expect(rows).toEqual(expect.arrayContaining(["secret.rotated", "refresh_token.rotated", "api_key.rotated"]));

      const link = new URL(server.server.firstStart!.signInUrl);
      const page = await send(portOf(server), { path: link.pathname + link.search });
      expect(page.status).toBe(303);
      const cookie = page.headers.get("set-cookie")!.split(";")[0]!;
      const { json } = await send(portOf(server), {
        path: "/api/maquette/v1/audit-events",
        headers: { Cookie: cookie },
      });
      expect(json.events[0]).toMatchObject({ kind: "signed_in", address: "127.0.0.1", at: expect.any(String) });
      expect(JSON.stringify(logged)).not.toContain(link.searchParams.get("token"));
      expect(JSON.stringify(logged)).not.toContain(cookie.split("=")[1]);
    });

    it("secrets are in no log line, whatever was sent with them", async () => {
      const who = await server.account();
      const before = logged.length;
      const as = asClient(server, who);
      await as({
        method: "POST",
        path: "/api/v1/registerHook",
        body: { devID: who.devID, destination: "https://u:hunter2@hooks.example/x" },
      });
      await send(portOf(server), {
        method: "POST",
        path: `/api/v1/refreshJWT?refresh-token=${who.refreshToken}&x-api-key=${who.apiKey}`,
        headers: {
          "X-API-Key": who.apiKey,
          "refresh-token": `${who.refreshToken}x`,
          "Content-Type": "application/json",
        },
        body: JSON.stringify({ devID: who.devID, secret: who.secret }),
      });
      await as({ method: "POST", path: "/api/v1/process", body: `{"apiKey":"${who.apiKey}` });
      await sendBytes(portOf(server), Buffer.from(`GARBAGE ${who.apiKey}\r\n\r\n`));
      const lines = await until(() => {
        const since = logged.slice(before);
        return since.length >= 3 && since;
      });
      const text = JSON.stringify(lines);
      for (const secret of [who.apiKey, who.refreshToken, who.secret, who.headers.authorization!, "hunter2"]) {
        expect(text).not.toContain(secret);
      }
    });
  });
});

/** From the database, since the API key that would ask for it has just been replaced. */
async function recorded({ devID }: Client) {
  const rows = await server.server.context.db
    .selectFrom("audit_event")
    .select("kind")
    .where("account_id", "=", devID)
    .execute();
  return { rows: rows.map(({ kind }) => kind) };
}
