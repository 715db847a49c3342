/** The lines of the contract that need real pictures and the real engine: sizes, causes, files that mean harm. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, crc32, deflateRawSync, deflateSync } from "node:zlib";
import { EngineError, type ErrorCode } from "@maquette/engine/errors";
import { runEngine } from "@maquette/engine/host";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importWithAssimp } from "../../packages/engine/test/support/import-with-assimp.ts";
import { asClient, type Client, onBothModes, portOf, standInEngine, type TestServer } from "../support/api.ts";
import { type FormPart, send, writeForm } from "../support/raw-http.ts";
import { CASES } from "../support/refusal-cases.ts";

const ENGINE_MS = 60_000;

let server: TestServer;
let client: Client;
let folder: string;

async function process(parts: FormPart[], on = server, who = client): Promise<string> {
  const { type, body } = writeForm(parts);
  const headers = { "Content-Type": type };
  const { status, json } = await asClient(on, who)({ method: "POST", path: "/api/v1/process", body, headers });
  expect([status, json.message]).toEqual([201, expect.stringMatching(/^request sent successfully/)]);
  return json.requestID;
}

const fields = (values: Record<string, string | number | boolean>): FormPart[] =>
  Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));
const picture = (value: Uint8Array): FormPart => ({
  name: "image",
  filename: "picture.png",
  value: Buffer.from(value),
});

async function download(link: string): Promise<Buffer> {
  const { pathname, search } = new URL(link);
  const { status, body } = await send(portOf(server), { path: pathname + search });
  expect(status).toBe(200);
  return body;
}

/** Downloads the mesh files of an iteration to where importers find them. */
async function save(results: Record<string, string>, formats: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const format of formats) {
    const path = join(folder, new URL(results[format]!).pathname.split("/").at(-1)!);
    writeFileSync(path, await download(results[format]!));
    paths.push(path);
  }
  return paths;
}

/** What a GLB says of itself. */
function readGlb(data: Buffer) {
  const json = JSON.parse(data.subarray(20, 20 + data.readUInt32LE(12)).toString());
  let triangles = 0;
  const [min, max] = [Array(3).fill(Infinity), Array(3).fill(-Infinity)];
  for (const { primitives } of json.meshes) {
    for (const { attributes, indices } of primitives) {
      triangles += json.accessors[indices].count / 3;
      const positions = json.accessors[attributes.POSITION];
      for (let axis = 0; axis < 3; axis++) {
        min[axis] = Math.min(min[axis], positions.min[axis]);
        max[axis] = Math.max(max[axis], positions.max[axis]);
      }
    }
  }
  return { triangles, min, max, size: max.map((high, axis) => high - min[axis]) };
}

/** Faces of an OBJ, with what their corners say rather than where it stands. */
function readFaces(obj: string): { corners: { position: string; normal: string }[] }[] {
  const [positions, normals]: [string[], string[]] = [[], []];
  const faces: { corners: { position: string; normal: string }[] }[] = [];
  for (const line of obj.split("\n")) {
    const [kind, ...words] = line.trim().split(/\s+/);
    if (kind === "v") positions.push(words.slice(0, 3).join(" "));
    else if (kind === "vn") normals.push(words.join(" "));
    else if (kind === "f") {
      const corners = words.map((word) => {
        const [v, , n] = word.split("/").map(Number);
        return { position: positions[v! - 1]!, normal: normals[n! - 1]! };
      });
      faces.push({ corners });
    }
  }
  return faces;
}

async function cube(values: Record<string, string | number>) {
  const requestID = await process(fields({ test: true, imageUrls: "https://example.com/a.png", ...values }));
  const [iteration] = (await client.finished(requestID, ENGINE_MS)).iterations;
  expect(iteration.status).toBe("completed");
  return { results: iteration.results, ...readGlb(await download(iteration.results.glb)) };
}

const close = (actual: number[], expected: number[]) => {
  for (const [axis, value] of expected.entries()) expect(actual[axis]).toBeCloseTo(value, 5);
};

/** Of the cases that make or look at real pictures, some alone are tried on the scaled set: its engine is the same. */
onBothModes("real pictures", (start, mode) => {
  const all = mode === "embedded";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "maquette-conformance-"));
    server = await start({ runEngine });
    client = await server.account();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe("contract 3, sizes and limits in the files themselves", { timeout: 2 * ENGINE_MS }, () => {
    it("test: true delivers a plain cube of the asked dimensions in all formats, each met exactly, 1 unit = 1 m", async () => {
      const { results, size, triangles } = await cube({ height: 150, width: 80.5, depth: 30, name: "box" });
      close(size, [0.805, 1.5, 0.3]);
      expect(triangles).toBe(12);
      expect(Object.keys(results)).toEqual(
        expect.arrayContaining(["obj", "fbx", "glb", "gltf", "mtl", "zip", "preview"]),
      );
      const paths = await save(results, ["mtl", "obj", "fbx", "gltf"]);
      for (const facts of await importWithAssimp(paths.slice(1), { sampledFaces: 0 })) {
        for (const [axis, metres] of [0.805, 1.5, 0.3].entries()) {
          expect(Math.abs(facts.size[axis]! - metres), facts.file).toBeLessThan(1e-4);
        }
      }
    });

    it("height is 200 when nothing is said; the others follow in proportion; the pivot is the centre", async () => {
      const { size, min, max } = await cube({});
      close(size, [2, 2, 2]);
      close([min[0] + max[0], min[1] + max[1], min[2] + max[2]], [0, 0, 0]);
    });

    it("one size given: the others follow; pivot base puts it at the centre of the base", async () => {
      const { size, min, max } = await cube({ width: 50, pivot: "base" });
      close(size, [0.5, 0.5, 0.5]);
      close([min[0] + max[0], min[1], min[2] + max[2]], [0, 0, 0]);
    });

    if (all)
      it("no delivered file has more triangles than polycount", async () => {
        const lantern = readFileSync(new URL("../../examples/lantern/picture.png", import.meta.url));
        const requestID = await process([picture(lantern), ...fields({ polycount: 500, height: 40, lods: 2 })]);
        const [iteration] = (await client.finished(requestID, 2 * ENGINE_MS)).iterations;
        expect([iteration.status, iteration.dismissedReason]).toEqual(["completed", null]);
        const glb = readGlb(await download(iteration.results.glb));
        expect(glb.triangles).toBeLessThanOrEqual(500);
        expect(glb.size[1]).toBeCloseTo(0.4, 5);
        const obj = (await download(iteration.results.obj)).toString();
        const corners = [...obj.matchAll(/^f (.+)$/gm)].map(([, face]) => face!.trim().split(/\s+/).length);
        const inObj = corners.reduce((sum, count) => sum + count - 2, 0);
        expect(inObj).toBeGreaterThan(100);
        expect(inObj).toBeLessThanOrEqual(500);
        const [fbx] = await importWithAssimp(await save(iteration.results, ["fbx"]), { sampledFaces: 0 });
        // Levels of detail lie in one group, of which one is drawn at a time.
        expect(Math.max(...fbx!.parts.map(({ triangles }) => triangles))).toBeLessThanOrEqual(500);
      });

    if (all)
      it("a project is a style that its assets take: topology, shading, palette, texturing, polycount", async () => {
        const lantern = readFileSync(new URL("../../examples/lantern/picture.png", import.meta.url));
        const make = async (style: object) => {
          const body = { name: JSON.stringify(style), style };
          const project = await asClient(server, client)({ method: "POST", path: "/api/maquette/v1/projects", body });
          const requestID = await process([picture(lantern), ...fields({ projectID: project.json.projectID })]);
          const asset = await client.finished(requestID, 2 * ENGINE_MS);
          const [{ results, status, texturingMethod }] = asset.iterations;
          expect(status).toBe("completed");
          const faces = readFaces((await download(results.obj)).toString());
          const { data } = await sharp(await download(results.texture))
            .removeAlpha()
            .raw()
            .toBuffer({ resolveWithObject: true });
          const colours = new Set<number>();
          for (let i = 0; i < data.length; i += 3) colours.add(data.readUIntBE(i, 3));
          return { asset, texturingMethod, faces, colours: colours.size, glb: readGlb(await download(results.glb)) };
        };
        const [toy, clay] = await Promise.all([
          make({ topology: "triangle", shading: "flat", palette: 4, polycount: 700 }),
          make({ topology: "quad", shading: "smooth", texturing: "none", polycount: 1500 }),
        ]);

        expect([toy.asset.polycount, clay.asset.polycount]).toEqual(["700", "1500"]);
        expect(toy.glb.triangles).toBeLessThanOrEqual(700);
        expect(clay.glb.triangles).toBeGreaterThan(700);
        expect(clay.glb.triangles).toBeLessThanOrEqual(1500);

        expect(toy.faces.every(({ corners }) => corners.length === 3)).toBe(true);
        expect(clay.faces.filter(({ corners }) => corners.length === 4).length / clay.faces.length).toBeGreaterThan(
          0.8,
        );

        // Flat: a face has one normal; smooth: a vertex has.
        expect(toy.faces.every(({ corners }) => new Set(corners.map(({ normal }) => normal)).size === 1)).toBe(true);
        const normals = new Map<string, Set<string>>();
        for (const { corners } of clay.faces)
          for (const { position, normal } of corners) {
            if (!normals.has(position)) normals.set(position, new Set());
            normals.get(position)!.add(normal);
          }
        expect([...normals.values()].filter(({ size }) => size > 1).length / normals.size).toBeLessThan(0.02);

        expect(toy.colours).toBeLessThanOrEqual(4);
        expect(toy.colours).toBeGreaterThan(1);
        expect([clay.colours, clay.texturingMethod, toy.texturingMethod]).toEqual([1, "none", null]);
      });

    it("EXIF orientation is applied", async () => {
      const upright = await sharp({ create: { width: 300, height: 200, channels: 3, background: "#fff" } })
        .composite([
          { input: Buffer.from('<svg width="300" height="200"><circle cx="150" cy="100" r="60" fill="#a33"/></svg>') },
        ])
        .jpeg()
        .withMetadata({ orientation: 6 })
        .toBuffer();
      const { type, body } = writeForm([picture(upright)]);
      const headers = { "Content-Type": type };
      const answer = await asClient(
        server,
        client,
      )({ method: "POST", path: "/api/maquette/v1/inspections", body, headers });
      expect(answer.json.images[0]).toMatchObject({ width: 200, height: 300, problem: null });
    });
  });

  describe("contract 5, why a request fails", { timeout: 2 * ENGINE_MS, concurrent: true }, () => {
    const drawn = (name: string) => CASES.find((sample) => sample.name === name)!.pictures();

    it.each<[string, string, RegExp]>([
      [
        "no object visible or distinguishable",
        "blank white",
        /^Image 1: no object can be told from the background: .+\. Use /,
      ],
      ["several objects", "two mugs apart", /^Image 1: it shows 2 .*separate objects\. Send one object a request\.$/],
      [
        "cut off by the border",
        "armchair without its legs",
        /^Image 1: the object is cut off by the border: .+\. Use /,
      ],
      ["too blurred", "robot out of focus", /^Image 1: it is too blurred .+\. Send a sharper one\.$/],
      ["too small", "icon of 14 pixels", /^Image 1: the object is too small in it: .+\. Crop /],
      ["text only", "a word", /^Image 1: it shows only text .+\. Send a picture of an object\.$/],
      [
        "not the same object in all images",
        "robot in front, van behind",
        /^Image 2: it does not show the same object as the others: .+/,
      ],
    ])("%s", async (_family, name, cause) => {
      const views = name.includes("behind") ? fields({ views: '["front","back"]' }) : [];
      const requestID = await process([...(await drawn(name)).map(picture), ...views]);
      const [iteration] = (await client.finished(requestID, ENGINE_MS)).iterations;
      expect(iteration).toMatchObject({
        status: "dismissed",
        results: null,
        dismissedReason: expect.stringMatching(cause),
      });
    });

    it("it says which of several images it was", async () => {
      const [good] = await drawn("robot, cut out");
      const [blank] = await drawn("blank white");
      const requestID = await process([picture(good!), picture(good!), picture(blank!)]);
      const [iteration] = (await client.finished(requestID, ENGINE_MS)).iterations;
      expect(iteration.dismissedReason).toMatch(/^Image 3: no object/);
    });

    it("an image that could not be fetched, with the URL and the status; or read, with the URL and the format", async () => {
      const host = createServer((request, response) => {
        if (request.url === "/page.png") response.setHeader("content-type", "image/png").end("<!doctype html><p>Sorry");
        else response.writeHead(request.url === "/busy.png" ? 503 : 404).end();
      });
      await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
      const base = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
      const causes: string[] = [];
      for (const path of ["/gone.png", "/busy.png", "/page.png"]) {
        const requestID = await process(fields({ imageUrls: base + path }));
        causes.push((await client.finished(requestID, ENGINE_MS)).iterations[0].dismissedReason);
      }
      expect(causes).toEqual([
        `Image 1 could not be fetched from ${base}/gone.png: the server answered 404.`,
        `Image 1 could not be fetched from ${base}/busy.png: the server answered 503.`,
        expect.stringContaining(
          `it looks like a web page (HTML), fetched from ${base}/page.png. Send PNG, JPEG, WebP, AVIF`,
        ),
      ]);
      host.closeAllConnections();
      host.close();
    });

    it("inappropriate content and too complex, as an engine finds them; an internal error with the requestID, after three tries", async () => {
      let runs = 0;
      const faults: Record<string, [ErrorCode, string, number | null]> = {
        rude: ["inappropriate", "it shows what the operator excludes", 0],
        knot: ["too_complex", "its surface cannot be laid out in one texture", null],
      };
      const other = await start({
        runEngine: standInEngine({
          onJob: ({ options }) => {
            const fault = faults[options.name];
            if (fault) throw new EngineError(...fault);
            runs++;
            throw new EngineError("internal", "engine process ended with signal SIGSEGV in stage carve");
          },
        }),
      });
      const who = await other.account();
      const cause = async (name: string) => {
        const requestID = await process(
          fields({ test: true, imageUrls: "https://example.com/a.png", name }),
          other,
          who,
        );
        return [requestID, (await who.finished(requestID, ENGINE_MS)).iterations[0].dismissedReason];
      };
      expect((await cause("rude"))[1]).toBe(
        "Image 1: its content is not accepted: it shows what the operator excludes.",
      );
      expect((await cause("knot"))[1]).toMatch(/^The object is too complex: .+\. Simplify it or raise the quality\.$/);
      const [requestID, internal] = await cause("crash");
      expect([runs, internal]).toEqual([3, expect.stringMatching(`^Internal error: .+ requestID ${requestID}\\.$`)]);
    });
  });

  describe("contract 6, files that mean harm", { timeout: 2 * ENGINE_MS, concurrent: true }, () => {
    const chunk = (type: string, data: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(data.length);
      const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, sum]);
    };
    const header = (width: number, height: number) => {
      const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0]);
      data.writeUInt32BE(width, 0);
      data.writeUInt32BE(height, 4);
      return chunk("IHDR", data);
    };
    const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
    const robot = readFileSync(new URL("../../examples/robot/picture.png", import.meta.url));

    it.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
      [
        "a PNG of 50,000 × 50,000 in a few bytes",
        () =>
          Buffer.concat([
            SIGNATURE,
            header(50_000, 50_000),
            chunk("IDAT", deflateSync(Buffer.alloc(1e6))),
            chunk("IEND", Buffer.alloc(0)),
          ]),
        /it is too large: /,
      ],
      [
        // Its text is left packed: what is said of it is what the picture shows.
        "a PNG whose text unpacks to 4 GB",
        async () => {
          const blank = await sharp({ create: { width: 300, height: 300, channels: 3, background: "#fff" } })
            .png()
            .toBuffer();
          const hundredMegabytes = deflateRawSync(Buffer.alloc(1e8), { finishFlush: constants.Z_FULL_FLUSH });
          const packed = [Buffer.from([0x78, 0x9c]), ...Array(40).fill(hundredMegabytes), deflateRawSync("")];
          const text = Buffer.concat([Buffer.from("Comment\0\0", "latin1"), ...packed, Buffer.alloc(4)]);
          return Buffer.concat([blank.subarray(0, 33), chunk("zTXt", text), blank.subarray(33)]);
        },
        /no object can be told from the background/,
      ],
      ["a PNG cut short", () => robot.subarray(0, robot.length / 2), /damaged or cut short/],
      [
        "a JPEG cut short",
        async () => {
          const whole = await sharp(robot).flatten().jpeg().toBuffer();
          return whole.subarray(0, whole.length / 2);
        },
        /damaged or cut short/,
      ],
      [
        "a JPEG that claims 65,500 × 65,500",
        async () => {
          const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#a33" } })
            .jpeg()
            .toBuffer();
          const frame = whole.indexOf(Buffer.from([0xff, 0xc0]));
          whole.writeUInt16BE(65_500, frame + 5);
          whole.writeUInt16BE(65_500, frame + 7);
          return whole;
        },
        /it is too large: |damaged or cut short/,
      ],
      [
        "a GIF with a script for a comment",
        () => Buffer.from("GIF89a/*\x01\x00\x00\x00*/=1;alert(1)", "latin1"),
        /damaged or cut short|too small/,
      ],
    ])("%s is dismissed with its cause", async (_what, make, cause) => {
      const requestID = await process([picture(await make())]);
      const [iteration] = (await client.finished(requestID, ENGINE_MS)).iterations;
      expect(iteration).toMatchObject({ status: "dismissed", dismissedReason: expect.stringMatching(cause) });
    });

    it("a picture that is also a page and an archive is given out as a picture only", async () => {
      const polyglot = Buffer.concat([
        robot,
        Buffer.from("<html><script>alert(1)</script></html>PK\x05\x06".padEnd(80, "\0"), "latin1"),
      ]);
      const requestID = await process([picture(polyglot), ...fields({ test: true })]);
      const asset = await client.finished(requestID, ENGINE_MS);
      const { pathname, search } = new URL(asset.image[0]);
      const { headers } = await send(portOf(server), { path: pathname + search });
      expect([headers.get("content-type"), headers.get("x-content-type-options")]).toEqual(["image/png", "nosniff"]);
      expect(headers.get("content-disposition")).toMatch(/^attachment/);
      expect(headers.get("content-security-policy")).toContain("sandbox");
    });
  });

  it("contract 6: after all of them the server answers, and its storage holds little more than what was sent", async () => {
    expect((await send(portOf(server), { path: "/healthz" })).status).toBe(200);
    let stored = 0;
    for await (const { bytes } of server.server.context.storage.list("requests/")) stored += bytes;
    expect(stored).toBeLessThan(50e6);
  });
});
