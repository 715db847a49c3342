import { beforeAll, expect, it } from "vitest";
import { createSignInLink } from "../../packages/server/src/auth/accounts.ts";
import { type Client, onBothModes, PNG, type TestServer, until } from "../support/api.ts";
import { type RouteEntry, withRouteTable } from "../support/route-table.ts";

const OWN = "/api/maquette/v1";
/** What anybody may ask. A route that is added is none of these, so it has to refuse strangers to pass. */
const PUBLIC = [
  /^(GET|HEAD) \/(healthz|readyz|metrics)$/,
  /^(GET|HEAD) (\/openapi\.json|\/api\/openapi\.json|\/api\/docs(\/.*)?)$/,
  // Pages and what they load: the same for everybody. The sign-in link is its own credential.
  /^(GET|HEAD) \/(welcome|create|finish|projects|operator|sign-in|assets\/:requestID(\/compare)?|settings(\/\w*)?)?$/,
  /^(GET|HEAD) \/(static\/.*|index\.html|icon\.\w+|sample\/.*)$/,
  // Guarded by a signature instead (fetching.test.ts).
  /^(GET|HEAD) \/files\/:kind\/:id\/:name$/,
  // Where credentials are shown for the first time.
  /^POST \/api\/v1\/(registerHook|refreshJWT)$/,
  /^POST \/api\/maquette\/v1\/sessions$/,
  /^OPTIONS /,
];
const STREAMS = /\/events$/;

/** What belongs to somebody: the values that routes take, and words that no stranger may read. */
interface Belongings {
  client: Client;
  ids: Record<string, string>;
  secrets: string[];
}

async function furnish(server: TestServer, word: string): Promise<Belongings> {
  const client = await server.account(`${word}@example.com`);
  const hook = await client.post("/api/v1/registerHook", {
    devID: client.devID,
    destination: `http://127.0.0.1:1/${word}`,
  });
  client.headers.authorization = hook.body.jwt;
  const { studioID } = (await client.post(`${OWN}/studios`, { name: `${word} studio` })).body;
  const { projectID } = (await client.post(`${OWN}/projects`, { name: `${word} style`, studioID })).body;
  const image = `data:image/png;base64,${PNG.toString("base64")}`;
  const requestID = await client.process({
    name: `${word}_asset`,
    tags: [`${word}_tag`],
    imageUrls: [image],
    studioID,
  });
  await client.finished(requestID);
  const { db } = server.server.context;
  const delivery = await until(() =>
    db.selectFrom("delivery").select("id").where("account_id", "=", client.devID).executeTakeFirst(),
  );
  const destination = await db
    .selectFrom("destination")
    .select("id")
    .where("account_id", "=", client.devID)
    .executeTakeFirstOrThrow();
  const picture = await db
    .selectFrom("image")
    .select("id")
    .where("request_id", "=", requestID)
    .executeTakeFirstOrThrow();
  const session = await openSession(server, client);
  const ids = {
    devID: client.devID,
    userID: client.devID,
    studioID,
    projectID,
    requestID,
    iterationID: "0",
    imageID: picture.id,
    deliveryID: delivery.id,
    destinationID: destination.id,
    sessionID: session.id,
  };
  return { client, ids, secrets: [word, ...Object.values(ids).filter((id) => id.length > 10)] };
}

async function openSession(server: TestServer, client: Client): Promise<{ id: string; cookie: string }> {
  const token = await createSignInLink(server.server.context, client.devID);
  const answer = await fetch(`${server.url}/sign-in?token=${token}`, { redirect: "manual" });
  const cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
  const sessions = await fetch(`${server.url}${OWN}/sessions`, { headers: { cookie } });
  const { sessions: list } = (await sessions.json()) as { sessions: { sessionID: string; current: boolean }[] };
  return { id: list.find(({ current }) => current)!.sessionID, cookie };
}

/** All that the owner can see of what is his, to find what was changed. */
async function look({ client, ids }: Belongings): Promise<unknown> {
  const paths = [
    `/me`,
    `/requests`,
    `/requests/${ids.requestID}`,
    `/projects`,
    `/studios`,
    `/studios/${ids.studioID}/members`,
    `/destinations`,
    `/audit-events`,
    `/sessions`,
  ];
  const seen: unknown[] = [];
  for (const path of paths) {
    const { status, body } = await client.get(OWN + path);
    // Links are signed afresh at each look.
    seen.push([path, status, JSON.stringify(body).replace(/\?expires=[^"]*/g, "")]);
  }
  return seen;
}

async function ask(url: string, { method, url: path }: RouteEntry, headers: Record<string, string>, body?: object) {
  const answer = await fetch(url + path, {
    method,
    redirect: "manual",
    headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body && method !== "GET" && method !== "HEAD" ? { body: JSON.stringify(body) } : {}),
  });
  if (answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    const reader = answer.body!.getReader();
    const late = new Promise<{ value?: Uint8Array }>((resolve) => setTimeout(resolve, 700, {}));
    const { value } = await Promise.race([reader.read(), late]);
    await reader.cancel();
    return { status: answer.status, text: value ? Buffer.from(value).toString() : "" };
  }
  return { status: answer.status, text: await answer.text() };
}

onBothModes("what belongs to somebody", (start) => {
  let server: TestServer;
  let routes: RouteEntry[];
  let victim: Belongings;
  let guarded: RouteEntry[];

  beforeAll(async () => {
    const started = await withRouteTable(() => start({ env: { MAQUETTE_RATE_LIMIT: "1000000" } }));
    server = started.started;
    routes = started.routes;
    guarded = routes.filter(({ method, url }) => !PUBLIC.some((pattern) => pattern.test(`${method} ${url}`)));
    victim = await furnish(server, "victim");
  });

  const fill = (route: RouteEntry, ids: Record<string, string>): RouteEntry => ({
    ...route,
    url: route.url.replace(/:(\w+)/g, (_all, name: string) => {
      const value = ids[name];
      if (value === undefined) throw new Error(`the test has no ${name} for ${route.method} ${route.url}: give it one`);
      return encodeURIComponent(value);
    }),
  });

  it("is behind routes of which most are guarded", () => {
    expect(guarded.length).toBeGreaterThan(50);
    expect(guarded.map(({ url }) => url)).toContain("/api/v1/fetchRequest");
  });

  it("is given to nobody without credentials, on any route", async () => {
    for (const route of guarded) {
      const { status, text } = await ask(server.url, fill(route, victim.ids), {}, victim.ids);
      expect([route.method, route.url, status]).toEqual([route.method, route.url, 401]);
      expect(text).not.toContain("victim");
    }
  });

  it("is neither shown to nor changed by another account, on any route, whatever ids it names", async () => {
    const before = await look(victim);
    const stranger = await furnish(server, "stranger");
    const body = {
      ...victim.ids,
      email: "victim@example.com",
      name: "taken",
      role: "owner",
      height: 1,
      destination: "http://127.0.0.1:1/taken",
      requestIDs: [victim.ids.requestID],
      test: true,
      imageUrls: ["https://example.com/a.png"],
      style: {},
      reason: "taken",
    };
    const query = new URLSearchParams(victim.ids).toString();
    let { cookie } = await openSession(server, stranger.client);
    for (const route of guarded) {
      // HEAD is the same handler.
      if (route.url.includes("/admin/") || route.method === "HEAD") continue;
      // Two parts of a path can belong to different people: his studio and my membership, my asset and his picture.
      const names = [...route.url.matchAll(/:(\w+)/g)].map(([, name]) => name!);
      const mixes = names.length > 1 ? names.map((name) => ({ ...victim.ids, [name]: stranger.ids[name]! })) : [];
      for (const ids of [victim.ids, ...mixes]) {
        const filled = fill(route, ids);
        const asked = { ...filled, url: `${filled.url}?${query}` };
        // The specification's routes know no sessions.
        const headers = () =>
          filled.url.startsWith("/api/v1/") ? stranger.client.headers : { cookie, origin: server.url };
        let { status, text } = await ask(server.url, asked, headers(), body);
        if (status === 401) {
          // A route before this one ended the stranger's session.
          ({ cookie } = await openSession(server, stranger.client));
          ({ status, text } = await ask(server.url, asked, headers(), body));
        }
        const shown = victim.secrets.filter((word) => text.includes(word));
        // A refusal may repeat what was asked for; a success may not hold anything of it.
        const good = status < 400 ? shown.length === 0 : [400, 403, 404, 406, 409].includes(status);
        expect([route.method, filled.url, status, shown, good]).toEqual([
          route.method,
          filled.url,
          status,
          shown,
          true,
        ]);
      }
    }
    expect(await look(victim)).toEqual(before);
  });

  it("is shown by the specification's routes to its owner alone", async () => {
    const { requestID, devID, studioID } = victim.ids;
    const stranger = await server.account();
    for (const path of [
      `/api/v1/fetchRequest?devID=${stranger.devID}&requestID=${requestID}`,
      `/api/v1/fetchRequest?devID=${stranger.devID}&requestID=${requestID}&studioID=${studioID}`,
      `/api/v1/fetchRequest?devID=${devID}&devID=${stranger.devID}&requestID=${requestID}`,
      `/api/v1/fetchAll?devID=${stranger.devID}&studioID=${studioID}`,
      `/api/v1/fetchAll/${stranger.devID}?devID=${devID}`,
      `/api/v1/fetchProjects?devID=${stranger.devID}&studioID=${studioID}`,
    ]) {
      const { status, text } = await ask(server.url, { method: "GET", url: path }, stranger.headers);
      expect([path, status, text.includes("victim")]).toEqual([path, status, false]);
      expect(status).not.toBe(500);
    }
    const mine = await victim.client.fetchRequest(requestID!);
    expect([mine.status, mine.body.name]).toEqual([200, expect.stringContaining("victim")]);
  });

  it("is the operator's alone where it is the installation's", async () => {
    const { status, text } = await ask(server.url, { method: "GET", url: `${OWN}/operator` }, victim.client.headers);
    expect([status, JSON.parse(text).code]).toEqual([403, "operator_only"]);
  });

  it("is not opened by the key of the command line's routes to users' tokens, nor the other way round", async () => {
    const admin = guarded.filter(({ url }) => url.includes("/admin/"));
    expect(admin.length).toBeGreaterThanOrEqual(3);
    for (const route of admin) {
      const { status } = await ask(server.url, route, victim.client.headers, {
        email: "x@example.com",
        directory: "/x",
      });
      expect([route.url, status]).toEqual([route.url, 401]);
    }
    const { issueJwt } = await import("../../packages/server/src/auth/jwt.ts");
    const { jwt } = await issueJwt(server.server.context.keys.admin, victim.ids.devID!, Date.now());
    const headers = { ...victim.client.headers, authorization: jwt };
    expect((await ask(server.url, { method: "GET", url: `${OWN}/me` }, headers)).status).toBe(401);
  });

  it("has routes that stream, and those are asked too", () => {
    expect(guarded.filter(({ url }) => STREAMS.test(url)).length).toBeGreaterThan(0);
  });
});
