import { beforeAll, describe, expect, it } from "vitest";
import { type Client, onBothModes, PNG, startReceiver, type TestServer } from "../support/api.ts";

const OWN = "/api/maquette/v1";

onBothModes("the product's own routes", (start) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await start();
  });

  const revise = (client: Client, requestID: string, body: unknown) =>
    client.post(`${OWN}/requests/${requestID}/iterations`, body);
  const optionsOf = async (requestID: string, number: number) => {
    const { db } = server.server.context;
    return db
      .selectFrom("iteration")
      .select(["options", "inputs", "edit_description"])
      .where("request_id", "=", requestID)
      .where("number", "=", number)
      .executeTakeFirstOrThrow();
  };

  describe("revisions", () => {
    it("keep what is not said and change what is", async () => {
      const client = await server.account();
      const requestID = await client.process({ height: 100, topology: "triangle", name: "Fox" });
      await client.finished(requestID);
      const answer = await revise(client, requestID, { LoQ: "ultra", height: 120, lods: 2 });
      expect([answer.status, answer.body]).toEqual([
        201,
        { status: "success", requestID, iterationID: "1", applied: [], warnings: [] },
      ]);
      const asset = await client.finished(requestID);
      expect(asset.iterations.map((iteration: { loq: string }) => iteration.loq)).toEqual(["standard", "ultra"]);
      expect((await optionsOf(requestID, 1)).options).toMatchObject({
        quality: "ultra",
        height: 120,
        lods: 2,
        topology: "triangle",
        name: "Fox",
      });
      expect(asset.iterations[1].results.glb).toContain("Fox.glb");
    });

    it("add pictures or replace them", async () => {
      const client = await server.account();
      const form = new FormData();
      form.append("image", new Blob([PNG]), "front.png");
      form.append("views", "front");
      const requestID = (await client.post("/api/v1/process", form)).body.requestID;
      await client.finished(requestID);
      const before = (await optionsOf(requestID, 0)).inputs;
      const added = new FormData();
      added.append("imageMode", "add");
      added.append("views", "back");
      added.append("image", new Blob([PNG]), "back.png");
      expect((await revise(client, requestID, added)).status).toBe(201);
      const asset = await client.finished(requestID);
      const both = (await optionsOf(requestID, 1)).inputs;
      expect(both).toEqual([before[0], { imageID: expect.any(String), view: "back" }]);
      expect(asset.image).toHaveLength(2);
      const clash = new FormData();
      clash.append("imageMode", "add");
      clash.append("views", "front");
      clash.append("image", new Blob([PNG]), "x.png");
      expect((await revise(client, requestID, clash)).status).toBe(400);
      const replaced = new FormData();
      replaced.append("image", new Blob([PNG]), "new.png");
      expect((await revise(client, requestID, replaced)).status).toBe(201);
      expect((await client.finished(requestID)).image).toHaveLength(1);
      const many = new FormData();
      many.append("imageMode", "add");
      for (let i = 0; i < 6; i++) many.append("image", new Blob([PNG]), `${i}.png`);
      expect((await revise(client, requestID, many)).status).toBe(400);
    });

    it("apply the wishes of an editDescription and list them", async () => {
      const client = await server.account();
      const requestID = await client.process({ height: 100 });
      await client.finished(requestID);
      const editDescription =
        "Make it twice as tall, with at most 5000 triangles and flat shading. Reduce to 16 colours; pivot at the base";
      const { status, body } = await revise(client, requestID, { editDescription });
      expect(status).toBe(201);
      expect(body.applied).toEqual([
        "height 200 cm",
        "at most 5000 triangles",
        "shading flat",
        "16 colours",
        "pivot base",
      ]);
      const asset = await client.finished(requestID);
      expect(asset.iterations[1]).toMatchObject({ editDescription, applied: body.applied });
      expect((await optionsOf(requestID, 1)).options).toMatchObject({
        height: 200,
        polycount: 5000,
        pivot: "base",
        style: { shading: "flat", palette: 16 },
      });
    });

    it("refuse a wish that is not understood, apply none, and say what is", async () => {
      const client = await server.account();
      const requestID = await client.process();
      await client.finished(requestID);
      const { status, body } = await revise(client, requestID, { editDescription: "flat shading and give it a hat" });
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "wish_unknown", message: expect.stringContaining('"give it a hat"') });
      expect(body.cause).toContain("topology (quads, triangles)");
      expect((await client.fetchRequest(requestID)).body.iterations).toHaveLength(1);
    });

    it("wait for the newest iteration, need a change, and respect the owner", async () => {
      const client = await server.account();
      const requestID = await client.process();
      await client.finished(requestID);
      expect((await revise(client, requestID, {})).status).toBe(400);
      expect((await revise(client, requestID, { height: -1 })).status).toBe(400);
      expect((await revise(client, requestID, { LoQ: "best" })).status).toBe(406);
      const stranger = await server.account();
      expect((await revise(stranger, requestID, { height: 10 })).status).toBe(404);
      const { db } = server.server.context;
      await db.updateTable("iteration").set({ status: "running" }).where("request_id", "=", requestID).execute();
      const { status, body } = await revise(client, requestID, { height: 10 });
      expect([status, body.code]).toEqual([409, "state_conflict"]);
    });

    it("are told apart by webhooks", async () => {
      const receiver = await startReceiver();
      const client = await server.account();
      const { body } = await client.post("/api/v1/registerHook", { devID: client.devID, destination: receiver.url });
      client.headers.authorization = body.jwt;
      const requestID = await client.process();
      await receiver.next(1);
      await revise(client, requestID, { height: 10 });
      const second = await receiver.next(2);
      expect(second.body.results).toMatchObject({ requestID, iterationID: "1", type: "revision", isRevision: true });
      await receiver.close();
    });
  });

  it("an iteration can be approved once it is completed", async () => {
    const client = await server.account();
    const requestID = await client.process();
    await client.finished(requestID);
    expect((await client.post(`${OWN}/requests/${requestID}/iterations/0/approve`)).status).toBe(200);
    expect((await client.fetchRequest(requestID)).body.iterations[0]).toMatchObject({
      status: "approved",
      results: { glb: expect.any(String) },
    });
    for (const number of ["1", "-1", "x", "99999999"]) {
      expect((await client.post(`${OWN}/requests/${requestID}/iterations/${number}/approve`)).status).toBe(404);
    }
  });

  it("projects are made, changed and deleted by those who may use them", async () => {
    const [client, stranger] = [await server.account(), await server.account()];
    const made = await client.post(`${OWN}/projects`, { name: "Toon", style: { shading: "flat", palette: 8 } });
    expect([made.status, made.body.style]).toEqual([201, { shading: "flat", palette: 8 }]);
    const path = `${OWN}/projects/${made.body.projectID}`;
    const changed = await client.request("PATCH", path, { name: "Cartoon", style: { palette: null, polycount: 2000 } });
    expect(changed.body).toMatchObject({ name: "Cartoon", style: { shading: "flat", polycount: 2000 } });
    expect(changed.body.style).not.toHaveProperty("palette");
    expect((await stranger.request("PATCH", path, { name: "Mine" })).status).toBe(404);
    for (const style of [{ shading: "wet" }, { palette: 1 }, { polycount: 2.5 }, { glow: true }, "flat"]) {
      expect((await client.request("PATCH", path, { style })).status).toBe(400);
    }
    expect((await client.post(`${OWN}/projects`, { style: {} })).status).toBe(400);
    expect((await client.request("DELETE", path)).status).toBe(200);
    expect((await client.request("DELETE", path)).status).toBe(404);
    expect(
      (await client.get(`${OWN}/projects`)).body.projects.map((project: { name: string }) => project.name),
    ).toEqual(["Sandbox"]);
  });

  it("studios have owners, admins and editors, and always an owner", async () => {
    const [owner, admin, editor, stranger] = [
      await server.account(),
      await server.account(),
      await server.account(),
      await server.account(),
    ];
    const studio = (await owner.post(`${OWN}/studios`, { name: "Team" })).body;
    expect(studio).toMatchObject({ name: "Team", role: "owner" });
    const members = `${OWN}/studios/${studio.studioID}/members`;
    expect((await owner.post(members, { email: admin.email.toUpperCase(), role: "admin" })).status).toBe(201);
    expect((await admin.post(members, { email: editor.email })).body).toMatchObject({
      userID: editor.devID,
      role: "editor",
    });
    expect((await admin.post(members, { email: stranger.email, role: "admin" })).status).toBe(403);
    expect((await editor.post(members, { email: stranger.email })).status).toBe(403);
    expect((await owner.post(members, { email: editor.email })).status).toBe(409);
    expect((await owner.post(members, { email: "nobody@example.com" })).status).toBe(404);
    expect((await stranger.get(members)).status).toBe(403);
    expect((await editor.get(members)).body.members.map((member: { role: string }) => member.role)).toEqual([
      "owner",
      "admin",
      "editor",
    ]);
    const change = (who: Client, whom: Client, role: string) =>
      who.request("PATCH", `${members}/${whom.devID}`, { role });
    const remove = (who: Client, whom: Client) => who.request("DELETE", `${members}/${whom.devID}`);
    expect((await change(admin, owner, "editor")).status).toBe(403);
    expect((await change(editor, editor, "owner")).status).toBe(403);
    expect((await change(owner, owner, "editor")).status).toBe(409);
    expect((await remove(owner, owner)).status).toBe(409);
    expect((await remove(admin, owner)).status).toBe(403);
    expect((await remove(owner, stranger)).status).toBe(404);
    expect((await change(owner, admin, "owner")).status).toBe(200);
    expect((await remove(owner, owner)).status).toBe(200);
    expect((await remove(admin, editor)).status).toBe(200);
    const events = (await editor.get(`${OWN}/audit-events`)).body.events;
    expect(events.slice(0, 2)).toMatchObject([
      { kind: "member.removed", actorID: admin.devID, studioID: studio.studioID, detail: { from: "editor", to: null } },
      { kind: "member.added", actorID: admin.devID },
    ]);
  });

  it("every route of others' things answers as if there were none", async () => {
    const [client, stranger] = [await server.account(), await server.account()];
    const requestID = await client.process();
    await client.finished(requestID);
    const { body } = await client.post("/api/v1/registerHook", { devID: client.devID, destination: "test" });
    client.headers.authorization = body.jwt;
    const [destination] = (await client.get(`${OWN}/destinations`)).body.destinations;
    const tries: [string, string][] = [
      ["GET", `/requests/${requestID}`],
      ["DELETE", `/requests/${requestID}`],
      ["POST", `/requests/${requestID}/iterations`],
      ["POST", `/requests/${requestID}/iterations/0/cancel`],
      ["POST", `/requests/${requestID}/iterations/0/approve`],
      ["DELETE", `/destinations/${destination.destinationID}`],
    ];
    for (const [method, path] of tries) {
      const there = await stranger.request(method, OWN + path, method === "POST" ? { height: 1 } : undefined);
      const nowhere = await stranger.request(
        method,
        OWN + path.replace(/[0-9a-f-]{36}/, "01900000-0000-7000-8000-000000000000"),
        method === "POST" ? { height: 1 } : undefined,
      );
      expect([path, there.status, there.body]).toEqual([path, 404, nowhere.body]);
    }
    expect((await client.get(`${OWN}/requests/${requestID}`)).status).toBe(200);
    expect((await fetch(`${server.url}${OWN}/me`)).status).toBe(401);
  });
});
