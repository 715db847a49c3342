import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { beforeAll, expect, it } from "vitest";
import { createSignInLink } from "../../packages/server/src/auth/accounts.ts";
import { type Client, onBothModes, PNG, startReceiver, type TestServer, until } from "../support/api.ts";

const OWN = "/api/maquette/v1";
const example = (object: string, side: string) =>
  readFileSync(new URL(`../../examples/${object}/${side}.png`, import.meta.url));
const ROBOT = example("robot", "front");

onBothModes("the routes of the web app", (start, mode) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });

  /** A browser: it keeps its cookie and says where its requests come from. */
  const browser = () => {
    let cookie = "";
    return async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(server.url + path, {
        method,
        redirect: "manual",
        headers: { cookie, origin: server.url, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      const text = await answer.text();
      return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : text };
    };
  };
  const byLink = async (client: Client) => {
    const ask = browser();
    const token = await createSignInLink(server.server.context, client.devID);
    expect((await ask("GET", `/sign-in?token=${token}`)).status).toBe(303);
    return ask;
  };
  const cubes = async (client: Client, ...names: string[]) => {
    const ids: string[] = [];
    for (const name of names) ids.push(await client.process({ name }));
    for (const id of ids) await client.finished(id);
    return ids;
  };

  it("a one-time link leads to a password, and the password to a session", async () => {
    const client = await server.account();
    const first = await byLink(client);
    expect((await first("GET", `${OWN}/me`)).body).toMatchObject({ password: "none", operator: false });
    expect((await first("POST", `${OWN}/password`, { password: "short" })).status).toBe(400);
    expect((await first("POST", `${OWN}/password`, { password: "a long password" })).status).toBe(200);
    const second = browser();
    const credentials = { email: client.email.toUpperCase(), password: "a long password" };
    expect((await second("POST", `${OWN}/sessions`, { ...credentials, password: "wrong" })).status).toBe(401);
    expect((await second("POST", `${OWN}/sessions`, credentials)).status).toBe(201);
    expect((await second("GET", `${OWN}/me`)).body).toMatchObject({ email: client.email, password: "set" });
    const { sessions } = (await second("GET", `${OWN}/sessions`)).body;
    expect(sessions.map((session: { current: boolean }) => session.current).toSorted()).toEqual([false, true]);
    const other = sessions.find((session: { current: boolean }) => !session.current);
    expect((await second("DELETE", `${OWN}/sessions/${other.sessionID}`)).status).toBe(200);
    expect((await first("GET", `${OWN}/me`)).status).toBe(401);
  });

  it("a changed password ends all other sessions, and a password needs the former one unless a link just came", async () => {
    const client = await server.account();
    const one = await byLink(client);
    await one("POST", `${OWN}/password`, { password: "the first password" });
    const two = browser();
    await two("POST", `${OWN}/sessions`, { email: client.email, password: "the first password" });
    expect((await two("POST", `${OWN}/password`, { password: "the second one" })).status).toBe(403);
    const change = { current: "the first password", password: "the second one" };
    expect((await two("POST", `${OWN}/password`, change)).status).toBe(200);
    expect([(await one("GET", `${OWN}/me`)).status, (await two("GET", `${OWN}/me`)).status]).toEqual([401, 200]);
    const three = await byLink(client);
    expect((await three("POST", `${OWN}/password`, { password: "the third password" })).status).toBe(200);
    server.ahead.ms += 2 * 3600 * 1000;
    expect((await three("POST", `${OWN}/password`, { password: "the fourth password" })).status).toBe(403);
  });

  it("wrong passwords are slowed down for one account from one address, before they are compared", async () => {
    const client = await server.account();
    await (await byLink(client))("POST", `${OWN}/password`, { password: "a long password" });
    server.ahead.ms += 120_000;
    const ask = browser();
    for (let i = 0; i < 10; i++) {
      expect((await ask("POST", `${OWN}/sessions`, { email: client.email, password: "guess" })).status).toBe(401);
    }
    const right = { email: client.email, password: "a long password" };
    expect((await ask("POST", `${OWN}/sessions`, right)).status).toBe(429);
    server.ahead.ms += 120_000;
    expect((await ask("POST", `${OWN}/sessions`, right)).status).toBe(201);
  });

  it("a page of another origin can neither sign in nor act with a session", async () => {
    const client = await server.account();
    const body = JSON.stringify({ email: client.email, password: "a long password" });
    const headers = { "content-type": "application/json", origin: "https://evil.example" };
    const answer = await fetch(`${server.url}${OWN}/sessions`, { method: "POST", headers, body });
    expect(answer.status).toBe(403);
  });

  it("the library is searched, filtered, sorted and paged", async () => {
    const client = await server.account();
    const [fox, chair] = await cubes(client, "Red fox", "Oak_chair 100%");
    await client.request("PATCH", `${OWN}/requests/${fox}`, { tags: ["animal", "hero"] });
    await client.request("PATCH", `${OWN}/requests/${chair}`, { name: "Oak armchair 100%" });
    const list = async (query: string) => {
      const { status, body } = await client.get(`${OWN}/requests?${query}`);
      expect(status).toBe(200);
      return [body.total, ...body.assets.map((asset: { name: string }) => asset.name)];
    };
    expect(await list("")).toEqual([2, "Oak armchair 100%", "Red fox"]);
    expect(await list("sort=oldest&limit=1")).toEqual([2, "Red fox"]);
    expect(await list("sort=name&offset=1")).toEqual([2, "Red fox"]);
    expect(await list("search=FOX%20red")).toEqual([1, "Red fox"]);
    expect(await list("search=hero")).toEqual([1, "Red fox"]);
    expect(await list("search=0%25")).toEqual([1, "Oak armchair 100%"]);
    expect(await list("search=_")).toEqual([0]);
    expect(await list("tag=animal")).toEqual([1, "Red fox"]);
    expect(await list("status=completed,approved")).toEqual([2, "Oak armchair 100%", "Red fox"]);
    expect(await list("status=dismissed")).toEqual([0]);
    expect(await list("studioID=none&start=2020-01-01&end=2020-01-02")).toEqual([0]);
    expect((await client.get(`${OWN}/tags`)).body.tags).toEqual([
      { tag: "animal", assets: 1 },
      { tag: "hero", assets: 1 },
    ]);
    await client.request("PATCH", `${OWN}/requests/${fox}`, { tags: [] });
    expect((await client.get(`${OWN}/tags`)).body.tags).toEqual([]);
    for (const query of ["sort=best", "status=odd", "offset=-1", "limit=0", "studioID=x", "start=soon"]) {
      expect([query, (await client.get(`${OWN}/requests?${query}`)).status]).toEqual([query, 400]);
    }
    const stranger = await server.account();
    expect((await stranger.get(`${OWN}/requests`)).body).toEqual({ assets: [], total: 0 });
    expect((await stranger.request("PATCH", `${OWN}/requests/${fox}`, { name: "Mine" })).status).toBe(404);
  });

  it("an iteration tells its options, pictures, report and files, and can be rejected with a reason", async () => {
    const client = await server.account();
    const [id] = await cubes(client, "Box");
    const path = `${OWN}/requests/${id}/iterations/0`;
    const { body } = await client.get(path);
    expect(body).toMatchObject({ options: { quality: "standard" }, report: { triangles: 12 }, causeImage: null });
    expect(body.files.map((file: { format: string }) => file.format)).toContain("glb");
    expect((await fetch(body.files[0].url)).status).toBe(200);
    expect((await client.post(`${path}/dismiss`, {})).status).toBe(400);
    expect((await client.post(`${path}/dismiss`, { reason: "Too square" })).status).toBe(200);
    expect((await client.post(`${path}/dismiss`, { reason: "Again" })).status).toBe(409);
    const asset = (await client.fetchRequest(id!)).body;
    expect(asset.iterations[0]).toMatchObject({ status: "dismissed", dismissedReason: "Too square" });
    expect(asset.iterations[0].results.glb).toBeTypeOf("string");
  });

  it("pictures are looked at before they are sent: what is cut out, from where, and what is wrong", async () => {
    const client = await server.account();
    const form = new FormData();
    form.append("images", new Blob([ROBOT]), "robot.png");
    form.append("images", new Blob([PNG]), "pixel.png");
    form.append("images", new Blob(["no picture"]), "notes.png");
    form.append("imageUrls", "http://10.0.0.1/secret.png");
    form.append("views", JSON.stringify(["right"]));
    const { status, body } = await client.post(`${OWN}/inspections`, form);
    expect(status).toBe(200);
    const [robot, pixel, notes, secret] = body.images;
    expect(robot).toMatchObject({
      matte: { source: "alpha" },
      view: { label: "right", posedBy: "hint" },
      problem: null,
    });
    expect(robot.cutout).toMatch(/^data:image\/png;base64,/);
    expect(pixel.problem).toMatchObject({ code: "image_too_small" });
    expect(notes.problem).toMatchObject({ code: "image_unsupported" });
    expect(secret.problem).toMatchObject({ code: "image_unreachable" });
    expect(notes).toMatchObject({ matte: null, cutout: null, view: null });
  }, 90_000);

  it("pictures in an unusual order are noticed before they are sent", async () => {
    const client = await server.account();
    const form = new FormData();
    for (const side of ["front", "back", "right", "left"]) form.append("images", new Blob([example("van", side)]));
    const { status, body } = await client.post(`${OWN}/inspections`, form);
    expect(status).toBe(200);
    const labels = body.images.map((image: { view: { label: string } }) => image.view.label);
    expect(labels).toEqual(["front", "back", "right", "left"]);
    expect(body.warnings).toEqual([expect.stringMatching(/image 2 as back, image 3 as right/)]);
  }, 90_000);

  it("assets have small pictures, of what they were made from and for those who may see them", async () => {
    const client = await server.account();
    const form = new FormData();
    form.append("image", new Blob([ROBOT]), "robot.png");
    form.append("test", "true");
    const requestID = (await client.post(`${OWN}/requests`, form)).body.requestID;
    await client.finished(requestID);
    const { inputs } = (await client.get(`${OWN}/requests/${requestID}/iterations/0`)).body;
    const path = `${OWN}/requests/${requestID}/images/${inputs[0].imageID}/thumbnail`;
    const picture = await fetch(server.url + path, { headers: client.headers });
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/webp"]);
    expect(picture.headers.get("cache-control")).toContain("immutable");
    expect((await (await server.account()).get(path)).status).toBe(404);
  });

  it("events tell of progress and end, and do not hold up the end of the server", async () => {
    const client = await server.account();
    const stream = await fetch(`${server.url}${OWN}/events`, { headers: client.headers });
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const requestID = await client.process();
    const seen: { requestID: string; status: string }[] = [];
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stream.body!) {
      text += decoder.decode(chunk, { stream: true });
      seen.splice(0, seen.length, ...[...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!)));
      if (seen.some((event) => event.status === "completed")) break;
    }
    expect(seen.at(-1)).toMatchObject({ requestID, iterationID: "0", status: "completed", queuePosition: null });
  });

  it("many assets come in one zip", async () => {
    const client = await server.account();
    const ids = await cubes(client, "One", "Two");
    const answer = await fetch(`${server.url}${OWN}/batch.zip?requestIDs=${ids.join()}&format=glb`, {
      headers: client.headers,
    });
    expect(answer.status).toBe(200);
    const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
    expect(Object.keys(files).toSorted()).toEqual(["One.glb", "Two.glb"]);
    expect(Buffer.from(files["One.glb"]!).toString()).toMatch(/^glb of One/);
    const stranger = await server.account();
    expect((await stranger.get(`${OWN}/batch.zip?requestIDs=${ids.join()}`)).status).toBe(404);
    expect((await client.get(`${OWN}/batch.zip?requestIDs=x`)).status).toBe(400);
  });

  it("webhooks are added, shown, read and switched on without a key", async () => {
    const client = await server.account();
    const receiver = await startReceiver();
    expect((await client.post(`${OWN}/destinations`, { destination: receiver.url })).status).toBe(201);
    expect((await client.post(`${OWN}/destinations`, {})).status).toBe(400);
    const jwt = client.headers.authorization;
    const [id] = await cubes(client, "Hooked");
    await receiver.next(1);
    expect(client.headers.authorization).toBe(jwt);
    const delivery = await until(async () =>
      (await client.get(`${OWN}/deliveries`)).body.deliveries.find((d: { state: string }) => d.state === "delivered"),
    );
    const payload = await client.get(`${OWN}/deliveries/${delivery.deliveryID}/payload`);
    expect(payload.body).toMatchObject({ status: "success", requestID: id });
    const [destination] = (await client.get(`${OWN}/destinations`)).body.destinations;
    const { db } = server.server.context;
    await db
      .updateTable("destination")
      .set({ state: "disabled" })
      .where("id", "=", destination.destinationID)
      .execute();
    const enable = `${OWN}/destinations/${destination.destinationID}/enable`;
    expect((await (await server.account()).post(enable)).status).toBe(404);
    expect((await client.post(enable)).status).toBe(200);
    expect((await client.get(`${OWN}/destinations`)).body.destinations[0].state).toBe("active");
    await receiver.close();
  });

  it("usage counts what was made, and the operator alone sees the installation", async () => {
    const client = await server.account();
    await cubes(client, "Counted");
    const usage = (await client.get(`${OWN}/usage`)).body;
    expect(usage).toMatchObject({ assets: 1, months: [{ iterations: 1, completed: 1 }], members: [{ iterations: 1 }] });
    expect(usage.bytes).toBeGreaterThan(10_000);
    expect((await client.get(`${OWN}/usage?studioID=${client.devID}`)).status).toBe(403);
    expect((await client.get(`${OWN}/operator`)).status).toBe(403);
    const { db } = server.server.context;
    const { id } = await db.selectFrom("account").select("id").orderBy("created_at").executeTakeFirstOrThrow();
    const owner = browser();
    const token = await createSignInLink(server.server.context, id);
    await owner("GET", `/sign-in?token=${token}`);
    const { status, body } = await owner("GET", `${OWN}/operator`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      queue: { queued: 0 },
      storage: { kind: mode === "embedded" ? "local" : "s3" },
      versions: { node: process.versions.node },
    });
    const up = { up: true, pid: process.pid };
    const processes = [
      { self: true, role: mode === "embedded" ? "all" : "api", ...up },
      ...(mode === "embedded" ? [] : [{ self: false, role: "worker", places: 2, ...up }]),
    ];
    expect(body.processes).toHaveLength(processes.length);
    expect(body.processes).toEqual(expect.arrayContaining(processes.map((each) => expect.objectContaining(each))));
    expect(body.day.completed).toBeGreaterThan(0);
  });
});
