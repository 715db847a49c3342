import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asClient,
  type Client,
  onBothModes,
  PNG,
  standInEngine,
  startTestServer,
  type TestServer,
} from "../support/api.ts";
import { type FormPart, writeForm } from "../support/raw-http.ts";

const URLS = ["https://example.com/image1.png", "https://example.com/image2.png"];
/** First bytes of each format that can be read, enough to be told. */
const HEADS: Record<string, Buffer> = {
  png: PNG,
  jpeg: Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex"),
  webp: Buffer.from("RIFF\x1a\0\0\0WEBPVP8L", "latin1"),
  avif: Buffer.from("\0\0\0\x1cftypavif\0\0\0\0avifmif1", "latin1"),
  gif: Buffer.from("GIF89a\x01\0\x01\0\0\0\0;", "latin1"),
  tiff: Buffer.from("II*\0\x08\0\0\0\0\0", "latin1"),
};

onBothModes("contract 3, process", (start) => {
  let server: TestServer;
  let client: Client;
  let call: ReturnType<typeof asClient>;

  beforeAll(async () => {
    server = await start();
    client = await server.account();
    call = asClient(server, client);
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    call({ method: "POST", path: "/api/v1/process", body, headers });
  const postForm = (parts: FormPart[]) => {
    const { type, body } = writeForm(parts);
    return post(body, { "Content-Type": type });
  };
  /** What the server understood, from the request's row. */
  const understood = async (requestID: string) => {
    const { db } = server.server.context;
    const iteration = await db
      .selectFrom("iteration")
      .select(["options", "inputs"])
      .where("request_id", "=", requestID)
      .executeTakeFirstOrThrow();
    const images = await db
      .selectFrom("image")
      .select(["id", "url", "mime"])
      .where("request_id", "=", requestID)
      .execute();
    const byId = new Map(images.map((image) => [image.id, image]));
    return {
      options: iteration.options,
      images: iteration.inputs.map((input) => ({ ...byId.get(input.imageID)!, view: input.view })),
    };
  };

  it("answers 201 exactly as the specification says", async () => {
    const answer = await post({
      devID: client.devID,
      LoQ: "standard",
      imageUrls: URLS,
      polycount: 20000,
      height: 250,
      test: true,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      status: "success",
      devID: client.devID,
      requestID: expect.any(String),
      message: "request sent successfully, please check webhook in 10-15 mins",
    });
  });

  describe("bodies that work", () => {
    const fields = { LoQ: "High", polycount: 20000, height: 250, test: true };
    const json = () => JSON.stringify({ devID: client.devID, ...fields, imageUrls: URLS });
    const text = (parts: Record<string, string>): FormPart[] =>
      Object.entries(parts).map(([name, value]) => ({ name, value }));
    const common = () => text({ devID: client.devID, LoQ: "High", polycount: "20000", height: "250", test: "true" });
    const urlencoded = (pairs: [string, string][]) =>
      new URLSearchParams([
        ["devID", client.devID],
        ["LoQ", "High"],
        ["polycount", "20000"],
        ["height", "250"],
        ["test", "1"],
        ...pairs,
      ]).toString();

    const cases: [string, () => { type: string; body: string | Buffer }][] = [
      ["application/json", () => ({ type: "application/json", body: json() })],
      ["application/json with a charset", () => ({ type: "application/json; charset=utf-8", body: json() })],
      ["JSON under multipart/form-data without a boundary", () => ({ type: "multipart/form-data", body: json() })],
      ["JSON under what curl sends by default", () => ({ type: "application/x-www-form-urlencoded", body: json() })],
      ["JSON under text/plain", () => ({ type: "text/plain;charset=UTF-8", body: json() })],
      [
        "multipart with imageUrls as a JSON string",
        () => toForm([...common(), { name: "imageUrls", value: JSON.stringify(URLS) }]),
      ],
      [
        "multipart with imageUrls joined by commas",
        () => toForm([...common(), { name: "imageUrls", value: URLS.join(",") }]),
      ],
      [
        "multipart with imageUrls repeated",
        () => toForm([...URLS.map((value) => ({ name: "imageUrls", value })), ...common()]),
      ],
      [
        "multipart with imageUrls[]",
        () => toForm([...common(), ...URLS.map((value) => ({ name: "imageUrls[]", value }))]),
      ],
      [
        "multipart whose header has no boundary",
        () => ({
          type: "multipart/form-data",
          body: toForm([...common(), { name: "imageUrls", value: URLS.join() }]).body,
        }),
      ],
      [
        "urlencoded with imageUrls as a JSON string",
        () => ({ type: "application/x-www-form-urlencoded", body: urlencoded([["imageUrls", JSON.stringify(URLS)]]) }),
      ],
      [
        "urlencoded with imageUrls joined by commas",
        () => ({ type: "application/x-www-form-urlencoded", body: urlencoded([["imageUrls", URLS.join(",")]]) }),
      ],
      [
        "urlencoded with imageUrls repeated",
        () => ({
          type: "application/x-www-form-urlencoded",
          body: urlencoded(URLS.map((url) => ["imageUrls", url])),
        }),
      ],
      [
        "urlencoded with imageUrls[]",
        () => ({
          type: "application/x-www-form-urlencoded",
          body: urlencoded(URLS.map((url) => ["imageUrls[]", url])),
        }),
      ],
      [
        "JSON with the URLs under images",
        () => ({ type: "application/json", body: JSON.stringify({ ...fields, devID: client.devID, images: URLS }) }),
      ],
      [
        "JSON with one text of URLs",
        () => ({
          type: "application/json",
          body: JSON.stringify({ ...fields, devId: client.devID, imageUrls: URLS.join(", ") }),
        }),
      ],
    ];
    const toForm = (parts: FormPart[]) => writeForm(parts);

    it.each(cases)("%s", async (_name, make) => {
      const { type, body } = make();
      const answer = await post(body, { "Content-Type": type });
      expect(answer.json).toMatchObject({ status: "success" });
      const { options, images } = await understood(answer.json.requestID);
      expect(options).toMatchObject({ quality: "high", polycount: 20000, height: 250 });
      expect(images.map((image) => image.url)).toEqual(URLS);
    });

    it.each(["images", "image", "images[]", "image0", "image-0", "file", "front", "blob"])(
      "files under the field %s",
      async (name) => {
        const answer = await postForm([
          ...common(),
          { name, filename: "a.png", type: "image/png", value: PNG },
          { name, filename: "b.png", value: PNG },
        ]);
        expect(answer.status).toBe(201);
        expect((await understood(answer.json.requestID)).images.map((image) => image.mime)).toEqual([
          "image/png",
          "image/png",
        ]);
      },
    );

    it("files before and after the text, with and without a type, a name, or a wrong name and type", async () => {
      const answer = await postForm([
        { name: "image0", filename: "x.jpg", type: "image/jpeg", value: PNG },
        { name: "LoQ", value: "ultra" },
        { name: "image1", filename: "blob", value: HEADS.jpeg! },
        { name: "devID", value: client.devID, type: "text/plain" },
        { name: "image2", type: "application/octet-stream", value: HEADS.webp! },
        { name: "test", value: "true", filename: "blob", type: "application/octet-stream" },
        { name: "image3", value: PNG },
      ]);
      expect(answer.status).toBe(201);
      const { options, images } = await understood(answer.json.requestID);
      expect(options.quality).toBe("ultra");
      expect(images.map((image) => image.mime)).toEqual(["image/png", "image/jpeg", "image/webp", "image/png"]);
    });

    it("forms in which JavaScript wrote what it has not as null or undefined", async () => {
      const answer = await postForm([
        ...common(),
        { name: "imageUrls", value: URLS.join() },
        ...["projectID", "name", "width"].map((name) => ({ name, value: "null" })),
        ...["studioID", "depth", "views"].map((name) => ({ name, value: "undefined" })),
      ]);
      expect(answer.status).toBe(201);
      expect(answer.json).not.toHaveProperty("warnings");
      expect((await understood(answer.json.requestID)).options).not.toHaveProperty("width");
    });

    it("JSON under a multipart type with a boundary is a 400, not a 500", async () => {
      const answer = await post(json(), { "Content-Type": "multipart/form-data; boundary=abc" });
      expect([answer.status, answer.json.status]).toEqual([400, "error"]);
    });
  });

  it("LoQ is case-insensitive; another value is a 406; missing means standard", async () => {
    for (const [LoQ, loq] of [
      ["standard", "standard"],
      ["HIGH", "high"],
      [" Ultra ", "ultra"],
      [undefined, "standard"],
      ["", "standard"],
    ]) {
      const { json } = await post({ LoQ, imageUrls: URLS, test: true });
      expect((await understood(json.requestID)).options.quality).toBe(loq);
    }
    for (const LoQ of ["best", 1, ["standard"]]) {
      const answer = await post({ LoQ, imageUrls: URLS, test: true });
      expect([answer.status, answer.json]).toEqual([
        406,
        { status: "error", message: "Invalid level of quality inputed", code: "quality_invalid" },
      ]);
    }
  });

  it("a polycount that is no number is ignored with a warning, one out of range is a 400", async () => {
    const odd = await post({ polycount: "Enter text...", imageUrls: URLS, test: true });
    expect([odd.status, odd.json.warnings]).toEqual([
      201,
      ['polycount "Enter text..." is not a number and was ignored'],
    ]);
    expect((await client.finished(odd.json.requestID)).iterations[0].warnings).toEqual(odd.json.warnings);
    for (const polycount of [-1, 0, 499, 300_001, 1e12, "1e400"]) {
      const answer = await post({ polycount, imageUrls: URLS, test: true });
      expect([answer.status, answer.json.message]).toEqual([400, expect.stringContaining("polycount")]);
    }
  });

  it("sizes are centimetres above 0 and up to 100,000", async () => {
    const { json } = await post({ height: "150", width: 80.5, depth: 100_000, imageUrls: URLS, test: true });
    expect((await understood(json.requestID)).options).toMatchObject({ height: 150, width: 80.5, depth: 100_000 });
    for (const size of [{ height: 0 }, { width: -1 }, { depth: 100_001 }, { height: "tall" }]) {
      const answer = await post({ ...size, imageUrls: URLS, test: true });
      expect([answer.status, answer.json.message]).toEqual([400, expect.stringContaining(Object.keys(size)[0]!)]);
    }
  });

  it("an unknown project is a 400, a studio that the caller is not in a 403", async () => {
    const other = await server.account();
    const theirs = (await other.get(`/api/v1/fetchProjects?devID=${other.devID}`)).body.message[0].projectID;
    for (const projectID of ["nonsense", "00000000-0000-4000-8000-000000000000", theirs]) {
      const answer = await post({ projectID, imageUrls: URLS, test: true });
      expect([answer.status, answer.json.message]).toEqual([400, expect.stringContaining("projectID")]);
    }
    const studio = (await other.post("/api/maquette/v1/studios", { name: "Theirs" })).body.studioID;
    for (const studioID of ["nonsense", studio]) {
      const answer = await post({ studioID, imageUrls: URLS, test: true });
      expect([answer.status, answer.json.code]).toEqual([403, "studio_forbidden"]);
    }
    const own = (await client.get(`/api/v1/fetchProjects?devID=${client.devID}`)).body.message[0].projectID;
    expect((await post({ projectID: own, imageUrls: URLS, test: true })).status).toBe(201);
    await other.post(`/api/maquette/v1/studios/${studio}/members`, { email: client.email });
    const shared = (await client.get(`/api/v1/fetchProjects?devID=${client.devID}&studioID=${studio}`)).body.message[0];
    const { json } = await post({ projectID: shared.projectID, studioID: studio, imageUrls: URLS, test: true });
    expect((await client.fetchRequest(json.requestID)).body).toMatchObject({
      projectID: shared.projectID,
      studioID: studio,
    });
  });

  it("test: true checks the parameters and looks at no image", async () => {
    const strange = await post({ test: true, imageUrls: ["your_image_url", "http://127.0.0.1:1/x.png"], height: 50 });
    expect(strange.status).toBe(201);
    const files = await postForm([
      { name: "test", value: "true" },
      { name: "image", filename: "notes.txt", value: "not a picture" },
    ]);
    expect(files.status).toBe(201);
    expect((await post({ test: true, imageUrls: URLS, height: -1 })).status).toBe(400);
    expect((await post({ test: true })).status).toBe(400);
    for (const { json } of [strange, files]) {
      const asset = await client.finished(json.requestID);
      expect(asset.iterations[0].status).toBe("completed");
      expect(Object.keys(asset.iterations[0].results)).toEqual(
        expect.arrayContaining(["obj", "fbx", "glb", "gltf", "mtl"]),
      );
    }
  });

  it("one to six images of 5 MB; what they are is decided by their bytes", async () => {
    const image = { name: "images", filename: "a.png", value: PNG };
    expect((await postForm(Array(6).fill(image))).status).toBe(201);
    const seven = await postForm(Array(7).fill(image));
    expect([seven.status, seven.json.message]).toEqual([400, expect.stringContaining("7 images: at most 6")]);
    const none = await post({ devID: client.devID, LoQ: "standard" });
    expect([none.status, none.json.message]).toEqual([400, expect.stringContaining("missing images")]);
    const limit = 5 * 1024 * 1024;
    expect((await postForm([{ ...image, value: Buffer.concat([PNG], limit) }])).status).toBe(201);
    const large = await postForm([{ ...image, value: Buffer.concat([PNG], limit + 1) }]);
    expect([large.status, large.json.message]).toEqual([400, expect.stringContaining("Image 1: it is too large")]);
    for (const [format, value] of Object.entries(HEADS)) {
      const answer = await postForm([{ name: "image", filename: "wrong.txt", type: "text/plain", value }]);
      expect([format, answer.status]).toEqual([format, 201]);
      expect((await understood(answer.json.requestID)).images[0]!.mime).toBe(`image/${format}`);
    }
  });

  it.each([
    ["an empty file", Buffer.alloc(0), "it is empty"],
    ["text named .png", Buffer.from("hello"), "it looks like a text file"],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'), "SVG"],
    ["a PDF", Buffer.from("%PDF-1.7"), "PDF"],
    ["PostScript", Buffer.from("%!PS-Adobe"), "PostScript"],
    ["a drawing program", Buffer.from("push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://x)'"), "text file"],
    ["an HTML page", Buffer.from("<!doctype html><script>alert(1)</script>"), "HTML"],
    ["a zip", Buffer.from("PK\x03\x04aaaa"), "ZIP"],
    ["a HEIC photo", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), "HEIC"],
  ])("refuses %s at the door", async (_what, value, why) => {
    const answer = await postForm([{ name: "image", filename: "picture.png", type: "image/png", value }]);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toMatch(
      /^Request failed due to Image 1: .*, please check your payload and headers and try again$/,
    );
    expect(answer.json.message).toContain(why);
  });

  it("file names are names and never paths", async () => {
    for (const filename of [
      "../../../../etc/passwd.png",
      "a\\b\\..\\c.png",
      `${"x".repeat(5000)}.png`,
      "\u202Egnp.exe.png",
      "nul\0.png",
      "<img onerror=alert(1)>.png",
      "=cmd|' /C calc'!A0.png",
    ]) {
      const answer = await postForm([{ name: "image", filename, value: PNG }]);
      expect([filename.slice(0, 20), answer.status]).toEqual([filename.slice(0, 20), 201]);
      const asset = await client.finished(answer.json.requestID);
      expect(asset.image_tags[0]).toMatch(/^[A-Za-z][A-Za-z0-9_]*$/);
      expect(asset.name).toMatch(/^[\p{L}\p{N}_-]{1,60}$/u);
    }
  });

  it("data: URLs work, with their commas", async () => {
    const data = `data:image/png;base64,${PNG.toString("base64")}`;
    const answer = await post({ imageUrls: [data, data] });
    expect(answer.status).toBe(201);
    const joined = await post({ imageUrls: `${data},${data}`, LoQ: "high" });
    expect((await understood(joined.json.requestID)).images.map((image) => image.mime)).toEqual([
      "image/png",
      "image/png",
    ]);
    const text = await post({ imageUrls: ["data:text/plain,hello"] });
    expect([text.status, text.json.message]).toEqual([400, expect.stringContaining("it looks like a text file")]);
    expect((await post({ imageUrls: ["data:image/png;base64"] })).status).toBe(400);
  });

  it("a 400 names the reason in the specification's sentence", async () => {
    const answer = await post({ imageUrls: ["not a url"] });
    expect(answer.status).toBe(400);
    expect(answer.json.message).toBe(
      "Request failed due to image 1, whose URL not a url cannot be used: it is not a URL, please check your payload and headers and try again",
    );
  });

  it("the extensions: views, name, tags, seed, topology, pivot, textureSize, lods", async () => {
    const answer = await post({
      imageUrls: URLS,
      views: ["front", { azimuth: 30, elevation: 5 }],
      name: "My Robot 2",
      tags: ["game", "hero"],
      seed: 7,
      topology: "triangle",
      pivot: "base",
      textureSize: 512,
      lods: 2,
      test: true,
    });
    expect(answer.status).toBe(201);
    const { options, images } = await understood(answer.json.requestID);
    expect(options).toMatchObject({
      name: "My_Robot_2",
      seed: 7,
      topology: "triangle",
      pivot: "base",
      textureSize: 512,
      lods: 2,
    });
    expect(images.map((image) => image.view)).toEqual(["front", { azimuth: 30, elevation: 5 }]);
    const asset = await client.finished(answer.json.requestID);
    expect(asset).toMatchObject({
      name: "My Robot 2",
      tags: ["game", "hero"],
      image_tags: ["My_Robot_2", "game", "hero"],
    });
    const twin = await post({ imageUrls: URLS, name: "My Robot 2", test: true });
    expect((await understood(twin.json.requestID)).options.name).toMatch(/^My_Robot_2_[0-9a-f]{12}$/);
    for (const bad of [
      { views: ["front", "front"] },
      { views: ["front", "back", "left"] },
      { name: "x".repeat(129) },
      { topology: "ngon" },
      { lods: 99 },
    ]) {
      expect((await post({ imageUrls: URLS, test: true, ...bad })).status).toBe(400);
    }
  });

  it("an Idempotency-Key gives the same request again, and a 409 for another body", async () => {
    const headers = { "Idempotency-Key": "order-1" };
    const body = { imageUrls: URLS, test: true, name: "once" };
    const [first, second] = [await post(body, headers), await post(body, headers)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.requestID).toBe(first.json.requestID);
    const other = await post({ ...body, name: "twice" }, headers);
    expect([other.status, other.json.code]).toEqual([409, "idempotency_conflict"]);
    expect((await post(body, { "Idempotency-Key": "x".repeat(256) })).status).toBe(400);
  });

  it("a project's style holds where the request is silent", async () => {
    const project = (
      await client.post("/api/maquette/v1/projects", {
        name: "Low poly",
        style: { topology: "triangle", shading: "flat", palette: 8, polycount: 900, texturing: "vertex" },
      })
    ).body;
    const { json } = await post({ projectID: project.projectID, imageUrls: URLS, test: true });
    expect((await understood(json.requestID)).options).toMatchObject({
      topology: "triangle",
      polycount: 900,
      style: { shading: "flat", palette: 8, texturing: "vertex" },
    });
    const asset = await client.finished(json.requestID);
    expect([asset.projectID, asset.polycount, asset.iterations[0].texturingMethod]).toEqual([
      project.projectID,
      "900",
      "vertex",
    ]);
  });
});

describe("contract 3, images by URL", () => {
  let server: TestServer;
  let client: Client;
  const hits: string[] = [];
  let flaky = 0;
  const origin = createServer((request, response) => {
    hits.push(request.url!);
    if (request.url === "/good.png") return void response.end(PNG);
    if (request.url === "/redirect") return void response.writeHead(302, { location: "/good.png" }).end();
    if (request.url === "/loop") return void response.writeHead(302, { location: "/loop" }).end();
    if (request.url === "/private") return void response.writeHead(302, { location: "http://192.168.0.1/x.png" }).end();
    if (request.url === "/flaky.png") return void (++flaky < 3 ? response.writeHead(503).end() : response.end(PNG));
    if (request.url === "/page")
      return void response.setHeader("content-type", "image/png").end("<!doctype html><p>not found");
    if (request.url === "/large.png") return void response.end(Buffer.concat([PNG], 6 * 1024 * 1024));
    if (request.url === "/empty.png") return void response.end();
    response.writeHead(404).end();
  });
  let base = "";
  const jobs: { kind: string; pictures?: Uint8Array[] }[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
    server = await startTestServer({
      runEngine: standInEngine({
        onJob: (job) => {
          jobs.push(job);
        },
      }),
    });
    client = await server.account();
  });

  afterAll(async () => {
    origin.closeAllConnections();
    origin.close();
    await server.close();
  });

  const post = (imageUrls: string[], on = server, who = client) =>
    asClient(on, who)({ method: "POST", path: "/api/v1/process", body: { imageUrls } });
  const make = async (imageUrls: string[]) => {
    const { json, status } = await post(imageUrls);
    expect([status, json.status]).toEqual([201, "success"]);
    return client.finished(json.requestID);
  };

  it("are fetched by the worker, kept, and from then on given out by our links", async () => {
    const asset = await make([`${base}/good.png`, `${base}/redirect`]);
    expect(asset.iterations[0].status).toBe("completed");
    expect(jobs.at(-1)!.pictures!.map((picture) => Buffer.from(picture))).toEqual([PNG, PNG]);
    for (const link of asset.image) {
      expect(link.startsWith(server.url)).toBe(true);
      expect(Buffer.from(await (await fetch(link)).arrayBuffer())).toEqual(PNG);
    }
    const before = hits.length;
    const revised = await client.post(`/api/maquette/v1/requests/${asset.requestID}/iterations`, { height: 10 });
    expect(revised.status).toBe(201);
    await client.finished(asset.requestID);
    expect(hits.length).toBe(before);
  });

  it("are tried again when that may help", async () => {
    expect((await make([`${base}/flaky.png`])).iterations[0].status).toBe("completed");
    expect(hits.filter((path) => path === "/flaky.png")).toHaveLength(3);
  });

  it.each([
    ["/missing.png", /^Image 2 could not be fetched from http:\S+\/missing\.png: the server answered 404\.$/],
    [
      "/page",
      /^Image 2: it is not a picture that can be read: it looks like a web page \(HTML\), fetched from http:\S+\/page/,
    ],
    ["/large.png", /^Image 2 could not be fetched from http:\S+: the answer is larger than 5 MB\.$/],
    ["/empty.png", /^Image 2: it is empty/],
    ["/loop", /^Image 2 could not be fetched from http:\S+: more than 3 redirects\.$/],
    [
      "/private",
      /^Image 2 could not be fetched from http:\S+: redirected to http:\/\/192\.168\.0\.1\/x\.png: 192\.168\.0\.1 is not a public address\.$/,
    ],
  ])("%s ends as dismissed with a cause that names the URL", async (path, cause) => {
    const asset = await make([`${base}/good.png`, base + path]);
    expect(asset.iterations[0]).toMatchObject({ status: "dismissed", results: null });
    expect(asset.iterations[0].dismissedReason).toMatch(cause);
  });

  it("that can be seen to be forbidden are a 400 at once", async () => {
    for (const url of [
      "http://10.0.0.1/a.png",
      "http://169.254.169.254/",
      "http://metadata.google.internal/",
      "ftp://example.com/a.png",
      "http://example.com:22/",
      "http://u:p@example.com/",
    ]) {
      const { status, json } = await post([url]);
      expect([url, status, json.code]).toEqual([url, 400, "image_refused"]);
    }
  });

  it("never reach this machine when the server is open to others, unless it is allowed", async () => {
    const open = await startTestServer({
      env: { HOST: "0.0.0.0" },
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    });
    const allowed = await startTestServer({ env: { HOST: "0.0.0.0", MAQUETTE_ALLOW_HOSTS: "127.0.0.1" } });
    try {
      const before = hits.length;
      const stranger = await open.account();
      expect((await post([`${base}/good.png`], open, stranger)).status).toBe(400);
      // A name is only known by its address when it is looked up.
      const named = await post([`${base.replace("127.0.0.1", "localtest.example")}/good.png`], open, stranger);
      expect(named.status).toBe(201);
      expect((await stranger.finished(named.json.requestID)).iterations[0]).toMatchObject({
        status: "dismissed",
        dismissedReason: expect.stringContaining("127.0.0.1 is not a public address"),
      });
      expect(hits.length).toBe(before);
      const insider = await allowed.account();
      const { json } = await post([`${base}/good.png`], allowed, insider);
      expect((await insider.finished(json.requestID)).iterations[0].status).toBe("completed");
      expect(hits.length).toBe(before + 1);
    } finally {
      await open.close();
      await allowed.close();
    }
  });
});
