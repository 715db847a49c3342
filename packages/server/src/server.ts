import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runEngine } from "@maquette/engine/host";
import { Pictures } from "@maquette/engine/host/pictures";
import { describeSandbox } from "@maquette/engine/host/sandbox";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createApp } from "./api/app.ts";
import { ApiError } from "./api/errors.ts";
import { createAccount, createSignInLink, OWNER_EMAIL } from "./auth/accounts.ts";
import { CredentialStore } from "./auth/credential-store.ts";
import { FailureLimiter } from "./auth/failure-limiter.ts";
import { JwtReader } from "./auth/jwt.ts";
import { deriveKeys } from "./auth/keys.ts";
import { openMasterKey } from "./auth/master-key.ts";
import { type Config, listensOnLoopback } from "./config/read-config.ts";
import type { Context, RunEngine } from "./context.ts";
import { createLog } from "./create-log.ts";
import { newId } from "./db/ids.ts";
import { type DirectoryLock, lockDirectory } from "./db/lock-directory.ts";
import { migrate } from "./db/migrate.ts";
import { type OpenDatabase, openEmbedded, openPostgres } from "./db/open-database.ts";
import { tidyEmbedded } from "./db/tidy-embedded.ts";
import { Generators } from "./generators/generators.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { Consumer, type RunningConsumer } from "./jobs/consumer.ts";
import { type AssetJob, type DeliveryJob, Jobs, LANES } from "./jobs/jobs.ts";
import { createMetrics } from "./metrics.ts";
import { startHeartbeat } from "./processes.ts";
import { AssetReader } from "./requests/asset-reader.ts";
import { DiskSpace } from "./storage/disk-space.ts";
import { localStorage } from "./storage/local.ts";
import { s3Storage } from "./storage/s3.ts";
import { nameFailures } from "./storage/storage.ts";
import { writeDurably } from "./storage/write-durably.ts";
import { NO_TRACING, openTracing } from "./tracing/tracing.ts";
import { deliver } from "./webhooks/deliver.ts";
import type { Resolve } from "./webhooks/send-request.ts";
import { makeAsset } from "./worker/make-asset.ts";

export interface ServerOptions {
  log?: Logger;
  /** How assets are made; an engine process unless a test stands in for it. */
  runEngine?: RunEngine;
  now?: () => number;
  resolve?: Resolve;
}

export interface Server {
  /** Where this process listens. */
  url: string;
  context: Context;
  /** Set by the start that made the owner's account. */
  firstStart: { signInUrl: string; credentialsPath: string } | null;
  /** Finishes what runs, or hands it back when the deadline passes, and frees everything. */
  close(deadlineMs?: number): Promise<void>;
}

/**
 * Connections that may wait to be taken, as far as the system lets them (Linux: 4,096). With Node's 511, a thousand calls at
 * once to a machine whose processors were taken by others had a connection reset; with this they did not, in one run each.
 */
const BACKLOG = 4096;

/** Webhook messages at a time. A destination that hangs holds at most its own few slots. */
const DELIVERY_SLOTS = { healthy: { slots: 24, groupSlots: 3 }, failing: { slots: 12, groupSlots: 1 } };

/**
 * Starts a server in this process.
 * @throws DirectoryInUse, ConfigError
 */
export async function startServer(config: Config, options: ServerOptions = {}): Promise<Server> {
  const log = options.log ?? createLog(config.logLevel);
  const now = options.now ?? Date.now;
  const undo: (() => Promise<void> | void)[] = [];
  const cleanUp = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    let lock: DirectoryLock | null = null;
    if (config.databaseUrl === null) {
      lock = lockDirectory(config.dataDir);
      undo.push(() => lock?.release());
    }
    const database = await open(config, log);
    undo.push(() => database.close());
    await bringUpToDate(config, database);
    const master = await openMasterKey(database.db, config);
    const jobs = await Jobs.start(database.pglite ? { pglite: database.pglite } : { url: config.databaseUrl! }, log);
    undo.push(() => jobs.stop());
    if (database.pglite) {
      const released = await jobs.releaseAll(database.db);
      if (released > 0) log.info({ released }, "jobs of the former process released");
    }
    const storage = nameFailures(config.s3 ? s3Storage(config.s3) : localStorage(join(config.dataDir, "files")));
    await storage.check();

    const tracing = config.tracing ? await openTracing(config.tracing, log) : NO_TRACING;
    undo.push(() => tracing.close());
    const pictures = new Pictures();
    undo.push(() => pictures.close());
    const keys = deriveKeys(master);
    const metrics = createMetrics();
    let local = "";
    const context: Context = {
      config,
      processId: newId(),
      db: database.db,
      jobs,
      storage,
      disk: config.databaseUrl === null || config.s3 === null ? new DiskSpace(config, log) : null,
      keys,
      jwts: new JwtReader(keys.jwt),
      assets: new AssetReader(database, now),
      credentials: new CredentialStore(database.db, database.pglite !== null),
      failures: new FailureLimiter(database.db, now),
      policy: { allow: config.allow, loopback: listensOnLoopback(config) },
      metrics,
      tracing,
      log,
      runEngine: options.runEngine ?? runEngine,
      generators: new Generators(config.generators, (generator, outcome, seconds) => {
        metrics.generations.inc({ generator, outcome });
        metrics.generatorSeconds.observe({ generator }, seconds);
      }),
      pictures,
      now,
      ...(options.resolve ? { resolve: options.resolve } : {}),
      publicUrl: () => config.publicUrl ?? local,
    };
    const app = await createApp(context);
    undo.push(() => app.close());
    local = await listen(app, config);
    const firstStart = config.role === "worker" ? null : await createOwner(context);
    lock?.announce(local);

    const consumers = config.role === "api" ? [] : startConsumers(context);
    const stopHousekeeping = startHousekeeping(context, database.pglite && (() => tidyEmbedded(database.pglite!)));
    undo.push(stopHousekeeping, startHeartbeat(context));
    const { level: sandbox, missing } = describeSandbox();
    log.info(
      { url: local, role: config.role, database: database.pglite ? "embedded" : "postgres", sandbox },
      "started",
    );
    if (missing !== null) log.warn({ sandbox, missing }, "pictures are decoded with fewer walls than there could be");
    let closing: Promise<void> | null = null;
    return {
      url: local,
      context,
      firstStart,
      close(deadlineMs = config.shutdownSeconds * 1000) {
        closing ??= (async () => {
          log.info({ running: consumers.reduce((sum, consumer) => sum + consumer.running, 0) }, "stopping");
          // Both at once: requests in flight need no worker, and jobs need no requests.
          await Promise.all([closeApp(app, deadlineMs), ...consumers.map((consumer) => consumer.stop(deadlineMs))]);
          await cleanUp();
          log.info("stopped");
        })();
        return closing;
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function open(config: Config, log: Logger): Promise<OpenDatabase> {
  if (config.databaseUrl === null) {
    return openEmbedded(config.dataDir, (why) => log.fatal({ why }, "the embedded database does not work"));
  }
  return openPostgres(config.databaseUrl, (error) => log.error({ err: error }, "database connection lost"));
}

/** Migrations take the time they need, on a connection of their own; what runs later has a time limit. */
async function bringUpToDate(config: Config, database: OpenDatabase): Promise<void> {
  if (config.databaseUrl === null) return migrate(database.db);
  const patient = openPostgres(config.databaseUrl, () => {}, { connections: 1, statementMs: 0 });
  try {
    await migrate(patient.db);
  } finally {
    await patient.close();
  }
}

/** Lets requests in flight end. One that takes longer than the deadline, such as a slow download, is cut. */
async function closeApp(app: FastifyInstance, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
  await app.close();
  clearTimeout(timer);
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  await app.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  const { port } = app.server.address() as AddressInfo;
  const anywhere = config.host === "0.0.0.0" || config.host === "::";
  const host = anywhere ? "localhost" : config.host.includes(":") ? `[${config.host}]` : config.host;
  return `${config.tls ? "https" : "http"}://${host}:${port}`;
}

function startConsumers(context: Context): RunningConsumer[] {
  const { jobs, log, config, disk } = context;
  const assets = new Consumer<AssetJob>(jobs, log, {
    queue: "asset",
    slots: config.concurrency,
    // Messages of what is done are sent all the same: they take little, and their receivers wait.
    isOpen: async () => !(await disk?.shortage()),
    handle: (job, signal) => makeAsset(context, job, signal),
  });
  const deliveries = (lane: keyof typeof LANES) =>
    new Consumer<DeliveryJob>(jobs, log, {
      queue: "delivery",
      ...DELIVERY_SLOTS[lane],
      minPriority: LANES[lane],
      maxPriority: LANES[lane],
      handle: (job, signal) => deliver(context, job, signal),
    });
  return [assets, deliveries("healthy"), deliveries("failing")];
}

/** Makes the first account, once, and leaves its credentials where only this user can read them. */
async function createOwner(context: Context): Promise<Server["firstStart"]> {
  const any = await context.db.selectFrom("account").select("id").limit(1).executeTakeFirst();
  if (any) return null;
  const credentialsPath = join(context.config.dataDir, "credentials.json");
  try {
    const { devID } = await createAccount(context, OWNER_EMAIL, (credentials) =>
      writeDurably(credentialsPath, `${JSON.stringify(credentials, null, 2)}\n`, 0o600),
    );
    const token = await createSignInLink(context, devID);
    return { signInUrl: `${context.publicUrl()}/sign-in?token=${token}`, credentialsPath };
  } catch (error) {
    // Another server of the same database was faster.
    if (error instanceof ApiError && error.code === "account_exists") return null;
    throw error;
  }
}
