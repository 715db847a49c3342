import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startPostgres, type TestPostgres } from "./support/postgres.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { createClient, startTestServer, type TestServer } from "./support/start.ts";

let postgres: TestPostgres;
let collector: Receiver;
let hooks: Receiver;
beforeAll(async () => {
  postgres = await startPostgres();
  collector = await startReceiver();
  hooks = await startReceiver();
});
afterAll(async () => {
  await collector.close();
  await hooks.close();
  await postgres.stop();
});

interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  service: string;
  attributes: Record<string, unknown>;
  status?: { code?: number };
}

/** The spans that reached the collector, in OTLP's JSON. */
function sentSpans(): SentSpan[] {
  const values = (attributes: { key: string; value: Record<string, unknown> }[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  return collector.received.flatMap(({ path, body }) => {
    expect(path).toBe("/v1/traces");
    // biome-ignore lint/suspicious/noExplicitAny: OTLP's JSON, read field by field.
    return body.resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      scopeSpans.flatMap(({ spans }: any) =>
        // biome-ignore lint/suspicious/noExplicitAny: see above.
        spans.map((span: any) => ({
          ...span,
          service: values(resource.attributes)["service.name"],
          attributes: values(span.attributes),
        })),
      ),
    );
  });
}

async function start(role: string, databaseUrl: string, service: string): Promise<TestServer> {
  return startTestServer({
    role,
    databaseUrl,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: service,
      PUBLIC_URL: "http://127.0.0.1:1",
      MAQUETTE_KEY: Buffer.alloc(32, 7).toString("base64"),
    },
  });
}

it("one trace leads from the client's request over the API and the worker to the webhook's receiver", async () => {
  const databaseUrl = await postgres.createDatabase();
  const api = await start("api", databaseUrl, "maquette-api");
  const worker = await start("worker", databaseUrl, "maquette-worker");
  const client = await api.account();
  await client.post("/api/v1/registerHook", { devID: client.devID, destination: `${hooks.url}/hook` });
  await client.login();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const { status, body } = await client.post(
    "/api/v1/process",
    { imageUrls: ["https://example.com/a.png"], test: true },
    { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  );
  expect(status).toBe(201);
  const message = await hooks.next(1, (received) => received.body.requestID === body.requestID);
  // Stopping sends what is still to be sent.
  await worker.close();
  await api.close();

  const spans = sentSpans().filter((span) => span.traceId === traceId);
  const one = (name: string) => {
    const found = spans.filter((span) => span.name === name);
    expect(found, name).toHaveLength(1);
    return found[0]!;
  };
  const request = one("POST /api/v1/process");
  expect(request).toMatchObject({
    service: "maquette-api",
    parentSpanId: "00f067aa0ba902b7",
    attributes: { "http.route": "/api/v1/process", "maquette.request_id": body.requestID },
  });
  const made = one("make asset");
  expect(made).toMatchObject({
    service: "maquette-worker",
    parentSpanId: request.spanId,
    attributes: { "maquette.request_id": body.requestID, "maquette.outcome": "completed" },
  });
  const engine = one("engine");
  expect(engine.parentSpanId).toBe(made.spanId);
  for (const stage of ["carve", "bake"]) expect(one(`engine: ${stage}`).parentSpanId).toBe(engine.spanId);
  expect(one("store files").parentSpanId).toBe(made.spanId);
  const delivered = one("deliver webhook");
  expect(delivered.parentSpanId).toBe(made.spanId);
  expect(message.headers.traceparent).toBe(`00-${traceId}-${delivered.spanId}-01`);
  // What was not asked about in this trace is in others, and probes are in none.
  expect(sentSpans().some((span) => span.name.includes("/readyz"))).toBe(false);
});

it("a failed message and its next attempt are in the trace too, and idempotency knows nothing of traces", async () => {
  const databaseUrl = await postgres.createDatabase();
  const server = await start("all", databaseUrl, "maquette");
  const client = await server.account();
  const flaky = await startReceiver();
  flaky.answer = (response) => response.writeHead(flaky.received.length === 1 ? 500 : 200).end();
  await client.post("/api/v1/registerHook", { devID: client.devID, destination: flaky.url });
  await client.login();
  const body = { imageUrls: ["https://example.com/a.png"], test: true };
  const ask = (id: string) =>
    client.post("/api/v1/process", body, { "idempotency-key": "1", traceparent: `00-${id}-00f067aa0ba902b7-01` });
  const first = await ask("11111111111111111111111111111111");
  const second = await ask("22222222222222222222222222222222");
  expect(second.body.requestID).toBe(first.body.requestID);
  await flaky.next(2);
  await server.close();
  await flaky.close();
  const attempts = sentSpans().filter(
    ({ name, traceId }) => name === "deliver webhook" && traceId === "11111111111111111111111111111111",
  );
  expect(attempts.map(({ status }) => status?.code === 2)).toEqual([true, false]);
  expect(attempts.map(({ attributes }) => attributes["http.response.status_code"])).toEqual([500, 200]);
});

it("a collector that is away costs no request, and does not hold up the end", async () => {
  const gone = await startReceiver();
  await gone.close();
  const server = await startTestServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: gone.url } });
  const client = await server.account();
  expect((await client.finished(await client.process())).iterations[0].status).toBe("completed");
  const started = Date.now();
  await server.close();
  expect(Date.now() - started).toBeLessThan(10_000);
});

it("without a collector nothing is traced", async () => {
  const server = await startTestServer();
  const { url } = server;
  const account = await server.account();
  const client = await createClient(url, account, account.email);
  await client.post("/api/v1/registerHook", { devID: client.devID, destination: `${hooks.url}/untraced` });
  await client.login();
  const { body } = await client.post(
    "/api/v1/process",
    { imageUrls: ["https://example.com/a.png"], test: true },
    { traceparent: "00-33333333333333333333333333333333-00f067aa0ba902b7-01" },
  );
  const message = await hooks.next(1, (received) => received.body.requestID === body.requestID);
  expect(message.headers.traceparent).toBeUndefined();
  const { rows } = await sql`select data from pgboss.job where data ? 'trace'`.execute(server.server.context.db);
  expect(rows).toEqual([]);
  await server.close();
});
