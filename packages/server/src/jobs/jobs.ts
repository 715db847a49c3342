import type { PGlite } from "@electric-sql/pglite";
import { sql, type Transaction } from "kysely";
import { fromKysely, fromPglite, type JobAttempt, PgBoss } from "pg-boss";
import type { Logger } from "pino";
import type { Db } from "../db/open-database.ts";
import type { Schema } from "../db/schema.ts";
import type { TraceCarrier } from "../tracing/tracing.ts";

/** `asset` makes one iteration; `delivery` tries one webhook message once. */
export type QueueName = "asset" | "delivery";

export interface AssetJob {
  iterationID: string;
  /** The trace of whoever asked for it. */
  trace?: TraceCarrier;
}

export interface DeliveryJob {
  deliveryID: string;
  /** The trace of the asset that the message is about. */
  trace?: TraceCarrier;
}

/** Deliveries to destinations that fail wait in a lane of their own. */
export const LANES = { healthy: 0, failing: -1 } as const;

const WAKE_CHANNEL = "maquette_wake";
const YEAR = 365 * 24 * 3600;

const QUEUES: Record<QueueName, { expireInSeconds: number; heartbeatSeconds: number }> = {
  // Six pictures of a slow host and the engine's own limit of ten minutes fit into it.
  asset: { expireInSeconds: 1800, heartbeatSeconds: 15 },
  delivery: { expireInSeconds: 120, heartbeatSeconds: 15 },
};

/** The furthest ahead that jobs are put, with room to spare, seconds. */
const LONGEST_DELAY: Record<QueueName, number> = { asset: 300, delivery: 2 * 3600 };

/** Connections of one server to the database, for its queue. */
const CONNECTIONS = 4;

/**
 * What the queue does by itself (claims, heartbeats, upkeep) does not wait for the disk: a claim that a crash of the
 * database takes is handed out again, and one that led to anything was flushed with what it led to, since the log is one.
 * Jobs are added and ended in the product's transactions, on other connections (decision 0063).
 */
const SESSION = "-c synchronous_commit=off";

/**
 * The queue: pg-boss on whichever database there is. How often something may be tried is decided where it is done, on
 * the rows of the product; the queue itself never gives up (`retryLimit`) and never forgets (`retentionSeconds`).
 */
export class Jobs {
  readonly boss: PgBoss;
  #wakers: { queue: QueueName; wake: () => void }[] = [];
  #listening: { close(): Promise<void> } | null = null;

  private constructor(boss: PgBoss) {
    this.boss = boss;
  }

  static async start(database: { pglite: PGlite } | { url: string }, log: Logger): Promise<Jobs> {
    const embedded = "pglite" in database;
    const boss = new PgBoss({
      ...(embedded
        ? { db: fromPglite(database.pglite), backend: "pglite" as const }
        : { connectionString: database.url, max: CONNECTIONS, application_name: "maquette-jobs", options: SESSION }),
      schedule: false,
      // Each pass writes, and every write of the embedded database is a flush. There it can wait: claims of a dead
      // process are released at the start, so only one whose end could not be written, on a full disk, has to lapse.
      superviseIntervalSeconds: embedded ? 30 : 10,
      monitorIntervalSeconds: embedded ? 30 : 10,
      // Jobs that wait for jobs, of which there are none.
      flowIntervalSeconds: 3600,
      // Embedded: one session that cannot rebuild concurrently, and vacuum runs on our own timer.
      reindex: !embedded,
      monitorVacuum: !embedded,
    });
    boss.on("error", (error) => log.error({ err: error }, "queue error"));
    boss.on("warning", (warning) => log.warn({ warning }, "queue warning"));
    await boss.start();
    const jobs = new Jobs(boss);
    for (const [name, times] of Object.entries(QUEUES)) {
      const options = { ...times, retryLimit: 100_000, retryDelay: 1, retentionSeconds: YEAR, deleteAfterSeconds: 600 };
      await boss.createQueue(name, options);
      await boss.updateQueue(name, options);
    }
    try {
      jobs.#listening =
        (await boss.getDb().listen?.(
          WAKE_CHANNEL,
          (queue) => jobs.#wake(queue as QueueName),
          () => jobs.#wake(),
        )) ?? null;
    } catch (error) {
      // Polling goes on; a pooler that cannot LISTEN costs half a second a job.
      log.warn({ err: error }, "no notifications from the database, polling only");
    }
    return jobs;
  }

  async addAsset(trx: Transaction<Schema>, iterationId: string, priority: number, trace?: TraceCarrier): Promise<void> {
    const data: AssetJob = { iterationID: iterationId, ...(trace ? { trace } : {}) };
    await this.boss.send("asset", data, { id: iterationId, priority, db: fromKysely(trx) });
    await notify(trx, "asset");
  }

  async addDelivery(
    trx: Transaction<Schema>,
    deliveryId: string,
    destinationId: string,
    lane: keyof typeof LANES,
    afterSeconds = 0,
    trace?: TraceCarrier,
  ): Promise<void> {
    const data: DeliveryJob = { deliveryID: deliveryId, ...(trace ? { trace } : {}) };
    await this.boss.send("delivery", data, {
      priority: LANES[lane],
      group: { id: destinationId },
      ...(afterSeconds > 0 ? { startAfter: afterSeconds } : {}),
      db: fromKysely(trx),
    });
    if (afterSeconds === 0) await notify(trx, "delivery");
  }

  /** Ends a job in the transaction that records what it did. */
  async complete(trx: Transaction<Schema>, queue: QueueName, job: JobAttempt): Promise<void> {
    await this.boss.complete(queue, job, null, { db: fromKysely(trx) });
  }

  /** Puts a job back in the transaction that records why; it is due again in a second, or later if told so. */
  async putBack(trx: Transaction<Schema>, queue: QueueName, job: JobAttempt, afterSeconds = 0): Promise<void> {
    await this.boss.fail(queue, job, null, { db: fromKysely(trx) });
    if (afterSeconds === 0) return;
    await sql`update pgboss.job set start_after = now() + ${afterSeconds}::int * interval '1 second'
      where name = ${queue} and id = ${job.id} and state = 'retry'`.execute(trx);
  }

  /**
   * Makes jobs due whose time lies further ahead than any was ever put: they were added while the clock was wrong, and
   * would wait for it to get there again. Returns how many.
   */
  async forgetClockJumps(db: Db): Promise<number> {
    const { rows } = await sql`update pgboss.job set start_after = now()
      where state in ('created', 'retry') and start_after > now() + (
        case name when 'asset' then ${LONGEST_DELAY.asset}::int else ${LONGEST_DELAY.delivery}::int end
      ) * interval '1 second' and name in ('asset', 'delivery')
      returning id`.execute(db);
    return rows.length;
  }

  /** Says that a job is still being worked on. False when the claim on it is gone. */
  async touch(queue: QueueName, job: JobAttempt): Promise<boolean> {
    // The count is in the answer, though not in its declared type.
    const { affected } = (await this.boss.touch(queue, job)) as { affected: number };
    return affected > 0;
  }

  /** Takes a waiting or running job away, whoever holds it. */
  async cancel(trx: Transaction<Schema>, queue: QueueName, id: string): Promise<void> {
    await this.boss.cancel(queue, id, { db: fromKysely(trx) });
  }

  /**
   * Hands out again what a former process held when it died. Only for the embedded database: there nobody else can hold
   * anything. Elsewhere missing heartbeats tell.
   */
  async releaseAll(db: Db): Promise<number> {
    const { rows } = await sql<{ id: string; name: QueueName }>`
      select id, name from pgboss.job where state = 'active' and name in ('asset', 'delivery')`.execute(db);
    for (const { id, name } of rows) await this.boss.fail(name, id, { message: "the server stopped" });
    return rows.length;
  }

  /** Calls `wake` whenever a job is added to the queue, by whichever server. Returns how to stop that. */
  onAdded(queue: QueueName, wake: () => void): () => void {
    const waker = { queue, wake };
    this.#wakers.push(waker);
    return () => {
      this.#wakers = this.#wakers.filter((other) => other !== waker);
    };
  }

  async stop(): Promise<void> {
    await this.#listening?.close();
    await this.boss.stop({ graceful: false, close: true });
  }

  #wake(queue?: QueueName): void {
    for (const waker of this.#wakers) if (queue === undefined || waker.queue === queue) waker.wake();
  }
}

/** Delivered when, and only if, the transaction commits. */
async function notify(trx: Transaction<Schema>, queue: QueueName): Promise<void> {
  await sql`select pg_notify(${WAKE_CHANNEL}, ${queue})`.execute(trx);
}
