import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { ContentSettingError, checkContentSettings } from "@maquette/engine/host/load-content-check";
import ipaddr from "ipaddr.js";
import { type GeneratorsConfig, readGenerators } from "../generators/read-generators.ts";
import type { TracingOptions } from "../tracing/tracing.ts";
import { type AllowRule, parseAllowRules } from "../webhooks/address-policy.ts";

export type Role = "all" | "api" | "worker";

export interface S3Config {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Config {
  role: Role;
  port: number;
  host: string;
  /** Origin of every link that leaves the server, without a trailing slash; null: derived from the request. */
  publicUrl: string | null;
  dataDir: string;
  /** null: the embedded database in `dataDir`. */
  databaseUrl: string | null;
  /** null: files in `dataDir`. */
  s3: S3Config | null;
  allow: AllowRule[];
  /** Addresses and CIDR ranges of proxies whose X-Forwarded headers are believed. */
  trustedProxies: string[];
  /** Engine processes at a time. */
  concurrency: number;
  tls: { cert: string; key: string } | null;
  /** 32 bytes from which all other keys derive; null: kept in `dataDir`. */
  masterKey: Buffer | null;
  /** Whether only the newest JWT of an account is valid, or all unexpired ones. */
  jwt: "newest" | "all";
  /** Waiting and running assets that an account may have. */
  queueLimit: number;
  /** Webhook destinations that an account keeps. */
  destinations: number;
  /** Requests a minute that an account may make, on average. */
  rateLimit: number;
  /** Days after which an asset's files are deleted, counted from its end; its record stays. 0: never. */
  keepFilesDays: number;
  /** The same for the pictures of a request, counted from the end of its newest iteration. */
  keepPicturesDays: number;
  /** Assets that an account may ask for in a calendar month (UTC), tests not counted; 0: any number. */
  quotaRequests: number;
  /** Megabytes (10^6) of pictures and files that an account may have; 0: any number. */
  quotaMegabytes: number;
  /** Megabytes (10^6) that stay free on the disk of the data folder: below it no new work is taken. */
  reserveMegabytes: number;
  /** How long a stopping server waits for running jobs before it hands them back, seconds. */
  shutdownSeconds: number;
  logLevel: string;
  /** Where traces go; null: nowhere. */
  tracing: TracingOptions | null;
  /** Who else than the engine can make a shape. */
  generators: GeneratorsConfig;
}

/** A setting that cannot be used. The message is one line that says which and why. */
export class ConfigError extends Error {
  constructor(name: string, why: string) {
    super(`${name}: ${why}`);
    this.name = "ConfigError";
  }
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/**
 * Reads and checks the environment (contract, section 7). An empty variable counts as not set.
 * @throws ConfigError
 */
export function readConfig(env: Record<string, string | undefined>, role: string = "all"): Config {
  const get = (name: string): string | null => env[name]?.trim() || null;
  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const text = get(name);
    if (text === null) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new ConfigError(name, `expected a whole number from ${min} to ${max}, got "${text}"`);
    }
    return value;
  };
  const choice = <T extends string>(name: string, options: readonly T[], fallback: T): T => {
    const text = get(name) ?? fallback;
    if (!options.includes(text as T)) {
      throw new ConfigError(name, `expected ${options.map((o) => `"${o}"`).join(", ")}, got "${text}"`);
    }
    return text as T;
  };

  if (!["all", "api", "worker"].includes(role)) {
    throw new ConfigError("--role", `expected "all", "api" or "worker", got "${role}"`);
  }
  checkContent(env);
  const databaseUrl = get("DATABASE_URL");
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new ConfigError("DATABASE_URL", "expected postgres://user:password@host:port/database");
  }
  if (role !== "all" && databaseUrl === null) {
    throw new ConfigError("--role", `"${role}" needs DATABASE_URL: the embedded database serves one process only`);
  }
  if (role !== "all" && get("PUBLIC_URL") === null) {
    throw new ConfigError("PUBLIC_URL", `must be set with --role ${role}: workers make links that clients follow`);
  }
  return {
    role: role as Role,
    port: integer("PORT", 8080, 0, 65535),
    host: get("HOST") ?? "localhost",
    publicUrl: readPublicUrl(get("PUBLIC_URL")),
    dataDir: resolve(get("MAQUETTE_DATA") ?? "./maquette-data"),
    databaseUrl,
    s3: readS3(get),
    allow: readAllow(get("MAQUETTE_ALLOW_HOSTS")),
    trustedProxies: readProxies(get("MAQUETTE_TRUSTED_PROXIES")),
    concurrency: integer("MAQUETTE_CONCURRENCY", Math.max(1, Math.floor(availableParallelism() / 2)), 1, 256),
    tls: readTls(get("TLS_CERT"), get("TLS_KEY")),
    masterKey: readKeySetting("MAQUETTE_KEY", get("MAQUETTE_KEY")),
    jwt: choice("MAQUETTE_JWT", ["newest", "all"] as const, "newest"),
    queueLimit: integer("MAQUETTE_QUEUE_LIMIT", 500, 1, 1_000_000),
    destinations: integer("MAQUETTE_DESTINATIONS", 10, 1, 1000),
    rateLimit: integer("MAQUETTE_RATE_LIMIT", 6000, 1, 100_000_000),
    keepFilesDays: integer("MAQUETTE_KEEP_FILES_DAYS", 0, 0, 36_500),
    keepPicturesDays: integer("MAQUETTE_KEEP_PICTURES_DAYS", 0, 0, 36_500),
    quotaRequests: integer("MAQUETTE_QUOTA_REQUESTS", 0, 0, 100_000_000),
    quotaMegabytes: integer("MAQUETTE_QUOTA_MEGABYTES", 0, 0, 999_999_999),
    reserveMegabytes: integer("MAQUETTE_RESERVE_MEGABYTES", 256, 0, 999_999_999),
    shutdownSeconds: integer("MAQUETTE_SHUTDOWN_SECONDS", 20, 0, 3600),
    generators: readGeneratorsSetting(get("MAQUETTE_GENERATORS")),
    logLevel: choice("MAQUETTE_LOG", LOG_LEVELS, "info"),
    tracing: readTracing(get),
  };
}

/** Whether the server can be reached from this machine only. */
export function listensOnLoopback(config: Pick<Config, "host">): boolean {
  return config.host === "localhost" || config.host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(config.host);
}

function readPublicUrl(text: string | null): string | null {
  if (text === null) return null;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError("PUBLIC_URL", `expected an http or https URL, got "${text}"`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigError("PUBLIC_URL", `expected an http or https URL, got "${text}"`);
  }
  if (url.pathname !== "/" || url.search || url.hash) {
    throw new ConfigError("PUBLIC_URL", `expected an origin without a path (the API lives at its root), got "${text}"`);
  }
  return url.origin;
}

function readS3(get: (name: string) => string | null): S3Config | null {
  const names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
  const values = names.map(get);
  if (values.every((value) => value === null)) return null;
  const missing = names.filter((_, i) => values[i] === null);
  if (missing.length > 0) throw new ConfigError(missing[0]!, "must be set too, since other S3 settings are");
  const [endpoint, bucket, accessKeyId, secretAccessKey] = values as [string, string, string, string];
  if (!/^https?:\/\/[^/]+/.test(endpoint))
    throw new ConfigError("S3_ENDPOINT", `expected an http or https URL, got "${endpoint}"`);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new ConfigError(
      "S3_BUCKET",
      `expected a bucket name of 3 to 63 lower-case letters, digits, dots, dashes, got "${bucket}"`,
    );
  }
  return { endpoint: endpoint.replace(/\/+$/, ""), bucket, accessKeyId, secretAccessKey };
}

/** By the variables that OpenTelemetry defines. Headers (`OTEL_EXPORTER_OTLP_HEADERS`) are read by its exporter. */
function readTracing(get: (name: string) => string | null): TracingOptions | null {
  const endpoint = get("OTEL_EXPORTER_OTLP_ENDPOINT");
  const service = get("OTEL_SERVICE_NAME") ?? "maquette";
  const ratioText = get("OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const ratio = /^\d*\.?\d+$/.test(ratioText) ? Number(ratioText) : Number.NaN;
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new ConfigError("OTEL_TRACES_SAMPLER_ARG", `expected a share from 0 to 1, got "${ratioText}"`);
  }
  if (endpoint === null) return null;
  if (!/^https?:\/\/[^/]+/.test(endpoint)) {
    throw new ConfigError("OTEL_EXPORTER_OTLP_ENDPOINT", `expected an http or https URL, got "${endpoint}"`);
  }
  return { endpoint, service, ratio };
}

function readAllow(text: string | null): AllowRule[] {
  try {
    return parseAllowRules(text ?? "");
  } catch (error) {
    throw new ConfigError("MAQUETTE_ALLOW_HOSTS", (error as Error).message);
  }
}

/** A range that holds everybody would let anybody name any address, so it is refused. */
function readProxies(text: string | null): string[] {
  const entries = (text ?? "").split(/[\s,]+/).filter(Boolean);
  for (const entry of entries) {
    const known = ipaddr.isValid(entry) || (ipaddr.isValidCIDR(entry) && ipaddr.parseCIDR(entry)[1] > 0);
    if (!known) {
      throw new ConfigError(
        "MAQUETTE_TRUSTED_PROXIES",
        `expected addresses or CIDR ranges of your proxies separated by commas, got "${entry}"`,
      );
    }
  }
  return entries;
}

function readGeneratorsSetting(text: string | null): GeneratorsConfig {
  try {
    return readGenerators(text);
  } catch (error) {
    throw new ConfigError("MAQUETTE_GENERATORS", (error as Error).message);
  }
}

/** The processes that look at pictures read these by themselves; what is wrong shall be known at the start. */
function checkContent(env: Record<string, string | undefined>): void {
  try {
    checkContentSettings(env);
  } catch (error) {
    throw error instanceof ContentSettingError ? new ConfigError(error.setting, error.why) : error;
  }
}

function readTls(cert: string | null, key: string | null): Config["tls"] {
  if (cert === null && key === null) return null;
  if (cert === null) throw new ConfigError("TLS_CERT", "must be set too, since TLS_KEY is");
  if (key === null) throw new ConfigError("TLS_KEY", "must be set too, since TLS_CERT is");
  const read = (name: string, path: string) => {
    if (path.startsWith("-----BEGIN")) return path;
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw new ConfigError(name, `cannot be read: ${(error as Error).message}`);
    }
  };
  return { cert: read("TLS_CERT", cert), key: read("TLS_KEY", key) };
}

/** @throws ConfigError */
export function readKeySetting(name: string, text: string | null): Buffer | null {
  if (text === null) return null;
  const key = Buffer.from(text, "base64");
  if (key.length !== 32) throw new ConfigError(name, `expected 32 bytes in base64, got ${key.length} bytes`);
  return key;
}
