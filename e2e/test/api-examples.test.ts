/**
 * Every example of the API's reference is sent as it stands there, with the reader's own ids in place of the example's: what
 * comes is the success that the document promises, field by field (each answer is held against it).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLE_ID } from "../../packages/server/src/api/examples.ts";
import { createSignInLink } from "../../packages/server/src/auth/accounts.ts";
import { createClient } from "../../packages/server/test/support/start.ts";
import { type Client, standInEngine, startTestServer, type TestServer, until } from "../support/api.ts";

interface Operation {
  name: string;
  method: string;
  path: string;
  parameters: { name: string; in: string; required?: boolean; example?: unknown }[];
  /** The example of the JSON body; null if the operation takes one and has none. */
  body: Record<string, unknown> | null | undefined;
  success: string;
  session: boolean;
}

/** What answers with a file or a stream has nothing to show but its link; fetching.test.ts and web-routes.test.ts ask for them. */
const isJson = (response: { content?: object }) => Object.keys(response.content ?? {}).join() === "application/json";
/** Sent by the web app alone, with the session that they are about. */
const SESSION = new Set(["postSignOut", "postPassword", "getSessions", "deleteSessionsSessionID"]);
/** What others need comes first, and what takes away last. */
const rank = ({ name, method }: Operation) =>
  name === "postPassword" ? 0 : method === "GET" ? 1 : /^replace|SignOut/.test(name) ? 4 : method === "DELETE" ? 3 : 2;

// biome-ignore lint/suspicious/noExplicitAny: the document is read field by field.
function readOperations(document: any): Operation[] {
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  return Object.entries<any>(document.paths)
    .flatMap(([path, methods]) =>
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      Object.entries<any>(methods).flatMap(([method, operation]) => {
        const [success, response] = Object.entries<{ content?: object }>(operation.responses).find(([status]) =>
          /^2/.test(status),
        )!;
        if (method === "head" || !isJson(response)) return [];
        const json = operation.requestBody?.content["application/json"];
        return {
          name: operation.operationId,
          method: method.toUpperCase(),
          path,
          parameters: operation.parameters ?? [],
          body: json ? (json.example ?? null) : undefined,
          success,
          session: SESSION.has(operation.operationId),
        };
      }),
    )
    .sort((a, b) => rank(a) - rank(b));
}

describe("the examples of the API's reference", () => {
  let server: TestServer;
  let client: Client;
  let operations: Operation[];
  let cookie: string;
  let release = () => {};
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    const gate = new Promise<void>((done) => {
      release = done;
    });
    server = await startTestServer({
      runEngine: standInEngine({ onJob: ({ options }) => (options.name === "slow" ? gate : undefined) }),
    });
    client = await server.account("artist@example.com");
    await server.account("colleague@example.com");
    operations = readOperations(await (await fetch(`${server.url}/api/openapi.json`)).json());
    const hook = await client.post("/api/v1/registerHook", { devID: client.devID, destination: "http://127.0.0.1:1/" });
    client.headers.authorization = hook.body.jwt;
    Object.assign(ids, { devID: client.devID, requestID: await asset(), iterationID: "0" });
    ids.studioID = (await client.post("/api/maquette/v1/studios", { name: "Props" })).body.studioID;
    ids.projectID = (await client.post("/api/maquette/v1/projects", { name: "Style" })).body.projectID;
    ids.destinationID = (await client.get("/api/maquette/v1/destinations")).body.destinations[0].destinationID;
    ids.deliveryID = await until(
      async () => (await client.get("/api/maquette/v1/deliveries")).body.deliveries[0]?.deliveryID,
    );
    await openSession();
  });
  afterAll(async () => {
    release();
    await server.close();
  });

  async function asset(name = "chair"): Promise<string> {
    const requestID = await client.process({ name });
    if (name !== "slow") await client.finished(requestID);
    return requestID;
  }

  async function openSession(): Promise<void> {
    const token = await createSignInLink(server.server.context, client.devID);
    const answer = await fetch(`${server.url}/sign-in?token=${token}`, { redirect: "manual" });
    cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
    const sessions = await fetch(`${server.url}/api/maquette/v1/sessions`, { headers: { cookie } });
    const list = ((await sessions.json()) as { sessions: { sessionID: string; current: boolean }[] }).sessions;
    ids.sessionID = list.find(({ current }) => current)!.sessionID;
  }

  /** What must be so before an operation can be done. */
  async function prepare({ name, method, path }: Operation): Promise<void> {
    const { db } = server.server.context;
    if (method !== "GET" && path.includes("{requestID}")) {
      ids.requestID = await asset(name === "cancelIteration" ? "slow" : undefined);
    }
    if (name === "resendDelivery")
      await db.updateTable("delivery").set({ state: "dead" }).where("id", "=", ids.deliveryID!).execute();
    if (/Member$/.test(name) && name !== "addMember") {
      const { members } = (await client.get(`/api/maquette/v1/studios/${ids.studioID}/members`)).body;
      ids.userID = members.find(({ email }: { email: string }) => email === "colleague@example.com").userID;
    }
    if (name === "postSignOut") await openSession();
  }

  it("are there for every operation that takes a body", () => {
    expect(operations.length).toBeGreaterThan(45);
    expect(operations.filter(({ body }) => body === null).map(({ name }) => name)).toEqual([]);
  });

  it("bring what the document promises", async () => {
    const outcomes: string[] = [];
    for (const operation of operations) {
      const { name, method, path, parameters, body, success, session } = operation;
      await prepare(operation);
      const filled = path.replace(/\{(\w+)\}/g, (_, id: string) => encodeURIComponent(ids[id]!));
      const query = new URLSearchParams(
        parameters.flatMap((one) => {
          if (one.in !== "query") return [];
          const value = one.required || ["devID", "requestID"].includes(one.name) ? ids[one.name] : one.example;
          return value === undefined ? [] : [[one.name, String(value)]];
        }),
      );
      const owner = name === "getOperator" ? await operatorOf(server) : client;
      const answer = await owner.request(
        method,
        `${filled}${query.size > 0 ? `?${query}` : ""}`,
        body ? JSON.parse(JSON.stringify(body).replaceAll(EXAMPLE_ID, client.devID)) : undefined,
        {
          ...(session ? { cookie, "x-api-key": "", authorization: "" } : {}),
          ...(session || name === "postSessions" ? { origin: server.url } : {}),
          ...(name === "refreshJWT" ? { "refresh-token": client.refreshToken } : {}),
        },
      );
      if (String(answer.status) !== success) outcomes.push(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
      if (answer.body?.jwt) client.headers.authorization = answer.body.jwt;
      if (name === "replaceApiKey") client.headers["x-api-key"] = answer.body.value;
      if (name === "replaceRefreshToken") client.refreshToken = answer.body.value;
    }
    expect(outcomes).toEqual([]);
  }, 180_000);
});

/** The account that the first start made: it alone may see what concerns the whole server. */
async function operatorOf(server: TestServer): Promise<Client> {
  return createClient(server.url, JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")), "owner");
}
