import { runEngine } from "@maquette/engine/host";
import { zipSync } from "fflate";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateGltf } from "../../engine/test/support/validate-gltf.ts";
import { startReceiver } from "./support/receiver.ts";
import { serve } from "./support/serve.ts";
import { type Client, PNG, startTestServer, type TestServer } from "./support/start.ts";

const OWN = "/api/maquette/v1";

/** A crate 0.6 × 1 × 0.4 m with an open top, and its picture. */
async function crate(): Promise<Uint8Array> {
  const points = [-0.3, 0.3].flatMap((x) => [0, 1].flatMap((y) => [-0.2, 0.2].map((z) => `v ${x} ${y} ${z}`)));
  const faces = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "1 3 7 5", "2 6 8 4"].map(
    (face) => `f ${face.replace(/\d/g, "$&/1")}`,
  );
  const text = ["mtllib crate.mtl", ...points, "vt 0.5 0.5", "usemtl wood", ...faces].join("\n");
  const wood = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#a06030" } })
    .png()
    .toBuffer();
  return zipSync({
    "crate.obj": Buffer.from(text),
    "crate.mtl": Buffer.from("newmtl wood\nmap_Kd textures/wood.png\n"),
    "textures/wood.png": wood,
  });
}

function upload(model: Uint8Array, name: string, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("model", new Blob([model as Uint8Array<ArrayBuffer>]), name);
  return form;
}

describe("finishing a model by the API", () => {
  let server: TestServer;
  let client: Client;
  let model: Uint8Array;

  beforeAll(async () => {
    server = await startTestServer({ runEngine });
    client = await server.account();
    model = await crate();
  });
  afterAll(() => server.close());

  const detail = async (requestID: string, iteration = 0) =>
    (await client.get(`${OWN}/requests/${requestID}/iterations/${iteration}`)).body;

  it("takes a zip, waits and is announced like any asset, and gives all formats of a closed, coloured asset", async () => {
    const receiver = await startReceiver();
    const hook = await client.post("/api/v1/registerHook", { devID: client.devID, destination: receiver.url });
    client.headers.authorization = hook.body.jwt;
    const answer = await client.post(
      `${OWN}/models`,
      upload(model, "Old crate.zip", { textureSize: "256", tags: "wood" }),
    );
    expect([answer.status, answer.body.status]).toEqual([201, "success"]);
    const { requestID } = answer.body;
    const message = await receiver.next(1, undefined, 60_000);
    expect(message.body).toMatchObject({ status: "success", requestID, results: { name: "Old_crate", image: null } });

    const asset = await client.finished(requestID);
    expect(asset).toMatchObject({
      image: [],
      image_tags: ["Old_crate", "wood"],
      iterations: [{ status: "completed" }],
    });
    const { results } = asset.iterations[0];
    for (const format of ["obj", "fbx", "glb", "gltf", "mtl", "usdz", "stl", "zip", "preview"]) {
      expect([format, (await fetch(results[format])).status]).toEqual([format, 200]);
    }
    await validateGltf("glb", new Uint8Array(await (await fetch(results.glb)).arrayBuffer()));

    const { report, options, inputs, model: source } = await detail(requestID);
    expect(report.checks).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, components: 1 });
    expect([report.size.width, report.size.height, report.size.depth].map(Math.round)).toEqual([60, 100, 40]);
    expect(options.finish).toEqual({ modelID: expect.any(String) });
    expect([inputs, source]).toEqual([[], { name: "Old_crate", url: expect.any(String), stored: true }]);
    const kept = await fetch(source.url);
    expect([kept.headers.get("content-type"), new Uint8Array(await kept.arrayBuffer())]).toEqual([
      "application/zip",
      model,
    ]);
    const texture = await sharp(await (await fetch(results.texture)).arrayBuffer()).stats();
    expect(texture.dominant.r).toBeGreaterThan(texture.dominant.b + 60);

    // Revised like any asset, from the model that is kept.
    const path = `${OWN}/requests/${requestID}/iterations`;
    expect((await client.post(path, {})).status).toBe(400);
    expect((await client.post(path, upload(PNG, "front.png"))).body.message).toContain(
      "images for an asset from a model",
    );
    const revised = await client.post(path, { up: "z", editDescription: "50 cm tall" });
    expect([revised.status, revised.body.applied]).toEqual([201, ["height 50 cm"]]);
    expect((await client.finished(requestID, 60_000)).iterations[1].status).toBe("completed");
    const second = await detail(requestID, 1);
    expect(second.options.finish).toMatchObject({ up: "z" });
    expect([second.report.size.height, Math.round(second.report.size.depth)]).toEqual([50, 125]);

    expect((await client.request("DELETE", `${OWN}/requests/${requestID}`)).status).toBe(200);
    expect((await fetch(source.url)).status).toBe(404);
    await receiver.close();
  });

  it("fetches it from an address, within the same limits as pictures", async () => {
    const site = await serve(({ url }, _, response) => {
      if (url === "/crate.zip") response.end(model);
      else if (url === "/picture.png") response.end(PNG);
      else response.writeHead(404).end();
    });
    const ask = async (path: string, fields: object = {}) => {
      const { body, status } = await client.post(`${OWN}/models`, {
        modelUrl: site.url + path,
        textureSize: 256,
        ...fields,
      });
      expect(status).toBe(201);
      return client.finished(body.requestID, 60_000);
    };
    const asset = await ask("/crate.zip");
    expect(asset).toMatchObject({ name: "crate", iterations: [{ status: "completed" }] });
    const missing = await ask("/missing.glb");
    expect(missing.iterations[0]).toMatchObject({
      status: "dismissed",
      dismissedReason: `The model could not be fetched from ${site.url}/missing.glb: the server answered 404.`,
    });
    const picture = await ask("/picture.png");
    expect(picture.iterations[0].dismissedReason).toMatch(/^It is not a model that can be read: neither GLB, glTF/);
    const forbidden = await client.post(`${OWN}/models`, { modelUrl: "http://169.254.169.254/model.glb" });
    expect([forbidden.status, forbidden.body.code]).toEqual([400, "model_refused"]);
    await site.close();
  });

  it("delivers a cube of the asked size for a test, whatever was sent", async () => {
    const { body } = await client.post(`${OWN}/models`, {
      modelUrl: "https://example.com/a.glb",
      test: true,
      height: 30,
    });
    expect((await client.finished(body.requestID)).iterations[0]).toMatchObject({ status: "completed", triangles: 12 });
  });

  it("gives the same asset for the same Idempotency-Key, and refuses another model under it", async () => {
    const once = (bytes: Uint8Array) =>
      client.post(`${OWN}/models`, upload(bytes, "a.zip", { test: "true" }), { "idempotency-key": "one" });
    const [first, again] = [await once(model), await once(model)];
    expect(again.body.requestID).toBe(first.body.requestID);
    expect((await once(model.slice(1))).status).toBe(409);
  });

  it("refuses what cannot be used before anything is stored", async () => {
    const cases: [unknown, RegExp][] = [
      [{}, /a missing model: send one GLB, glTF, OBJ, FBX or zip/],
      [{ modelUrl: "data:model/obj,v 0 0 0", up: "up" }, /up "up": expected y or z/],
      [{ modelUrl: "data:text/plain,hello" }, /the model: It is not a model that can be read: neither GLB/],
      [upload(PNG, "picture.png"), /neither GLB, glTF, OBJ nor FBX/],
      [upload(Buffer.from("; FBX 7.4.0 project file\n"), "a.fbx"), /an FBX file in its text form/],
      [upload(model, "a.zip", { modelUrl: "https://example.com/a.glb" }), /2 models: send one/],
      [upload(Buffer.concat([model, Buffer.alloc(64 << 20)]), "a.zip"), /a model of 64\.0 MB: at most 64 MB/],
      [upload(model, "a.zip", { polycount: "7" }), /polycount "7": expected 500/],
    ];
    for (const [body, words] of cases) {
      const answer = await client.post(`${OWN}/models`, body);
      expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(words)]);
    }
  });

  it("says why a model cannot be finished", async () => {
    const two = zipSync({ "a.obj": Buffer.from("v 0 0 0"), "b.obj": Buffer.from("v 0 0 0") });
    const { body } = await client.post(`${OWN}/models`, upload(two, "two.zip"));
    const asset = await client.finished(body.requestID, 60_000);
    expect(asset.iterations[0]).toMatchObject({ status: "dismissed", results: null });
    expect(asset.iterations[0].dismissedReason).toMatch(/a zip with 2 models \(a\.obj, b\.obj\) in it\. Put one/);
    expect((await detail(body.requestID)).causeCode).toBe("model_unsupported");
  });

  it("takes a project's style, and says which of it means nothing for a model", async () => {
    const style = { topology: "triangle", palette: 8 };
    const { projectID } = (await client.post(`${OWN}/projects`, { name: "Flat", style })).body;
    const answer = await client.post(`${OWN}/models`, { modelUrl: "https://example.com/a.glb", test: true, projectID });
    expect(answer.body.warnings).toEqual(["The model keeps its own colours: palette of the style was ignored"]);
    expect((await detail(answer.body.requestID)).options.topology).toBe("triangle");
  });
});
