import type { runEngine } from "@maquette/engine/host";
import type { Pictures } from "@maquette/engine/host/pictures";
import type { Logger } from "pino";
import type { CredentialStore } from "./auth/credential-store.ts";
import type { FailureLimiter } from "./auth/failure-limiter.ts";
import type { JwtReader } from "./auth/jwt.ts";
import type { Keys } from "./auth/keys.ts";
import type { Config } from "./config/read-config.ts";
import type { Db } from "./db/open-database.ts";
import type { Generators } from "./generators/generators.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { Metrics } from "./metrics.ts";
import type { AssetReader } from "./requests/asset-reader.ts";
import type { DiskSpace } from "./storage/disk-space.ts";
import type { Storage } from "./storage/storage.ts";
import type { Tracing } from "./tracing/tracing.ts";
import type { AddressPolicy } from "./webhooks/address-policy.ts";
import type { Resolve } from "./webhooks/send-request.ts";

export type RunEngine = typeof runEngine;

/** What the parts of a server share. */
export interface Context {
  config: Config;
  /** Of this process, for what it begins. */
  processId: string;
  db: Db;
  jobs: Jobs;
  storage: Storage;
  /** Null where nothing is kept in the data folder. */
  disk: DiskSpace | null;
  keys: Keys;
  credentials: CredentialStore;
  jwts: JwtReader;
  assets: AssetReader;
  failures: FailureLimiter;
  policy: AddressPolicy;
  metrics: Metrics;
  tracing: Tracing;
  log: Logger;
  runEngine: RunEngine;
  generators: Generators;
  /** Looks at pictures in a process of its own. */
  pictures: Pictures;
  /** Milliseconds since 1970. Tests move it; everything that expires asks it. */
  now(): number;
  /** Name look-up of outgoing requests; the system's unless a test plays another. */
  resolve?: Resolve;
  /** Origin of links that are not made for an HTTP request. */
  publicUrl(): string;
}
