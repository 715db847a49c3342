/** What strangers put into headers, names, files and addresses to get at logs, receivers, browsers and limits. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog } from "@maquette/server";
import sharp from "sharp";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../packages/server/src/auth/password.ts";
import type { Receiver } from "../../packages/server/test/support/receiver.ts";
import {
  asClient,
  type Client,
  onBothModes,
  portOf,
  standInEngine,
  startReceiver,
  type TestServer,
  until,
} from "../support/api.ts";
import { type FormPart, send, writeForm } from "../support/raw-http.ts";

const OWN = "/api/maquette/v1";
const receivers: Receiver[] = [];

afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receive(): Promise<Receiver> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  return receiver;
}

async function register(server: TestServer, client: Client, destination: string): Promise<void> {
  const { status, json } = await asClient(
    server,
    client,
  )({ method: "POST", path: "/api/v1/registerHook", body: { devID: client.devID, destination } });
  expect([destination, status]).toEqual([destination, 201]);
  client.headers.authorization = json.jwt;
}

onBothModes("abuse", (start, mode) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });

  describe("the log", () => {
    /** A record that nobody wrote, and what terminals and readers of lines act on. */
    const FORGED = '\n{"level":30,"app":"maquette","msg":"forged"}\r\n\u2028\u0085\u001b[2J\u009b2J\u007f';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    const ACTIVE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

    it("has one line a record and no character that acts, whatever was sent", async () => {
      const lines: string[] = [];
      const log = createLog("trace", { write: (line: string) => void lines.push(line) });
      const engine = standInEngine({
        onJob: (job) => {
          if (job.kind !== "cube") throw new Error(`cannot make ${FORGED} of ${job.options.name}`);
        },
      });
      const server = await start({ log, runEngine: engine });
      const client = await server.account();
      const call = asClient(server, client);
      const encoded = encodeURIComponent(FORGED);
      await register(server, client, `http://127.0.0.1:1/${FORGED}`);
      await register(server, client, `ftp://${FORGED}`);
      const test = { devID: client.devID, test: true, imageUrls: [`https://example.com/${FORGED}.png`] };
      const fields = { name: FORGED, tags: [FORGED], editDescription: FORGED, ...test };
      const made = await call({ method: "POST", path: "/api/v1/process", body: fields });
      expect(made.status).toBe(201);
      const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#a33" } })
        .png()
        .toBuffer();
      const { type, body } = writeForm([
        { name: "image", filename: `a${encoded}.png`, value: image },
        { name: "name", value: FORGED },
      ]);
      const failing = await call({ method: "POST", path: "/api/v1/process", body, headers: { "Content-Type": type } });
      expect(failing.status).toBe(201);
      // What headers can carry: bytes above 7f, C1 controls among them.
      const latin = "\u009b2J\u0085";
      for (const [path, headers] of [
        [`/${encoded}`, {}],
        [`/api/v1/fetchRequest?devID=${encoded}&requestID=${encoded}`, {}],
        [`/files/image/${encoded}/${encoded}?expires=${encoded}&signature=${encoded}`, {}],
        [`/sign-in?token=${encoded}`, { "User-Agent": latin, "X-Forwarded-For": latin, Accept: latin }],
        ["/api/v1/fetchProjects", { "X-API-Key": latin, Authorization: latin, "Idempotency-Key": latin }],
      ] as const) {
        expect((await call({ path, headers })).status).toBeLessThan(500);
      }
      await until(() => lines.some((line) => line.includes("attempt failed")));
      await until(() => lines.some((line) => line.includes("webhook attempt")));

      expect(lines.filter((line) => line.includes("forged")).length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(line.endsWith("\n")).toBe(true);
        const record = line.slice(0, -1);
        expect(ACTIVE.exec(record)?.index ?? -1).toBe(-1);
        expect(JSON.parse(record)).toMatchObject({ app: "maquette" });
      }
    });
  });

  describe("headers", () => {
    const BREAK = "\r\nX-Injected: 1\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n";
    const ENCODED = encodeURIComponent(BREAK);

    it("of webhooks and of requests for pictures hold no line that an address brought along", async () => {
      const receiver = await receive();
      const client = await server.account();
      const { host } = new URL(receiver.url);
      for (const destination of [
        `${receiver.url}/raw${BREAK}`,
        `${receiver.url}/encoded${ENCODED}`,
        `${receiver.url}/query?a=${BREAK}`,
        // Refused: it holds a user name.
        `http://user${ENCODED}:secret${ENCODED}@${host}/login`,
        `${receiver.url}/ HTTP/1.1${BREAK}`,
      ]) {
        await register(server, client, destination);
      }
      await client.process({ name: BREAK });
      await receiver.next(4);
      // Nothing else follows on the same connections.
      await new Promise((later) => setTimeout(later, 200));
      expect(receiver.received).toHaveLength(4);
      for (const { path, headers } of receiver.received) {
        expect(path).not.toMatch(/^\/second/);
        expect(headers["x-injected"]).toBe(undefined);
      }

      const asked: { url: string; injected: unknown }[] = [];
      const pictures = createServer((request, response) => {
        asked.push({ url: request.url!, injected: request.headers["x-injected"] });
        response.writeHead(404).end();
      });
      await new Promise<void>((listening) => pictures.listen(0, "127.0.0.1", listening));
      const base = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}`;
      const imageUrls = [`${base}/raw${BREAK}.png`, `${base}/encoded${ENCODED}.png`];
      const requestID = await client.process({ test: false, imageUrls });
      await client.finished(requestID);
      await new Promise((closed) => pictures.close(closed));
      expect(asked.length).toBeGreaterThan(0);
      for (const { url, injected } of asked) {
        expect([injected, /^\/(raw|encoded)/.test(url)]).toEqual([undefined, true]);
      }
    });

    it("of answers hold none that a name or a path brought along", async () => {
      const client = await server.account();
      const requestID = await client.process({ name: `chair${BREAK}"; filename="evil.html` });
      const asset = await client.finished(requestID);
      const links = Object.values(asset.iterations[0].results as Record<string, string>);
      expect(links.length).toBeGreaterThan(4);
      for (const link of links) {
        const { pathname, search } = new URL(link);
        const { status, headers, bytes } = await send(portOf(server), { path: pathname + search });
        expect(status).toBe(200);
        expect(headers.get("content-disposition")).toMatch(/^attachment; filename="[\w.-]+"$/);
        expect(bytes.subarray(0, bytes.indexOf("\r\n\r\n")).toString()).not.toMatch(/x-injected|evil\.html/i);
      }
      for (const path of [
        `/sign-in?token=a${ENCODED}`,
        `/assets/${ENCODED}`,
        `/files/image/${ENCODED}/a`,
        `/${ENCODED}`,
      ]) {
        const { headers, bytes } = await send(portOf(server), { path, headers: { Accept: "text/html" } });
        expect([path, headers.get("x-injected")]).toEqual([path, undefined]);
        expect(bytes.toString("latin1").match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
      }
    });
  });

  describe("a picture that is something else as well", () => {
    const PAGE = "<html><script>alert(1)</script></html>";

    it("is given out as a picture to be saved, never as what else it is", async () => {
      const client = await server.account();
      const plain = sharp({ create: { width: 48, height: 48, channels: 3, background: "#a33" } });
      const [png, jpeg, gif, webp] = await Promise.all([
        plain.clone().png().toBuffer(),
        plain
          .clone()
          .withExif({ IFD0: { ImageDescription: PAGE } })
          .jpeg()
          .toBuffer(),
        plain.clone().gif().toBuffer(),
        plain.clone().webp().toBuffer(),
      ]);
      const polyglots: [string, Buffer, string][] = [
        ["a PNG with a page behind it", Buffer.concat([png, Buffer.from(PAGE)]), "image/png"],
        [
          "a PNG with an archive behind it",
          Buffer.concat([png, Buffer.from("PK\x05\x06".padEnd(22, "\0"))]),
          "image/png",
        ],
        ["a JPEG with a page in its EXIF", jpeg, "image/jpeg"],
        ["a GIF with a script behind it", Buffer.concat([gif, Buffer.from("*/=1;alert(1)")]), "image/gif"],
        ["a WebP with a PDF behind it", Buffer.concat([webp, Buffer.from("%PDF-1.7\n1 0 obj")]), "image/webp"],
      ];
      for (const [what, value, mime] of polyglots) {
        // The name and the type that it claims are those of the page.
        const part: FormPart = { name: "image", filename: "page.html", type: "text/html", value };
        const { type, body } = writeForm([part]);
        const headers = { "Content-Type": type };
        const { json } = await asClient(server, client)({ method: "POST", path: "/api/v1/process", body, headers });
        const asset = await client.finished(json.requestID);
        const { pathname, search } = new URL(asset.image[0]);
        expect([what, pathname]).toEqual([what, expect.not.stringMatching(/\.html?$/)]);
        const answer = await send(portOf(server), { path: pathname + search, headers: { Accept: "text/html" } });
        expect([what, answer.status, answer.headers.get("content-type")]).toEqual([what, 200, mime]);
        expect(answer.headers.get("content-disposition")).toMatch(
          /^attachment; filename="page\.(png|jpe?g|gif|webp)"$/,
        );
        expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
        expect(answer.headers.get("content-security-policy")).toContain("sandbox");
        // Small ones are drawn anew, so nothing of the other kind is left in them.
        const small = await send(portOf(server), {
          path: `${OWN}/requests/${json.requestID}/images/0/thumbnail`,
          headers: { "X-API-Key": client.apiKey, Authorization: client.headers.authorization! },
        });
        if (small.status === 200) expect(small.bytes.includes("alert(1)")).toBe(false);
      }
    });

    it("is refused when what a reader sees first is not the picture", async () => {
      const client = await server.account();
      const png = await sharp({ create: { width: 48, height: 48, channels: 3, background: "#a33" } })
        .png()
        .toBuffer();
      for (const head of [
        "%PDF-1.7\n",
        PAGE,
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "PK\x03\x04",
        "#!/bin/sh\n",
      ]) {
        const value = Buffer.concat([Buffer.from(head), png]);
        const { type, body } = writeForm([{ name: "image", filename: "a.png", type: "image/png", value }]);
        const headers = { "Content-Type": type };
        const { status, json } = await asClient(
          server,
          client,
        )({ method: "POST", path: "/api/v1/process", body, headers });
        expect([head, status, json.code]).toEqual([head, 400, "image_refused"]);
      }
    });
  });

  describe("limits", () => {
    const guess = (email: string, address: string) =>
      send(portOf(behindProxy), {
        method: "POST",
        path: `${OWN}/sessions`,
        headers: {
          "Content-Type": "application/json",
          "Sec-Fetch-Site": "same-origin",
          "X-Forwarded-For": address,
        },
        body: JSON.stringify({ email, password: "wrong password" }),
      });
    let behindProxy: TestServer;
    beforeAll(async () => {
      behindProxy = await start({ env: { MAQUETTE_TRUSTED_PROXIES: "127.0.0.1" } });
    });

    it("count the addresses of one IPv6 network, both notations of an IPv4 address, and all spellings of an e-mail as one", async () => {
      const { email } = await behindProxy.account("guessed@example.com");
      const statuses: number[] = [];
      for (let i = 0; i < 10; i++) {
        const spelled = i % 2 ? email.toUpperCase() : email;
        // What a client puts before its address itself is nobody's word but its own.
        const address = `198.51.100.${i}, 2001:db8:1:2:${i}::${i}`;
        statuses.push((await guess(spelled, address)).status);
      }
      expect(statuses).toEqual(Array(10).fill(401));
      expect((await guess(email, "2001:db8:1:2:ffff::1")).status).toBe(429);
      expect((await guess(email, "2001:db8:1:3::1")).status).toBe(401);

      for (let i = 0; i < 10; i++) {
        statuses[i] = (await guess(email, i % 2 ? "203.0.113.9" : "::ffff:203.0.113.9")).status;
      }
      expect(statuses).toEqual(Array(10).fill(401));
      expect((await guess(email, "203.0.113.9")).status).toBe(429);
      expect((await guess(email, "203.0.113.10")).status).toBe(401);
    });

    it("take an e-mail address of any length for a wrong one", async () => {
      const long = Array.from({ length: 4000 }, (_, i) => String.fromCharCode(97 + ((i * 7919) % 26))).join("");
      expect((await guess(`${long}@example.com`, "203.0.113.77")).status).toBe(401);
    });

    it("of an account's requests hold over all routes, spellings and tokens", async () => {
      const server = await start({ env: { MAQUETTE_RATE_LIMIT: "40", MAQUETTE_JWT: "all" } });
      const client = await server.account();
      const tokens = [client.headers.authorization!, await client.login()];
      const spellings: [string, string][] = [
        ["GET", `/api/v1/fetchProjects?devID=${client.devID}`],
        ["GET", `/api/v1/fetchProjects/?devID=${client.devID.toUpperCase()}`],
        ["GET", `//api//v1//fetchProjects?devID=${client.devID}`],
        ["HEAD", `/api/v1/fetchProjects?devID=${client.devID}`],
        ["GET", `${OWN}/me`],
        ["GET", `/api/v1/fetchAll/${client.devID}`],
      ];
      const statuses: number[] = [];
      for (let i = 0; i < 12; i++) {
        const [method, path] = spellings[i % spellings.length]!;
        const headers = {
          "X-API-Key": client.apiKey,
          Authorization: `${i % 3 ? "Bearer " : ""}${tokens[i % 2]}`,
          "X-Forwarded-For": `203.0.113.${i}`,
        };
        statuses.push((await send(portOf(server), { method, path, headers })).status);
      }
      // A quarter of a minute's worth at once.
      expect(statuses).toEqual([...Array(10).fill(200), 429, 429]);
      const other = await server.account();
      expect((await other.get(`/api/v1/fetchProjects?devID=${other.devID}`)).status).toBe(200);
    });
  });

  // Of the hash, which both modes compute alike.
  if (mode === "embedded")
    describe("the time that a refused sign-in takes", () => {
      const TRIES = 16;

      it("does not tell whether somebody has an account", { timeout: 180_000 }, async () => {
        const { email, devID } = await server.account("somebody@example.com");
        const password_hash = await hashPassword("correct horse battery");
        await server.server.context.db.updateTable("account").set({ password_hash }).where("id", "=", devID).execute();
        const times: Record<string, number[]> = { [email]: [], "nobody@example.com": [] };
        for (let i = 0; i < 2 * TRIES; i++) {
          // In turn, so that whatever else the machine does meets both.
          const [address, taken] = Object.entries(times)[i % 2]!;
          if (i % 8 === 0) server.ahead.ms += 61_000;
          const began = performance.now();
          const { status } = await send(portOf(server), {
            method: "POST",
            path: `${OWN}/sessions`,
            headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" },
            body: JSON.stringify({ email: address, password: "wrong password" }),
          });
          taken.push(performance.now() - began);
          expect(status).toBe(401);
        }
        // How often one of the first takes longer than one of the second (Mann, Whitney 1947): 0.5 when nothing can be told,
        // with a standard deviation of 0.1; 1 when only one of them computes a hash.
        const [some, none] = Object.values(times) as [number[], number[]];
        const longer = some.flatMap((a) => none.map((b) => Number(a > b))).reduce((sum, n) => sum + n, 0);
        expect(Math.abs(longer / TRIES ** 2 - 0.5)).toBeLessThan(0.4);
      });
    });
});
