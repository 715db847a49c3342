import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_ERROR_CODES } from "../src/api/errors.ts";
import { type Contract, loadContract } from "./support/open-api.ts";
import { startReceiver } from "./support/receiver.ts";
import { refuse, standInEngine } from "./support/stand-in-engine.ts";
import { type Client, startTestServer, type TestServer } from "./support/start.ts";

describe("the OpenAPI document", () => {
  let server: TestServer;
  let client: Client;
  let contract: Contract;
  let refused = false;

  beforeAll(async () => {
    server = await startTestServer({ runEngine: standInEngine({ onJob: () => (refused ? refuse() : undefined) }) });
    client = await server.account();
    contract = await loadContract(server.url);
  });
  afterAll(() => server.close());

  it("is valid OpenAPI 3.1, open to pages of any origin", async () => {
    const answer = await fetch(`${server.url}/api/openapi.json`);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const validator = new Validator();
    const result = await validator.validate(await answer.json());
    expect(result.errors ?? "none").toBe("none");
    expect([result.valid, validator.version]).toEqual([true, "3.1"]);
  });

  it("names every operation once, with a summary, a tag, and how it is authenticated", () => {
    const operations = Object.values(contract.document.paths).flatMap((path) => Object.values(path as object));
    const names = operations.map((operation) => operation.operationId);
    expect(names.every((name) => /^[a-z][A-Za-z]+$/.test(name))).toBe(true);
    expect(new Set(names).size).toBe(names.length);
    const tags = contract.document.tags.map((tag: { name: string }) => tag.name);
    for (const { summary, tags: own, security, responses } of operations) {
      expect(summary).toMatch(/^[A-Z]/);
      expect(tags).toContain(own[0]);
      expect(security).toBeInstanceOf(Array);
      for (const { description } of Object.values(responses) as { description: string }[])
        expect(description).not.toBe("Default Response");
    }
  });

  it("resolves every reference and lists every error code", () => {
    const text = JSON.stringify(contract.document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(contract.document.components.schemas).toHaveProperty([name!]);
    expect(contract.document.components.schemas.Error.properties.code.enum).toEqual(Object.keys(API_ERROR_CODES));
  });

  it("describes the messages that webhooks bring", async () => {
    const receiver = await startReceiver();
    const { body } = await client.post("/api/v1/registerHook", { devID: client.devID, destination: receiver.url });
    client.headers.authorization = body.jwt;
    await client.process();
    const completed = await receiver.next(1);
    refused = true;
    await client.process();
    const dismissed = await receiver.next(2);
    for (const message of [completed, dismissed]) contract.checkMessage(message.body);
    expect([completed.body.status, dismissed.body.status]).toEqual(["success", "error"]);
    const headers = contract.document.webhooks.assetEnded.post.parameters.map((entry: { name: string }) => entry.name);
    for (const name of headers) expect(completed.headers[name]).toBeTypeOf("string");
    await receiver.close();
  });

  it("is checked in a way that can fail", () => {
    const answer = { method: "GET", path: "/healthz", status: 200, contentType: "application/json" };
    expect(() => contract.check({ ...answer, body: { status: "ok" } })).not.toThrow();
    expect(() => contract.check({ ...answer, body: { status: "ok", more: 1 } })).toThrow("additional properties");
    expect(() => contract.check({ ...answer, body: {} })).toThrow("required property");
    expect(() => contract.check({ ...answer, status: 418, body: {} })).toThrow("not in the document");
    expect(() => contract.check({ ...answer, method: "PUT", body: {} })).toThrow("not in the document");
    expect(() => contract.checkMessage({ status: "success" })).toThrow("required property");
  });

  it("has a page that shows it, with nothing from elsewhere", async () => {
    const page = await fetch(`${server.url}/api/docs/`);
    expect([page.status, page.headers.get("content-security-policy")]).toEqual([
      200,
      expect.stringMatching(/^default-src 'none'; script-src 'self'/),
    ]);
    const html = await page.text();
    expect(html).toContain("<title>Maquette API</title>");
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, url]) => url!);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const url = new URL(file, `${server.url}/api/docs/`);
      expect(url.origin).toBe(server.url);
      expect([file, (await fetch(url)).status]).toEqual([file, 200]);
    }
  });
});
