import { createHash } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import {
  asClient,
  type Client,
  onBothModes,
  PNG,
  portOf,
  refuse,
  standInEngine,
  type TestServer,
  until,
} from "../support/api.ts";
import { type RawAnswer, send } from "../support/raw-http.ts";

onBothModes("contract 3, fetching", (start) => {
  let server: TestServer;
  let client: Client;
  let call: ReturnType<typeof asClient>;
  let port: number;
  let refused = false;

  beforeAll(async () => {
    server = await start({ runEngine: standInEngine({ onJob: () => (refused ? refuse() : undefined) }) });
    client = await server.account();
    call = asClient(server, client);
    port = portOf(server);
  });

  const get = (path: string) => call({ path });
  const fetchRequest = (requestID: string, extra = "") =>
    get(`/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}${extra}`);
  const download = (url: string, headers: Record<string, string> = {}, method = "GET"): Promise<RawAnswer> => {
    const { pathname, search } = new URL(url);
    return send(port, { method, path: pathname + search, headers });
  };

  it("fetchRequest has the specification's fields at top level and again under asset", async () => {
    const requestID = await client.process({ name: "Fox" });
    await client.finished(requestID);
    const { status, json } = await fetchRequest(requestID);
    expect(status).toBe(200);
    const { asset, ...top } = json;
    expect(asset).toEqual(top);
    expect(top).toMatchObject({
      requestID,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      image: expect.any(Array),
      image_tags: ["Fox"],
    });
    expect(top.iterations).toHaveLength(1);
    expect(top.iterations[0]).toMatchObject({
      createdAt: expect.stringMatching(/Z$/),
      iterationID: "0",
      status: "completed",
      userID: client.devID,
      email: client.email,
      loq: "standard",
      dismissedReason: null,
      editDescription: null,
      texturingMethod: null,
      results: {
        obj: expect.any(String),
        fbx: expect.any(String),
        glb: expect.any(String),
        gltf: expect.any(String),
        mtl: expect.any(String),
      },
    });
    for (const link of Object.values(top.iterations[0].results)) expect(link).toMatch(/^http/);
  });

  it("a finished asset is one to import for each published client, also when it was revised", async () => {
    const requestID = await client.process();
    await client.finished(requestID);
    expect((await client.post(`/api/maquette/v1/requests/${requestID}/iterations`, { height: 10 })).status).toBe(201);
    await client.finished(requestID);
    const { asset } = (await fetchRequest(requestID)).json;
    type Iteration = { status: string; results: { obj: string } | null };
    const imports: Record<string, (iterations: Iteration[]) => boolean> = {
      Unity: (iterations) => iterations.at(-1)!.status === "completed",
      "Cinema 4D": (iterations) => ["completed", "approved"].includes(iterations.at(-1)!.status),
      Omniverse: (iterations) => iterations.some(({ status }) => ["completed", "uploaded"].includes(status)),
      sample: (iterations) => iterations[0]!.status === "completed",
      "Blender, Unreal": (iterations) => Boolean(iterations.at(-1)!.results?.obj),
    };
    for (const [name, rule] of Object.entries(imports)) expect([name, rule(asset.iterations)]).toEqual([name, true]);
  });

  it("image can be downloaded by plain GET", async () => {
    const form = new FormData();
    form.append("image", new Blob([PNG]), "cat.png");
    const { body } = await client.post("/api/v1/process", form);
    const { json } = await fetchRequest(body.requestID);
    expect(json.image).toHaveLength(1);
    expect(json.image[0]).toMatch(/\/cat\.png\?/);
    const image = await download(json.image[0]);
    expect([image.status, image.headers.get("content-type"), image.headers.get("x-content-type-options")]).toEqual([
      200,
      "image/png",
      "nosniff",
    ]);
    expect(image.body).toEqual(PNG);
  });

  it("image_tags is never empty and starts with an identifier that is unique in the account", async () => {
    const ids = await Promise.all(["3 Cats!", "3 Cats!", "", "猫"].map((name) => client.process({ name })));
    const tags = await Promise.all(ids.map(async (id) => (await fetchRequest(id)).json.image_tags[0]));
    expect(new Set(tags).size).toBe(4);
    for (const tag of tags) expect(tag).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
    expect(tags.some((tag) => tag === "asset_3_Cats")).toBe(true);
  });

  it("results are null until completed; a refused one is dismissed with its reason", async () => {
    refused = true;
    const requestID = await client.process();
    await client.finished(requestID);
    refused = false;
    expect((await fetchRequest(requestID)).json.iterations[0]).toMatchObject({
      status: "dismissed",
      results: null,
      dismissedReason: expect.stringMatching(/^Image 1: /),
    });
  });

  it("iterations are oldest first, numbered in digits from 0", async () => {
    const requestID = await client.process();
    for (const height of [10, 20]) {
      await client.finished(requestID);
      expect((await client.post(`/api/maquette/v1/requests/${requestID}/iterations`, { height })).status).toBe(201);
    }
    await client.finished(requestID);
    const { iterations } = (await fetchRequest(requestID)).json;
    expect(iterations.map((iteration: { iterationID: string }) => iteration.iterationID)).toEqual(["0", "1", "2"]);
  });

  it("an unknown request and one of another account get the same 404", async () => {
    const stranger = await server.account();
    const theirs = await stranger.process();
    const answers = [
      await fetchRequest(theirs),
      await fetchRequest("01900000-0000-7000-8000-000000000000"),
      await fetchRequest("nonsense"),
      await fetchRequest(encodeURIComponent("1'; drop table request;--")),
    ];
    for (const { status, json } of answers) {
      expect([status, json]).toEqual([
        404,
        { status: "error", message: "The request does not exist", code: "request_unknown" },
      ]);
    }
    expect((await get(`/api/v1/fetchRequest?devID=${client.devID}`)).status).toBe(400);
  });

  it("fetchAll lists all, newest first, pending ones included, polycount as text", async () => {
    const own = await server.account();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await own.process({ polycount: 1000 + i }));
    const answer = await asClient(server, own)({ path: `/api/v1/fetchAll?devID=${own.devID}` });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(["assets"]);
    expect(answer.json.assets.map((asset: { requestID: string }) => asset.requestID)).toEqual(ids.toReversed());
    expect(answer.json.assets.map((asset: { polycount: string }) => asset.polycount)).toEqual(["1002", "1001", "1000"]);
    const empty = await server.account();
    expect((await asClient(server, empty)({ path: `/api/v1/fetchAll?devID=${empty.devID}` })).json).toEqual({
      assets: [],
    });
  });

  it("fetchAll takes both date forms, both days included, in UTC; anything else is a 400 that names both", async () => {
    const own = await server.account();
    const requestID = await own.process();
    const { db } = server.server.context;
    const list = async (query: string) => {
      const answer = await asClient(server, own)({ path: `/api/v1/fetchAll?devID=${own.devID}&${query}` });
      expect(answer.status).toBe(200);
      return answer.json.assets.length;
    };
    for (const [at, day] of [
      ["2024-02-29T00:00:00.000Z", "02-29-2024"],
      ["2024-02-29T23:59:59.999Z", "2-29-2024"],
    ] as const) {
      await db
        .updateTable("request")
        .set({ created_at: new Date(at) })
        .where("id", "=", requestID)
        .execute();
      for (const form of [day, "2024-02-29"]) {
        expect(await list(`start=${form}&end=${form}`)).toBe(1);
        expect(await list(`start=${form}`)).toBe(1);
        expect(await list(`end=${form}`)).toBe(1);
      }
      expect(await list("start=03-01-2024")).toBe(0);
      expect(await list("end=02-28-2024")).toBe(0);
      expect(await list("start=&end=")).toBe(1);
    }
    for (const bad of ["29-02-2024", "2024/02/29", "02-30-2024", "today"]) {
      const answer = await asClient(
        server,
        own,
      )({ path: `/api/v1/fetchAll?devID=${own.devID}&start=${encodeURIComponent(bad)}` });
      expect([answer.status, answer.json.message]).toEqual([400, expect.stringContaining("MM-DD-YYYY or YYYY-MM-DD")]);
    }
  });

  it("fetchAll without a devID anywhere says so in the specification's words", async () => {
    const answer = await get("/api/v1/fetchAll");
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      status: "error",
      message: "DevID is required, please make sure you are sending as a query parameter",
    });
  });

  it("fetchAll pages with limit and cursor, without gaps or repetitions", async () => {
    const own = await server.account();
    const ids = await Promise.all(Array.from({ length: 7 }, () => own.process()));
    const seen: string[] = [];
    let cursor: string | null = "";
    const sizes: number[] = [];
    while (cursor !== null) {
      const { json } = await asClient(
        server,
        own,
      )({ path: `/api/v1/fetchAll?devID=${own.devID}&limit=3&cursor=${cursor}` });
      sizes.push(json.assets.length);
      seen.push(...json.assets.map((asset: { requestID: string }) => asset.requestID));
      cursor = json.nextCursor;
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(seen).toHaveLength(7);
    for (const bad of ["limit=0", "limit=1001", "limit=x", "limit=2&cursor=nonsense"]) {
      expect((await asClient(server, own)({ path: `/api/v1/fetchAll?devID=${own.devID}&${bad}` })).status).toBe(400);
    }
  });

  it("fetchAll streams more than fit a page of the database", async () => {
    const own = await server.account();
    const first = await own.process();
    await own.finished(first);
    const { db } = server.server.context;
    const request = await db.selectFrom("request").selectAll().where("id", "=", first).executeTakeFirstOrThrow();
    const iteration = await db
      .selectFrom("iteration")
      .selectAll()
      .where("request_id", "=", first)
      .executeTakeFirstOrThrow();
    const copies = Array.from({ length: 450 }, (_, i) => ({
      id: `01900000-0000-7000-8000-${createHash("md5")
        .update(own.devID + i)
        .digest("hex")
        .slice(0, 12)}`,
      i,
    }));
    await db
      .insertInto("request")
      .values(copies.map(({ id, i }) => ({ ...request, id, identifier: `copy_${i}`, tags: "[]" })))
      .execute();
    await db
      .insertInto("iteration")
      .values(
        copies.map(({ id }) => ({
          ...iteration,
          id,
          request_id: id,
          options: JSON.stringify(iteration.options),
          inputs: "[]",
          warnings: "[]",
          applied: null,
          report: null,
        })),
      )
      .execute();
    const { json } = await asClient(server, own)({ path: `/api/v1/fetchAll?devID=${own.devID}` });
    expect(new Set(json.assets.map((asset: { requestID: string }) => asset.requestID)).size).toBe(451);
  });

  it("fetchProjects has the account's Sandbox and its studios' projects", async () => {
    const own = await server.account();
    const plain = await asClient(server, own)({ path: `/api/v1/fetchProjects?devID=${own.devID}` });
    expect([plain.status, plain.json]).toEqual([
      200,
      { status: "success", message: [{ projectID: expect.any(String), name: "Sandbox", studioID: null }] },
    ]);
    const studio = (await own.post("/api/maquette/v1/studios", { name: "Team" })).body.studioID;
    const both = (await own.get(`/api/v1/fetchProjects?devID=${own.devID}`)).body.message;
    expect(both).toEqual([plain.json.message[0], { projectID: expect.any(String), name: "Sandbox", studioID: studio }]);
    expect((await own.get(`/api/v1/fetchProjects?devID=${own.devID}&studioID=${studio}`)).body.message).toEqual([
      both[1],
    ]);
  });

  it("studioID is honoured everywhere", async () => {
    const [owner, member, stranger] = [await server.account(), await server.account(), await server.account()];
    const studioID = (await owner.post("/api/maquette/v1/studios", { name: "Team" })).body.studioID;
    await owner.post(`/api/maquette/v1/studios/${studioID}/members`, { email: member.email });
    const shared = await owner.process({ studioID });
    const own = await owner.process();
    const as = (who: Client, path: string) => asClient(server, who)({ path: `/api/v1/${path}devID=${who.devID}` });
    expect((await as(member, `fetchRequest?requestID=${shared}&studioID=${studioID}&`)).json.studioID).toBe(studioID);
    expect((await as(member, `fetchRequest?requestID=${shared}&`)).status).toBe(200);
    expect((await as(member, `fetchRequest?requestID=${own}&`)).status).toBe(404);
    expect((await as(owner, `fetchRequest?requestID=${own}&studioID=${studioID}&`)).status).toBe(404);
    expect(
      (await as(member, `fetchAll?studioID=${studioID}&`)).json.assets.map(
        (asset: { requestID: string }) => asset.requestID,
      ),
    ).toEqual([shared]);
    expect((await as(member, "fetchAll?")).json.assets).toEqual([]);
    for (const path of [
      `fetchAll?studioID=${studioID}&`,
      `fetchProjects?studioID=${studioID}&`,
      `fetchRequest?requestID=${shared}&studioID=${studioID}&`,
    ]) {
      const answer = await as(stranger, path);
      expect([answer.status, answer.json.code]).toEqual([403, "studio_forbidden"]);
    }
    expect((await as(stranger, `fetchRequest?requestID=${shared}&`)).status).toBe(404);
  });

  it("downloads need no headers and are one raw file with type, length, tag and name", async () => {
    const requestID = await client.process({ name: "Download Me" });
    const { glb } = (await client.finished(requestID)).iterations[0].results;
    expect(new URL(glb).pathname).toMatch(/\/Download_Me\.glb$/);
    const file = await download(glb);
    expect(file.status).toBe(200);
    expect(file.body.toString()).toMatch(/^glb of Download_Me /);
    expect(file.headers.get("content-type")).toBe("model/gltf-binary");
    expect(file.headers.get("content-length")).toBe(String(file.body.length));
    expect(file.headers.get("etag")).toBe(`"${createHash("sha256").update(file.body).digest("hex")}"`);
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="Download_Me.glb"');
    expect(file.headers.get("access-control-allow-origin")).toBe("*");
    const head = await download(glb, {}, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const name of ["content-type", "content-length", "etag", "content-disposition", "accept-ranges"]) {
      expect(head.headers.get(name)).toBe(file.headers.get(name));
    }
  });

  it("downloads honour ranges and tags", async () => {
    const { glb } = (await client.finished(await client.process())).iterations[0].results;
    const whole = (await download(glb)).body;
    const range = async (value: string, extra = {}) => download(glb, { Range: value, ...extra });
    const first = await range("bytes=0-9");
    expect([first.status, first.headers.get("content-range"), first.headers.get("content-length")]).toEqual([
      206,
      `bytes 0-9/${whole.length}`,
      "10",
    ]);
    expect(first.body).toEqual(whole.subarray(0, 10));
    expect((await range("bytes=-5")).body).toEqual(whole.subarray(-5));
    expect((await range(`bytes=${whole.length - 3}-`)).body).toEqual(whole.subarray(-3));
    expect((await range("bytes=5-100000000")).body).toEqual(whole.subarray(5));
    const outside = await range(`bytes=${whole.length}-`);
    expect([outside.status, outside.headers.get("content-range"), outside.json.code]).toEqual([
      416,
      `bytes */${whole.length}`,
      "range_invalid",
    ]);
    expect((await range("bytes=0-1,3-4")).status).toBe(200);
    const etag = first.headers.get("etag")!;
    expect((await range("bytes=0-1", { "If-Range": etag })).status).toBe(206);
    expect((await range("bytes=0-1", { "If-Range": '"other"' })).status).toBe(200);
    expect((await download(glb, { "If-None-Match": etag })).status).toBe(304);
  });

  it("links are fresh at each fetch, and dead after an hour", async () => {
    const requestID = await client.process();
    const link = (await client.finished(requestID)).iterations[0].results.glb;
    server.ahead.ms += 3599_000;
    expect((await download(link)).status).toBe(200);
    server.ahead.ms += 2000;
    const expired = await download(link);
    expect([expired.status, expired.json]).toEqual([
      403,
      { status: "error", code: "link_expired", message: expect.stringContaining("expired") },
    ]);
    const fresh = (await client.fetchRequest(requestID)).body.iterations[0].results.glb;
    expect(fresh).not.toBe(link);
    expect((await download(fresh)).status).toBe(200);
    server.ahead.ms = 0;
  });

  it("altered links are a 403 in JSON", async () => {
    const { glb, obj } = (await client.finished(await client.process())).iterations[0].results;
    const altered = [
      glb.replace(/expires=\d/, "expires=9"),
      glb.replace(/signature=.{4}/, "signature=AAAA"),
      glb.replace(/\?.*/, ""),
      glb.replace(/signature=.*/, "signature="),
      glb.replace(/[^/]+\.glb/, "other.glb"),
      glb.replace(new URL(glb).pathname, new URL(obj).pathname),
      glb.replace("/artifact/", "/image/"),
    ];
    for (const url of altered) {
      const answer = await download(url);
      expect([url, answer.status, answer.json.status]).toEqual([url, 403, "error"]);
    }
  });

  it("links point to where the client asked, or to PUBLIC_URL", async () => {
    const requestID = await client.process();
    await client.finished(requestID);
    const path = `/api/v1/fetchRequest?devID=${client.devID}&requestID=${requestID}`;
    const named = await call({ path, headers: { Host: "maquette.lan:8080" } });
    expect(named.json.iterations[0].results.glb).toMatch(/^http:\/\/maquette\.lan:8080\/files\//);
    const hostile = await call({ path, headers: { Host: 'x"><script>' } });
    expect(hostile.json.iterations[0].results.glb).not.toContain("script");
    const other = await start({ env: { PUBLIC_URL: "https://assets.example.com" } });
    const there = await other.account();
    const asset = await there.finished(await there.process());
    expect(asset.iterations[0].results.glb).toMatch(/^https:\/\/assets\.example\.com\/files\//);
  });

  it("the log has a line for each request, with its requestID", async () => {
    const logged: Record<string, unknown>[] = [];
    const watched = await start({ logged });
    const watcher = await watched.account();
    const requestID = await watcher.process({ name: "line\nbreak" });
    await watcher.finished(requestID);
    const messages = await until(() => {
      const lines = logged.filter((line) => line.requestID === requestID).map((line) => line.msg);
      return lines.includes("asset ended") ? lines : null;
    });
    expect(messages).toEqual(expect.arrayContaining(["request", "asset started", "asset ended"]));
  });
});
