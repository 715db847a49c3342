import { existsSync, readdirSync, readlinkSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contractOf } from "../../packages/server/test/support/start.ts";
import { type Client, onBothModes, PNG, portOf, standInEngine, type TestServer, until } from "../support/api.ts";
import { Connections, sendDamaged } from "../support/fuzz/connections.ts";
import { type Credentials, type FuzzedRequest, mutate, mutations, requestsOf } from "../support/fuzz/requests.ts";
import type { Json, Known } from "../support/fuzz/values.ts";
import { type RawAnswer, writeForm, writeRequest } from "../support/raw-http.ts";

/** More of them, and others, with FUZZ_REQUESTS=100000 FUZZ_SEED=2. */
const REQUESTS = {
  embedded: Number(process.env.FUZZ_REQUESTS ?? 10_500),
  scaled: Number(process.env.FUZZ_REQUESTS ?? 1500),
};
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** Of all requests; the others are damaged byte by byte. */
const FROM_DOCUMENT = 0.8;
const CONNECTIONS = 16;
const METHODS = ["get", "head", "post", "patch", "delete"];

onBothModes("contract 1 and 6, whatever is sent", (start, mode) => {
  const amount = REQUESTS[mode];
  let server: TestServer;
  let main: Client;
  let victim: Client;
  const logged: Record<string, unknown>[] = [];
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);

  beforeAll(async () => {
    process.on("unhandledRejection", note);
    server = await start({
      logged,
      runEngine: standInEngine({ ms: 1 }),
      env: { MAQUETTE_JWT: "all", MAQUETTE_RATE_LIMIT: "100000000", MAQUETTE_QUEUE_LIMIT: "1000000" },
    });
    main = await server.account();
    victim = await server.account();
  });
  afterAll(() => void process.off("unhandledRejection", note));

  /** Counts of statuses by operation. */
  const counts = new Map<string, Map<number | string, number>>();
  const count = (name: string, status: number | string) => {
    const row = counts.get(name) ?? new Map();
    row.set(status, (row.get(status) ?? 0) + 1);
    counts.set(name, row);
  };
  const problems: string[] = [];

  function judge(name: string, what: unknown, method: string, path: string, answer: RawAnswer, check: Checker): void {
    count(name, answer.status);
    const complain = (why: string) => {
      problems.push(`${name}: ${why}\n${show(what)}\n→ ${answer.status} ${answer.body.subarray(0, 300)}`);
    };
    // A probe gives the store three seconds, which is less than a busy machine takes for a store that is in this process.
    const isLate = mode === "scaled" && name === "isReady" && answer.json?.code === "not_ready";
    if (answer.status >= 500 && !isLate) complain("a fault of the server");
    const isHead = method === "HEAD" || answer.body.length === 0;
    if (answer.status >= 400 && !isHead && answer.json?.status !== "error") complain("a refusal that is not JSON");
    try {
      check({
        method,
        path,
        status: answer.status,
        contentType: answer.headers.get("content-type") ?? null,
        body: answer.json,
      });
    } catch (error) {
      complain((error as Error).message);
    }
  }

  it("gets an answer in time, none of them a fault, and leaves nothing open", async () => {
    const { document, check } = await contractOf(server.url);
    const port = portOf(server);
    const known = await makeThings(main);
    const doomed = await makeThings(main);
    const credentials: Credentials = {
      good: {
        "X-API-Key": main.apiKey,
        Authorization: main.headers.authorization!,
        "refresh-token": main.refreshToken,
      },
      others: [
        {},
        { "X-API-Key": main.apiKey },
        { "X-API-Key": "mq_wrong", Authorization: main.headers.authorization! },
        { "X-API-Key": main.apiKey, Authorization: "Bearer nonsense" },
        { "X-API-Key": victim.apiKey, Authorization: victim.headers.authorization! },
      ],
    };
    const only = (client: Client): Credentials => ({
      good: { "X-API-Key": client.apiKey, Authorization: client.headers.authorization! },
      others: [{}],
    });
    // Operations that void credentials, and destinations that would get a message for every asset, are others'.
    const ownersOf: Record<string, Credentials> = {
      replaceApiKey: only(await server.account()),
      replaceRefreshToken: only(victim),
      replaceSecret: only(victim),
      registerHook: only(victim),
    };
    const pictures = [PNG, Buffer.alloc(0), Buffer.from("hello"), PNG.subarray(0, 20)];
    const operations = Object.entries(document.paths as Json).flatMap(([template, item]) =>
      METHODS.filter((method) => (item as Json)[method]).map((method) => ({
        template,
        method,
        operation: (item as Json)[method],
      })),
    );

    const each = Math.ceil((amount * FROM_DOCUMENT) / operations.length);
    const fromDocument = operations.flatMap(({ template, method, operation }, i) => {
      const own = ownersOf[operation.operationId] ?? credentials;
      const things = /^(delete|remove)/.test(operation.operationId) ? { ...known, ...doomed } : known;
      const requests = requestsOf(template, method, operation, document, things, own, pictures);
      return fc
        .sample(requests, { numRuns: each, seed: SEED + i })
        .map((request) => ({ name: operation.operationId as string, request }));
    });
    const bases = validRequests(main, known).map((request) => writeRequest(request, port));
    const damaged = fc.sample(fc.tuple(fc.nat({ max: bases.length - 1 }), fc.boolean(), mutations), {
      numRuns: Math.ceil(amount * (1 - FROM_DOCUMENT)),
      seed: SEED,
    });

    const connections = new Connections(port, CONNECTIONS);
    // Whatever is opened once and kept is open from here on: connections, and the process that looks at pictures.
    const inspections = fromDocument.filter(({ name }) => name === "postInspections");
    for (const { name, request } of [...fromDocument.slice(0, 50), ...inspections.slice(0, 30)])
      judge(name, request, request.method, request.path, await connections.send(request), check);
    const before = openThings();

    await inParallel(shuffled(fromDocument), async ({ name, request }) => {
      try {
        judge(name, request, request.method, request.path, await connections.send(request), check);
      } catch (error) {
        problems.push(`${name}: ${(error as Error).message}\n${show(request)}`);
      }
    });
    await inParallel(damaged, async ([which, bodyOnly, changes]) => {
      const bytes = damage(bases[which]!, bodyOnly, changes);
      const [method = "", path = ""] = bytes.toString("latin1").split(" ", 2);
      try {
        const answer = await sendDamaged(port, bytes);
        if (answer) judge("damaged bytes", bytes.toString("latin1"), method, path, answer, ignoreUnlessFault);
        else count("damaged bytes", "closed");
      } catch (error) {
        problems.push(`damaged bytes: ${(error as Error).message}\n${show(bytes.toString("latin1"))}`);
      }
    });
    connections.close();

    report(counts);
    expect(problems.slice(0, 5)).toEqual([]);
    expect(unhandled).toEqual([]);
    expect(logged.filter((line) => Number(line.level) >= 50).slice(0, 5)).toEqual([]);
    const total = [...counts.values()].flatMap((row) => [...row.values()]).reduce((sum, n) => sum + n, 0);
    expect(total).toBeGreaterThanOrEqual(Math.min(amount, 10_000));
    // Every operation was reached, past who may.
    const reached = ([, row]: [string, Map<number | string, number>]) =>
      [...row.keys()].some((status) => status !== 401 && status !== 429);
    expect([...counts].filter((entry) => !reached(entry)).map(([name]) => name)).toEqual([]);
    await until(async () => (await fetch(`${server.url}/readyz`)).status === 200);
    // Pools of connections to database and storage grow and shrink as they like.
    if (mode === "scaled") return;
    // Connections end in a moment, and the file of a download that was cut short with its connection; but the assets and
    // messages that were accepted on the way are being made, with files and connections of their own.
    await until(() => openThings().sockets <= before.sockets && openThings().files <= before.files, 150_000);
    const after = openThings();
    expect(after.timers).toBeLessThanOrEqual(before.timers + 20);
  }, 300_000);
});

type Checker = Awaited<ReturnType<typeof contractOf>>["check"];

/** Damage can make any request, so only what holds for all is asked of it. */
const ignoreUnlessFault: Checker = () => {};

/** Something of each kind to ask for. */
async function makeThings(client: Client): Promise<Known> {
  const own = "/api/maquette/v1";
  const requestID = [await client.process({ name: "a" }), await client.process({ name: "b" })];
  const assets = await Promise.all(requestID.map((id) => client.finished(id)));
  const link = new URL(assets[0].iterations[0].results.glb);
  const [, , kind, id, name] = link.pathname.split("/");
  const project = (await client.post(`${own}/projects`, { name: "Toon" })).body.projectID;
  const studio = (await client.post(`${own}/studios`, { name: "Team" })).body.studioID;
  await client.post("/api/v1/registerHook", { devID: client.devID, destination: "test" });
  await client.finished(await client.process());
  const destinations = (await client.get(`${own}/destinations`)).body.destinations;
  const deliveries = await until(async () => {
    const { body } = await client.get(`${own}/deliveries`);
    return body.deliveries[0]?.attempts > 0 ? body.deliveries : null;
  });
  return {
    devID: [client.devID],
    requestID,
    iterationID: ["0", "1"],
    projectID: [project],
    studioID: [studio],
    userID: [client.devID],
    destinationID: [destinations[0].destinationID],
    deliveryID: [deliveries[0].deliveryID],
    email: [client.email],
    kind: [kind!],
    id: [id!],
    expires: [link.searchParams.get("expires")!],
    signature: [link.searchParams.get("signature")!],
    // Of files as well as of projects and assets.
    name: [decodeURIComponent(name!)],
    imageUrls: ["https://example.com/a.png"],
  };
}

/** One good request of each form, to be damaged. */
function validRequests(client: Client, known: Known): FuzzedRequest[] {
  const headers = { "X-API-Key": client.apiKey, Authorization: client.headers.authorization! };
  const fields = {
    devID: client.devID,
    LoQ: "standard",
    test: "true",
    polycount: "20000",
    height: "250",
    views: '["front"]',
  };
  const form = writeForm([
    ...Object.entries(fields).map(([name, value]) => ({ name, value })),
    { name: "image-0", filename: "cat.png", type: "image/png", value: PNG },
  ]);
  const json = JSON.stringify({ ...fields, imageUrls: ["https://example.com/image1.png"] });
  const post = (path: string, type: string, body: string | Buffer): FuzzedRequest => ({
    method: "POST",
    path,
    headers: { ...headers, "Content-Type": type },
    body,
  });
  return [
    post("/api/v1/process", "application/json", json),
    post("/api/v1/process", "multipart/form-data", json),
    post("/api/v1/process", form.type, form.body),
    post(
      "/api/v1/process",
      "application/x-www-form-urlencoded",
      new URLSearchParams({ ...fields, imageUrls: "https://a.example/b.png" }).toString(),
    ),
    post("/api/v1/refreshJWT", "application/json", JSON.stringify({ devID: client.devID })),
    post("/api/v1/registerHook", "application/json", JSON.stringify({ devID: client.devID })),
    { method: "GET", path: `/api/v1/fetchRequest?devID=${client.devID}&requestID=${known.requestID![0]}`, headers },
    { method: "GET", path: `/api/v1/fetchAll/${client.devID}?start=02-01-2022&end=2099-01-01&limit=2`, headers },
    { method: "GET", path: "/api/v1/fetchAll", headers, body: JSON.stringify({ devID: client.devID }) },
    {
      method: "GET",
      path: `/files/artifact/${known.id![0]}/a.glb?expires=1&signature=x`,
      headers: { Range: "bytes=0-9" },
    },
  ];
}

/** Damages a request; if its body alone, the length is put right, so that the body is read. */
function damage(bytes: Buffer, bodyOnly: boolean, changes: Parameters<typeof mutate>[1]): Buffer {
  const end = bytes.indexOf("\r\n\r\n") + 4;
  if (!bodyOnly || end === bytes.length) return mutate(bytes, changes);
  const body = mutate(bytes.subarray(end), changes);
  const head = bytes
    .subarray(0, end)
    .toString("latin1")
    .replace(/Content-Length: \d+/, `Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < items.length) await work(items[next++]!);
    }),
  );
}

/** Operations mixed, in an order that the seed alone decides. */
function shuffled<T>(items: readonly T[]): T[] {
  const [order] = fc.sample(fc.shuffledSubarray([...items], { minLength: items.length }), { numRuns: 1, seed: SEED });
  return order!;
}

function openThings(): { sockets: number; timers: number; files: number } {
  const resources = process.getActiveResourcesInfo();
  const amount = (kind: RegExp) => resources.filter((resource) => kind.test(resource)).length;
  // Messages to hosts that do not exist wait for their names for minutes where there is no network, each with a socket.
  const nameless = amount(/GetAddrInfo/);
  return { sockets: amount(/TCP.*Wrap|PipeWrap/) - nameless, timers: amount(/Timeout/), files: openFiles() };
}

/** Files that this process has open, but for the embedded database's, which opens a table's when it is first used. */
function openFiles(): number {
  // Where there is no /proc, the sockets must do.
  if (!existsSync("/proc/self/fd")) return 0;
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return !readlinkSync(`/proc/self/fd/${fd}`).includes("/database/");
    } catch {
      // That of the listing itself.
      return false;
    }
  }).length;
}

function show(what: unknown): string {
  const text =
    typeof what === "string"
      ? what
      : JSON.stringify({ ...(what as object), body: String((what as FuzzedRequest).body) });
  return text.slice(0, 1500);
}

function report(counts: Map<string, Map<number | string, number>>): void {
  const total = new Map<number | string, number>();
  for (const row of counts.values()) for (const [status, n] of row) total.set(status, (total.get(status) ?? 0) + n);
  const line = (name: string, row: Map<number | string, number>) =>
    `${name.padEnd(20)} ${[...row]
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
      .map(([status, n]) => `${status}: ${n}`)
      .join("  ")}`;
  console.log(
    [...counts]
      .map(([name, row]) => line(name, row))
      .concat(line("all", total))
      .join("\n"),
  );
}
