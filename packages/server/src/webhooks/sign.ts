import { createHmac } from "node:crypto";

export interface SignatureHeaders extends Record<string, string> {
  "kaedim-signature": string;
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}

/**
 * Signs a message in both ways that receivers check: over timestamp + body with the whole secret, and as Standard
 * Webhooks say, over `id.timestamp.body` with the bytes that the secret encodes.
 * @param timestamp seconds since 1970
 */
export function signMessage(secret: string, id: string, timestamp: number, body: string): SignatureHeaders {
  const v1 = createHmac("sha256", secret).update(`${timestamp}${body}`).digest("hex");
  const bytes = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const standard = createHmac("sha256", bytes).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "kaedim-signature": JSON.stringify({ t: timestamp, v1 }),
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${standard}`,
  };
}
