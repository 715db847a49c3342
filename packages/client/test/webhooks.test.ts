import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Receiver, startReceiver } from "../../server/test/support/receiver.ts";
import { startTestServer, type TestServer } from "../../server/test/support/start.ts";
import { MaquetteClient, signWebhook, verifyWebhook, WebhookVerificationError } from "../src/index.ts";

describe("webhook messages of a server", () => {
  let server: TestServer;
  let receiver: Receiver;
  beforeAll(async () => {
    server = await startTestServer();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.close();
    await server.close();
  });

  it("are verified over the bytes as they came, by either signature", async () => {
    const { devID, apiKey, secret } = await server.account();
    const client = new MaquetteClient({ baseUrl: server.url, devID, apiKey });
    await client.registerWebhook(receiver.url);
    const { requestID } = await client.createAsset({ test: true, images: ["https://example.com/a.png"] });
    const { text, headers } = await receiver.next(1);
    const message = await verifyWebhook({ body: text, headers, secret });
    expect([message.status, message.requestID]).toEqual(["success", requestID]);
    const { "kaedim-signature": kaedim } = headers;
    const bytes = new TextEncoder().encode(text);
    expect((await verifyWebhook({ body: bytes, headers: { "Kaedim-Signature": kaedim }, secret })).requestID).toBe(
      requestID,
    );
    await expect(verifyWebhook({ body: `${text} `, headers, secret })).rejects.toThrow(WebhookVerificationError);
  });
});

describe("verifyWebhook", () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  const other = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
  const body = '{"status":"success","requestID":"1"}';

  it("takes the published example of Standard Webhooks", async () => {
    const message = await verifyWebhook({
      body: '{"test": 2432232314}',
      headers: new Headers({
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      }),
      secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      now: 1614265330_000,
    });
    expect(message).toEqual({ test: 2432232314 });
  });

  it("takes what signWebhook makes, in any case of the names, and while the secret is being replaced", async () => {
    const headers = await signWebhook(body, secret);
    expect(JSON.parse(headers["kaedim-signature"]!).v1).toBe(
      createHmac("sha256", secret).update(`${headers["webhook-timestamp"]}${body}`).digest("hex"),
    );
    const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    for (const given of [headers, shouted, new Headers(headers)]) {
      expect(await verifyWebhook({ body, headers: given, secret: [other, secret] })).toMatchObject({ requestID: "1" });
    }
    const rotated = { ...headers, "webhook-signature": `v1,AAAA v1a,xyz ${headers["webhook-signature"]}` };
    expect(await verifyWebhook({ body, headers: rotated, secret })).toMatchObject({ requestID: "1" });
  });

  const t = 1_700_000_000;
  const now = t * 1000;
  it.each<[string, (good: Record<string, string>) => Record<string, string>, string?, number?]>([
    ["no signature", () => ({}), "not signed"],
    ["another secret's", (good) => good, "not one of this secret"],
    ["no id", ({ "webhook-id": _id, ...rest }) => rest, "no webhook-id"],
    ["a time that is none", (good) => ({ ...good, "webhook-timestamp": "soon" }), "no webhook-id or webhook-timestamp"],
    ["an old time", (good) => good, "more than 300 s", now + 301_000],
    ["a future time", (good) => good, "more than 300 s", now - 301_000],
    ["another time than was signed", (good) => ({ ...good, "webhook-timestamp": String(t + 1) }), "not one of this"],
    ["another id than was signed", (good) => ({ ...good, "webhook-id": "msg_2" }), "not one of this"],
    ["an empty one", (good) => ({ ...good, "webhook-signature": "" }), "not one of this"],
    ["no base64", (good) => ({ ...good, "webhook-signature": "v1,%%%" }), "not one of this"],
    ["a kaedim-signature that is no JSON", () => ({ "kaedim-signature": "v1" }), "cannot be read"],
    ["a short kaedim-signature", () => ({ "kaedim-signature": `{"t":${t},"v1":"ab"}` }), "cannot be read"],
    ["a wrong one", () => ({ "kaedim-signature": `{"t":${t},"v1":"${"0".repeat(64)}"}` }), "not one of this"],
  ])("refuses %s", async (what, change, why, at = now) => {
    const headers = change(await signWebhook(body, what === "another secret's" ? other : secret, { now }));
    await expect(verifyWebhook({ body, headers, secret, now: at })).rejects.toThrow(why);
  });
});
