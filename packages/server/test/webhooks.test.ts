import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DELIVERY, retryDelay } from "../src/webhooks/deliver.ts";
import { signMessage } from "../src/webhooks/sign.ts";

describe("signatures", () => {
  const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

  it("are what receivers of either kind compute", () => {
    const headers = signMessage(secret, "msg_1", 1700000000, '{"a":1}');
    const { t, v1 } = JSON.parse(headers["kaedim-signature"]);
    expect(t).toBe(1700000000);
    expect(v1).toBe(createHmac("sha256", secret).update('1700000000{"a":1}').digest("hex"));
    // The vector of Standard Webhooks' own libraries: HMAC over id.timestamp.body with the decoded secret.
    const expected = createHmac("sha256", Buffer.alloc(32, 3)).update('msg_1.1700000000.{"a":1}').digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  it("match the published example of Standard Webhooks", () => {
    const body = '{"test": 2432232314}';
    const headers = signMessage(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1614265330,
      body,
    );
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });
});

it("retries wait 2, 4, 8 seconds and so on to an hour, spread, and longer if the receiver asks", () => {
  for (let attempt = 1; attempt < 40; attempt++) {
    const middle = Math.min(DELIVERY.longestRetrySeconds, 2 ** attempt);
    const delays = Array.from({ length: 50 }, () => retryDelay(attempt, null));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(Math.floor(middle * 0.75));
    expect(Math.max(...delays)).toBeLessThanOrEqual(Math.ceil(middle * 1.25));
  }
  expect(retryDelay(1, 60)).toBeGreaterThanOrEqual(45);
  expect(retryDelay(1, 10_000_000)).toBeLessThanOrEqual(4500);
});
