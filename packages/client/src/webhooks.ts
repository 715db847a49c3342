import type { AssetCompletedMessage, AssetDismissedMessage } from "./api.ts";
import { WebhookVerificationError } from "./errors.ts";

export type WebhookMessage = AssetCompletedMessage | AssetDismissedMessage;

export interface VerifyOptions {
  /** The body as it came, before anything parsed it. */
  body: string | Uint8Array;
  headers: Headers | Record<string, string | string[] | undefined>;
  /** The account's webhook secret, `whsec_…`. While it is being replaced: the new one and the former. */
  secret: string | readonly string[];
  /** How old or new a message may be. Default 300. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970; the present unless a test says otherwise. */
  now?: number;
}

/**
 * Checks who sent a webhook message, and parses it. Takes the signature of Standard Webhooks (`webhook-signature`) or, if
 * there is none, `kaedim-signature`.
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(options: VerifyOptions): Promise<WebhookMessage> {
  const { headers, toleranceSeconds = 300, now = Date.now() } = options;
  const text = typeof options.body === "string" ? options.body : new TextDecoder().decode(options.body);
  const secrets = typeof options.secret === "string" ? [options.secret] : options.secret;
  const standard = readHeader(headers, "webhook-signature");
  const signature = standard === null ? readKaedim(headers, text) : readStandard(headers, standard, text);
  if (!(Math.abs(now / 1000 - signature.timestamp) <= toleranceSeconds)) {
    throw new WebhookVerificationError(`its time is more than ${toleranceSeconds} s away from now`);
  }
  for (const secret of secrets) {
    const key = await importKey(secret, standard === null ? "whole" : "decoded", "verify");
    for (const candidate of signature.candidates) {
      if (await crypto.subtle.verify("HMAC", key, candidate, encode(signature.signed))) return JSON.parse(text);
    }
  }
  throw new WebhookVerificationError("its signature is not one of this secret");
}

/** The headers that the server would send with a body: for tests of receivers. */
export async function signWebhook(
  body: string,
  secret: string,
  { id = "msg_test", now = Date.now() }: { id?: string; now?: number } = {},
): Promise<Record<string, string>> {
  const t = Math.floor(now / 1000);
  const sign = async (form: SecretForm, text: string) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", await importKey(secret, form, "sign"), encode(text)));
  const v1 = Array.from(await sign("whole", `${t}${body}`), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const standard = btoa(String.fromCharCode(...(await sign("decoded", `${id}.${t}.${body}`))));
  return {
    "content-type": "application/json",
    "kaedim-signature": JSON.stringify({ t, v1 }),
    "webhook-id": id,
    "webhook-timestamp": String(t),
    "webhook-signature": `v1,${standard}`,
  };
}

interface Signature {
  timestamp: number;
  signed: string;
  candidates: Uint8Array<ArrayBuffer>[];
}

function readStandard(headers: VerifyOptions["headers"], value: string, text: string): Signature {
  const id = readHeader(headers, "webhook-id");
  const timestamp = readHeader(headers, "webhook-timestamp");
  if (id === null || timestamp === null || !/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError("it has no webhook-id or webhook-timestamp");
  }
  const candidates = value
    .split(" ")
    .filter((entry) => entry.startsWith("v1,"))
    .flatMap((entry) => fromBase64(entry.slice(3)) ?? []);
  return { timestamp: Number(timestamp), signed: `${id}.${timestamp}.${text}`, candidates };
}

function readKaedim(headers: VerifyOptions["headers"], text: string): Signature {
  const value = readHeader(headers, "kaedim-signature");
  if (value === null) throw new WebhookVerificationError("it is not signed");
  const { t, v1 } = parse(value) ?? {};
  if (typeof t !== "number" || typeof v1 !== "string" || !/^[0-9a-f]{64}$/i.test(v1)) {
    throw new WebhookVerificationError("its kaedim-signature cannot be read");
  }
  const bytes = Uint8Array.from(v1.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  return { timestamp: t, signed: `${t}${text}`, candidates: [bytes] };
}

function parse(text: string): { t?: unknown; v1?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readHeader(headers: VerifyOptions["headers"], name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const key = Object.keys(headers).find((other) => other.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** `kaedim-signature` is made with the secret's whole text, Standard Webhooks' with the bytes that it encodes. */
type SecretForm = "whole" | "decoded";

function importKey(secret: string, form: SecretForm, use: "sign" | "verify"): Promise<CryptoKey> {
  const bytes = form === "whole" ? encode(secret) : fromBase64(secret.replace(/^whsec_/, ""));
  if (!bytes) throw new WebhookVerificationError("the secret is not one that the server gave out");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
