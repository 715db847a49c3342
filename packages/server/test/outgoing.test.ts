import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AddressPolicy, checkAddress, checkUrl, parseAllowRules } from "../src/webhooks/address-policy.ts";
import { OutgoingError, type OutgoingOptions, type Resolve, sendRequest } from "../src/webhooks/send-request.ts";

const CLOSED: AddressPolicy = { allow: [], loopback: false };
const LOCAL: AddressPolicy = { allow: [], loopback: true };

/** Counts what reaches it: nothing may that the policy forbids. */
let connections = 0;
let port = 0;
let handler: RequestListener = (_request, response) => response.end("ok");
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => handler(request, response));
  server.on("connection", () => connections++);
  // On all addresses, so that 0.0.0.0, ::1 and 127.x would arrive too.
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (url: string, options: Partial<OutgoingOptions> = {}) =>
  sendRequest(url, {
    method: "GET",
    policy: CLOSED,
    timeoutMs: 2000,
    maxBytes: 1000,
    overflow: "fail",
    redirects: 3,
    ...options,
  });

/** A name server that answers as told. */
const dns =
  (...answers: string[][]): Resolve =>
  async () =>
    (answers.length > 1 ? answers.shift()! : answers[0]!).map((address) => ({
      address,
      family: address.includes(":") ? 6 : 4,
    }));

describe("addresses that nothing reaches by default", () => {
  const hosts = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127.255.255.254",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "１２７.0.0.1",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "foo.localhost",
    "169.254.169.254",
    "metadata.google.internal",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "printer.local",
    "router.lan",
  ];
  it.each(hosts)("http://%s", async (host) => {
    const before = connections;
    await expect(get(`http://${host}:${port}/`)).rejects.toMatchObject({ name: "OutgoingError", transient: false });
    expect(connections).toBe(before);
  });

  it("are at least forty", () => {
    expect(hosts.length).toBeGreaterThanOrEqual(40);
  });

  it.each([
    ["http://good@127.0.0.1/", "user name"],
    ["http://example.com\\@127.0.0.1/", "not a public address|user name|private|does not exist|could not be looked up"],
    ["http://user:secret@example.com/", "user name"],
    ["http://a]@127.0.0.1/", "user name"],
    ["http://%00/", "not a URL"],
    ["http://[fe80::1%25eth0]/", "not a URL"],
    ["http:///etc/passwd", "."],
    ["ftp://example.com/a.png", "not ftp"],
    ["file:///etc/passwd", "not file"],
    ["gopher://example.com/", "not gopher"],
    ["dict://example.com/", "not dict"],
    ["javascript:alert(1)", "not javascript"],
    ["//example.com/a.png", "not a URL"],
    ["example.com", "not a URL"],
    ["http://example.com:0/", "port 0"],
    ["http://example.com:22/", "port 22"],
    ["http://example.com:6379/", "port 6379"],
    ["http://example.com:5432/", "port 5432"],
  ])("%s", async (url, why) => {
    await expect(get(url, { timeoutMs: 500, resolve: dns(["127.0.0.1"]) })).rejects.toThrow(new RegExp(why));
  });
});

describe("names", () => {
  it("that resolve to a private address are refused", async () => {
    const before = connections;
    await expect(get(`http://public.example:${port}/`, { resolve: dns(["127.0.0.1"]) })).rejects.toThrow(
      "127.0.0.1 is not a public address",
    );
    await expect(get(`http://127-0-0-1.nip.example:${port}/`, { resolve: dns(["10.1.2.3", "::1"]) })).rejects.toThrow(
      "not a public address",
    );
    expect(connections).toBe(before);
  });

  it("that change between two look-ups reach only what was checked, since there is one look-up a connection", async () => {
    const before = connections;
    let lookups = 0;
    const rebinding: Resolve = async () => [{ address: ++lookups === 1 ? "127.0.0.1" : "1.1.1.1", family: 4 }];
    await expect(get(`http://rebind.example:${port}/`, { resolve: rebinding })).rejects.toThrow("not a public address");
    expect(lookups).toBe(1);
    expect(connections).toBe(before);
  });

  it("with a public and a private address never lead to the private one", async () => {
    const before = connections;
    // 203.0.113.0/24 is for documentation and so not public either; both are left out.
    await expect(get(`http://mixed.example:${port}/`, { resolve: dns(["203.0.113.7", "127.0.0.1"]) })).rejects.toThrow(
      "not a public address",
    );
    expect(connections).toBe(before);
  });

  it("that do not exist are said to", async () => {
    const missing: Resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    };
    await expect(get("http://nowhere.example/", { resolve: missing })).rejects.toThrow("its host name does not exist");
  });
});

describe("redirects", () => {
  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_",
    "data:text/plain,x",
    "//192.168.0.1/",
    "http://[::1",
  ])("to %s are not followed", async (location) => {
    handler = (_request, response) => response.writeHead(302, { location }).end();
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL })).rejects.toThrow("redirected to");
  });

  it("are followed three times and no more", async () => {
    handler = (request, response) => {
      const left = Number(request.url!.slice(1));
      if (left === 0) response.end("there");
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    };
    expect((await get(`http://127.0.0.1:${port}/3`, { policy: LOCAL })).body.toString()).toBe("there");
    await expect(get(`http://127.0.0.1:${port}/4`, { policy: LOCAL })).rejects.toThrow("more than 3 redirects");
  });

  it("are an answer like any other where none may be followed", async () => {
    handler = (_request, response) => response.writeHead(301, { location: "/elsewhere" }).end();
    expect((await get(`http://127.0.0.1:${port}/`, { policy: LOCAL, redirects: 0 })).status).toBe(301);
  });
});

describe("exceptions of the operator", () => {
  it.each([
    ["127.0.0.0/8", "127.0.0.1", undefined],
    ["127.0.0.1", "127.1", undefined],
    ["::1", "[::1]", undefined],
    ["localhost", "localhost", undefined],
    ["cdn.example", "cdn.example", dns(["127.0.0.1"])],
  ])("%s lets http://%s in", async (rule, host, resolve) => {
    handler = (_request, response) => response.end("in");
    const policy = { allow: parseAllowRules(rule), loopback: false };
    const before = connections;
    expect((await get(`http://${host}:${port}/`, { policy, ...(resolve ? { resolve } : {}) })).body.toString()).toBe(
      "in",
    );
    expect(connections).toBe(before + 1);
  });

  it("hold for their port only", async () => {
    const policy = { allow: parseAllowRules(`127.0.0.1:${port + 1}`), loopback: false };
    await expect(get(`http://127.0.0.1:${port}/`, { policy })).rejects.toThrow("not a public address");
    expect(() => checkAddress("127.0.0.1", port + 1, policy)).not.toThrow();
  });

  it("hold for loopback when the server itself is there, and for nothing else", async () => {
    expect((await get(`http://localhost:${port}/`, { policy: LOCAL })).status).toBe(200);
    expect(() => checkUrl("http://192.168.1.1/", LOCAL)).toThrow("not a public address");
    expect(() => checkUrl("http://metadata.google.internal/", LOCAL)).toThrow("private name");
  });

  it.each(["1.1.1.1", "2606:4700::1111", "93.184.215.14"])("are not needed for %s", (address) => {
    expect(() => checkAddress(address, 443, CLOSED)).not.toThrow();
  });
});

describe("servers that misbehave", () => {
  it("an endless body ends at the limit", async () => {
    handler = (_request, response) => {
      const timer = setInterval(() => response.write("x".repeat(500)), 5);
      response.on("close", () => clearInterval(timer));
    };
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL })).rejects.toThrow("larger than");
    const kept = await get(`http://127.0.0.1:${port}/`, { policy: LOCAL, overflow: "truncate" });
    expect(kept.body.length).toBe(1000);
  });

  it("one byte a second, or no byte at all, ends with the time", async () => {
    handler = (_request, response) => void response.write("x");
    const started = Date.now();
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL, timeoutMs: 300 })).rejects.toMatchObject({
      transient: true,
    });
    handler = () => {};
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL, timeoutMs: 300 })).rejects.toThrow(
      "no complete answer",
    );
    expect(Date.now() - started).toBeLessThan(2000);
  });

  it("an answer cut short, a reset and something other than HTTP are told apart", async () => {
    handler = (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    };
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL })).rejects.toThrow("cut in the middle");
    handler = (request) => request.socket.resetAndDestroy();
    await expect(get(`http://127.0.0.1:${port}/`, { policy: LOCAL })).rejects.toThrow("reset");
    const raw = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    const rawPort = (raw.address() as AddressInfo).port;
    await expect(get(`http://127.0.0.1:${rawPort}/`, { policy: LOCAL })).rejects.toThrow("not HTTP");
    raw.close();
    await expect(get(`http://127.0.0.1:${rawPort}/`, { policy: LOCAL })).rejects.toThrow(OutgoingError);
  });
});
